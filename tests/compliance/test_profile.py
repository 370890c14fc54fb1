"""Checklist 1.H: the TREE profile, which lets a client cut a page into members as it streams."""

from __future__ import annotations

import re

import pytest
from pyoxigraph import NamedNode, Quad

from tests.compliance.conftest import City
from tests.support.pages import GENERATED_AT, MEDIA_TYPES, POSITION, TREE, Page, canonical, get

pytestmark = pytest.mark.compliance

PROFILE = 'profile="https://w3id.org/tree/profile"'
ORDERED = ["text/turtle", "application/trig", "application/n-triples", "application/n-quads"]


def split(page: Page) -> tuple[list[Quad], dict[str, list[Quad]]]:
    """Hypermedia and members by the profile's two rules, in document order (section 4)."""
    hypermedia: list[Quad] = []
    members: dict[str, list[Quad]] = {}
    current = hypermedia
    for quad in page.quads:
        if quad.predicate.value == f"{TREE}member":
            assert isinstance(quad.object, NamedNode)
            current = members.setdefault(quad.object.value, [])
        elif quad.subject == NamedNode(page.url) or quad.predicate.value == f"{TREE}view":
            current = hypermedia
            hypermedia.append(quad)
        else:
            current.append(quad)
    return hypermedia, members


@pytest.mark.parametrize("media_type", MEDIA_TYPES.values())
def test_nodes_announce_the_profile(city: City, media_type: str) -> None:
    """Rows 107, 108: on the four formats that have an order; not on JSON-LD, not on documents."""
    for turtle in city.every_page[::5]:
        header = get(turtle.url, media_type).headers["content-type"]
        assert (PROFILE in header) is (media_type != "application/ld+json")
    for path in ("/", "/kasten", "/shapes/kasten"):
        assert PROFILE not in get(city.url + path, media_type).headers["content-type"]


@pytest.mark.parametrize("media_type", ORDERED)
def test_hypermedia_comes_first_and_members_whole(city: City, media_type: str) -> None:
    """Rows 110, 111, 112, 114: the split by the profile gives what extraction gives."""
    for turtle in city.every_page:
        page = get(turtle.url, media_type)
        hypermedia, members = split(page)
        assert list(members) == page.members
        assert {NamedNode(page.url), NamedNode(page.stream)} <= {q.subject for q in hypermedia}
        count = len(hypermedia) + sum(map(len, members.values())) + len(members)
        assert count == len(page.quads)
        for iri, quads in members.items():
            assert canonical(quads) == canonical(page.member(iri))
        predicates = [quad.predicate.value for quad in page.quads]
        last = len(predicates) - 1 - predicates[::-1].index(f"{TREE}view")
        first = predicates.index(f"{TREE}member") if page.members else len(predicates)
        assert last < first


@pytest.mark.parametrize("media_type", MEDIA_TYPES.values())
def test_members_are_in_the_order_of_their_publication(city: City, media_type: str) -> None:
    """Row 109: ascending, ties by position; JSON-LD too, whose array has an order on the wire."""
    for turtle in city.every_page:
        if not turtle.members:
            continue
        page = get(turtle.url, media_type)
        order = page.members
        if media_type == "application/ld+json":
            body = page.body.decode()
            order = sorted(page.members, key=lambda iri: body.index(f'"{iri}"'))
        stamps = [
            (page.value(iri, GENERATED_AT).value, int(page.value(iri, POSITION).value))
            for iri in order
        ]
        assert stamps == sorted(stamps)
        assert len(set(stamps)) == len(stamps)


def test_turtle_can_be_cut_line_by_line(city: City) -> None:
    """Row 111 on the text: each block begins with its own tree:member statement."""
    for page in city.every_page:
        starts = re.findall(r"(?m)^<\S+> tree:member <(\S+)> \.$", page.body.decode())
        assert starts == page.members
