"""A page of somebody's stream: where it leads, and the members on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ldes_shok.ldes.member import Term
from ldes_shok.rdf.lines import Quad
from ldes_shok.rdf.vocab import PREFIXES

_TREE: Final = PREFIXES["tree"]
_VIEW: Final = f"<{_TREE}view>"
_MEMBER: Final = f"<{_TREE}member>"
_RELATION: Final = f"<{_TREE}relation>"
_NODE: Final = f"<{_TREE}node>"
_VALUE: Final = f"<{_TREE}value>"
_IMMUTABLE: Final = f"<{PREFIXES['ldes']}immutable>"


@dataclass(frozen=True, slots=True)
class PageMember:
    """A member and all that is said of it.

    Attributes:
        iri: its IRI, without brackets.
        lines: its star and blank nodes (LDES 1.0, section 3.4), or its named graph, as N-Triples.
    """

    iri: str
    lines: bytes


@dataclass(frozen=True, slots=True)
class Page:
    """What a page says.

    Attributes:
        members: in the order of the page.
        links: the nodes it leads to, by their lowest bound; relations of every type count.
        views: roots of views of the stream that this describes, other than this page.
        immutable: whether it says that it never changes.
    """

    members: tuple[PageMember, ...]
    links: tuple[str, ...]
    views: tuple[str, ...]
    immutable: bool


def read_page(quads: Sequence[Quad], url: str) -> Page:
    """Take a page apart; what is neither its own nor a member's is passed over."""
    page = f"<{url}>"
    by_subject: dict[Term, list[Quad]] = {}
    by_graph: dict[Term, list[Quad]] = {}
    for quad in quads:
        (
            by_graph.setdefault(quad[3], []) if quad[3] else by_subject.setdefault(quad[0], [])
        ).append(quad)
    members = dict.fromkeys(o for _, p, o, _ in quads if p == _MEMBER and o.startswith("<"))
    views = (o for _, p, o, _ in quads if p == _VIEW and o.startswith("<") and o != page)
    own = by_subject.get(page, ())
    return Page(
        members=tuple(
            PageMember(iri[1:-1], _lines(_statements(iri, by_subject, by_graph))) for iri in members
        ),
        links=tuple(_links(own, by_subject)),
        views=tuple(dict.fromkeys(view[1:-1] for view in views)),
        immutable=any(p == _IMMUTABLE and o.startswith('"true"') for _, p, o, _ in own),
    )


def _links(own: Sequence[Quad], by_subject: Mapping[Term, Sequence[Quad]]) -> Iterator[str]:
    bounds: dict[Term, str] = {}
    for _, predicate, relation, _ in own:
        if predicate != _RELATION:
            continue
        said = by_subject.get(relation, ())
        values = [o for _, p, o, _ in said if p == _VALUE]
        lowest = min(values, default="")
        for _, p, node, _ in said:
            if p == _NODE and node.startswith("<"):
                bounds[node] = min(bounds.get(node, lowest), lowest)
    # Instants in UTC: the order of the text is that of time.
    yield from (node[1:-1] for node in sorted(bounds, key=lambda node: (bounds[node], node)))


def _statements(
    iri: Term, by_subject: Mapping[Term, Sequence[Quad]], by_graph: Mapping[Term, Sequence[Quad]]
) -> Iterator[Quad]:
    yield from by_graph.get(iri, ())
    waiting, seen = [iri], {iri}
    while waiting:
        for quad in by_subject.get(waiting.pop(), ()):
            if quad[1] == _MEMBER:
                continue
            yield quad
            if quad[2].startswith("_:") and quad[2] not in seen:
                seen.add(quad[2])
                waiting.append(quad[2])


def _lines(quads: Iterator[Quad]) -> bytes:
    return "".join(f"{s} {p} {o} .\n" for s, p, o, _ in quads).encode()
