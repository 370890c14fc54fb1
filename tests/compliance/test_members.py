"""Checklist 1.G and 1.I: members and their versions."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest
from pyoxigraph import BlankNode, NamedNode, RdfFormat, parse

from ldes_shok.clock import ManualClock
from ldes_shok.ldes.member import Form
from tests.compliance.conftest import SMALL_PAGES, City, at
from tests.support import events
from tests.support.local_service import local_service
from tests.support.pages import (
    DCTERMS,
    LDES,
    MEDIA_TYPES,
    RDF_TYPE,
    TREE,
    Page,
    canonical,
    crawl,
    get,
)
from tests.support.rdf import assert_tree
from tests.support.service import STREAMS

pytestmark = pytest.mark.compliance

DELETE = "https://www.w3.org/ns/activitystreams#Delete"


def leaves(city: City) -> list[Page]:
    return [page for page in city.every_page if page.members]


def test_members_are_the_streams(city: City) -> None:
    """Rows 95, 96: the subject is the stream, the member an IRI of ours that names a version."""
    for page in leaves(city):
        for quad in page.quads:
            if quad.predicate.value == f"{TREE}member":
                assert quad.subject == NamedNode(page.stream)
                assert isinstance(quad.object, NamedNode)
        for iri in page.members:
            entity = page.value(iri, f"{DCTERMS}isVersionOf").value
            assert re.fullmatch(rf"{re.escape(entity)}/[0-9A-Za-z.-]{{16,}}", iri)
            assert entity.startswith(f"{city.url}/id/")


def test_a_member_is_the_same_wherever_it_is_read(city: City) -> None:
    """Rows 97, 100, 105: on its page in every format, at its own IRI, and as it was stored."""
    reader = city.service.core.reader
    for name in STREAMS:
        for turtle in [page for page in city.pages[name] if page.members][::3]:
            pages = [get(turtle.url, media_type) for media_type in MEDIA_TYPES.values()]
            for iri in turtle.members[::4]:
                row = reader.member(iri)
                assert row is not None
                (block,) = reader.blocks(name, row.position, 1, Form.NTRIPLES)
                stored = canonical(
                    quad
                    for quad in parse(block, format=RdfFormat.N_TRIPLES)
                    if quad.predicate.value != f"{TREE}member"
                )
                assert len(stored) > 3
                for page in pages:
                    assert canonical(page.member(iri)) == stored, (page.media_type, iri)
                own = get(iri, "application/n-quads")
                assert own.status == 200
                assert own.is_immutable
                assert canonical(own.member(iri)) == stored


@pytest.mark.parametrize("media_type", [*MEDIA_TYPES.values(), "text/html"])
def test_every_kind_of_member_dereferences_in_every_format(city: City, media_type: str) -> None:
    """Row 105, with P9 for the member's own document."""
    seen = set()
    for page in leaves(city):
        for iri in page.members:
            kind = (page.stream, str(page.objects(iri, RDF_TYPE)))
            if kind in seen:
                continue
            seen.add(kind)
            own = get(iri, media_type)
            assert (own.status, own.media_type) == (200, media_type)
            if media_type != "text/html":
                assert canonical(own.member(iri)) == canonical(page.member(iri))
    assert len(seen) > 8


def test_every_iri_that_members_name_dereferences(city: City) -> None:
    """Every IRI that we coin: entities 303 to a version, concepts 200 in RDF."""
    named = {
        term.value
        for page in leaves(city)
        for quad in page.quads
        for term in (quad.object, getattr(quad.object, "datatype", None))
        if isinstance(term, NamedNode) and term.value.startswith(f"{city.url}/id/")
    }
    missing = []
    for iri in sorted(named):
        page = get(iri)
        if page.status == 303:
            page = get(page.headers["location"])
        if page.status != 200:
            missing.append(f"{iri}: {page.status}")
    assert len(named) > 20
    assert missing == []


def test_no_blank_node_is_shared(city: City) -> None:
    """Row 101: not by two members of a page, not by two pages of a stream."""
    for name in STREAMS:
        owners: Counter[str] = Counter()
        for turtle in city.pages[name]:
            page = get(turtle.url, "application/n-quads")
            for iri in page.members:
                nodes = {
                    q.subject.value for q in page.member(iri) if isinstance(q.subject, BlankNode)
                }
                owners.update(nodes)
        assert set(owners.values()) <= {1}


def test_a_blank_node_has_one_parent(city: City) -> None:
    """Others refuse a member whose blank nodes are shared, or lose what stands in them.

    Each blank node is said to belong to one node, and one can walk to it from the member.
    """
    nodes = [
        assert_tree(page.member(iri), NamedNode(iri))
        for page in leaves(city)
        for iri in page.members
    ]
    assert sum(nodes) > 100


def test_nothing_hides_on_a_page(city: City) -> None:
    """Row 102: hypermedia and members are the whole page; no member leads into the page."""
    for page in city.every_page:
        taken = {str(quad) for iri in page.members for quad in page.member(iri)}
        own = {NamedNode(page.url), NamedNode(page.stream), NamedNode(f"{page.url}#source")}
        relations = set(page.objects(page.url, f"{TREE}relation"))
        for quad in page.quads:
            if str(quad) in taken:
                assert quad.subject not in own
                assert quad.object not in own
                assert (
                    not isinstance(quad.object, NamedNode) or quad.object.value not in page.members
                )
            else:
                assert quad.subject in own | relations


def test_members_are_in_band(city: City) -> None:
    """Row 104: no client needs another request to have a member."""
    for page in leaves(city):
        assert all(len(page.member(iri)) >= 4 for iri in page.members)


def test_every_member_is_a_version_of_something(city: City) -> None:
    """Row 116: one IRI at ldes:versionOfPath, and never the member itself."""
    for page in leaves(city):
        for iri in page.members:
            entity = page.value(iri, f"{DCTERMS}isVersionOf")
            assert isinstance(entity, NamedNode)
            assert entity.value != iri


def test_a_removal_is_told_by_its_type(city: City) -> None:
    """Rows 117, 119: one type per member; a removal has its envelope and no more."""
    envelope = {
        RDF_TYPE,
        f"{DCTERMS}isVersionOf",
        f"{DCTERMS}modified",
        "http://www.w3.org/ns/prov#generatedAtTime",
        "https://schema.org/position",
    }
    removed = Counter[str]()
    for page in leaves(city):
        for iri in page.members:
            (kind,) = page.objects(iri, RDF_TYPE)
            if kind.value == DELETE:
                removed[page.stream] += 1
                assert {quad.predicate.value for quad in page.member(iri)} == envelope
    assert removed[f"{city.url}/kasten"] > 0
    for name in ("kasten", "techniek"):
        said = city.root(name).value(f"{city.url}/{name}", f"{LDES}versionDeleteObject")
        assert said == NamedNode(DELETE)


def test_late_versions_have_their_own_time(city: City) -> None:
    """Row 118: what came late is told by versionTimestampPath, and the newest stays the newest."""
    socket = f"{city.url}/id/stopcontact/voorbeeldstad/K1/1"
    versions = []
    for page in city.pages["kasten"]:
        for iri in page.members:
            if page.value(iri, f"{DCTERMS}isVersionOf").value == socket:
                published = page.value(iri, "http://www.w3.org/ns/prov#generatedAtTime").value
                versions.append((published, page.value(iri, f"{DCTERMS}modified").value, iri))
    by_publication = sorted(versions)
    by_own_time = sorted(versions, key=lambda version: version[1])
    assert by_publication != by_own_time, "the city sends a status late"
    newest = get(get(socket).headers["location"])
    assert newest.value(newest.url, f"{DCTERMS}modified").value == by_own_time[-1][1]


def test_members_never_change_page(tmp_path: Path) -> None:
    """Rows 98, 99: page(member) is constant, and a member is on one page of its view."""
    start = at(2026, 5, 12, 8)
    where: dict[str, str] = {}
    with local_service(tmp_path, ManualClock(start), SMALL_PAGES) as service:
        service.push([events.configuration("K1", start)])
        for day in range(25):
            moment = at(2026, 5, 12 + day % 15, 9) if day < 15 else at(2026, 6, day, 9)
            service.push([*events.measurements("K1", moment, 3)], moment)
            for page in crawl(f"{service.url}/techniek/by-time"):
                for iri in page.members:
                    assert where.setdefault(iri, page.url) == page.url
    assert len(set(where.values())) > 10


def test_an_event_twice_is_one_member(tmp_path: Path) -> None:
    """P2: delivered once or a thousand times, it is one member with one IRI."""
    start = at(2026, 5, 12, 8)
    with local_service(tmp_path, ManualClock(start)) as service:
        service.push([events.configuration("K1", start)])
        first = service.push([events.measurement("K1", start)])
        again = service.push([events.measurement("K1", start)] * 3, at(2026, 5, 13))
        assert [outcome.kind.value for outcome in (*first, *again)] == ["published"] + [
            "duplicate"
        ] * 3
        found = [iri for page in crawl(f"{service.url}/techniek/by-time") for iri in page.members]
        assert max(Counter(found).values()) == 1
        assert set(first[0].members) <= set(found) | {
            iri
            for page in crawl(f"{service.url}/verbruik-individueel/by-time")
            for iri in page.members
        }


def test_hostile_text_survives(tmp_path: Path) -> None:
    """Rows 6, 14, 97: quotes, markup, controls, line separators, astral characters."""
    start = at(2026, 5, 12, 8)
    hostile = "a\"\\'<b>&amp;\u2028\u202e é 🔌 %41 " + "}{@"
    told = json.loads(events.configuration("K1", start))
    told["data"]["cabinet"]["name"] = hostile
    with local_service(tmp_path, ManualClock(start)) as service:
        (outcome,) = service.push([json.dumps(told).encode()])
        assert outcome.kind.value == "published", outcome.reason
        label = "http://www.w3.org/2000/01/rdf-schema#label"
        for media_type in MEDIA_TYPES.values():
            names = [
                name.value
                for page in crawl(f"{service.url}/kasten/by-time", media_type)
                for iri in page.members
                for name in page.objects(iri, label)
            ]
            assert names == [hostile]
        for iri in outcome.members:
            html = get(iri, "text/html")
            assert html.status == 200
            assert b"<b>" not in html.body
