"""A page of somebody's stream: where it leads, and the members on it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ldes_shok.errors import SourceError
from ldes_shok.ldes.member import Term
from ldes_shok.rdf.lines import Quad
from ldes_shok.rdf.vocab import PREFIXES
from ldes_shok.sources.transports.ldes.limits import DEFAULTS, MAX_MEMBER_BYTES, PageLimits

_TREE: Final = PREFIXES["tree"]
_VIEW: Final = f"<{_TREE}view>"
_MEMBER: Final = f"<{_TREE}member>"
_RELATION: Final = f"<{_TREE}relation>"
_NODE: Final = f"<{_TREE}node>"
_VALUE: Final = f"<{_TREE}value>"
_SHOWN: Final = 200
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


@dataclass(frozen=True, slots=True)
class _Said:
    """The statements of a page: of the default graph by subject, of the others by graph."""

    by_subject: Mapping[Term, Sequence[Quad]]
    by_graph: Mapping[Term, Sequence[Quad]]


def read_page(quads: Sequence[Quad], url: str, limits: PageLimits = DEFAULTS) -> Page:
    """Take a page apart; what is neither its own nor a member's is passed over.

    Raises:
        SourceError: it is over a limit; names which.
    """
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
    links = tuple(_links(own, by_subject))
    if len(links) > limits.max_page_links:
        raise SourceError(
            f"{url[:_SHOWN]}: the page has {len(links)} links, and max_page_links is "
            f"{limits.max_page_links}"
        )
    return Page(
        members=tuple(_members(members, _Said(by_subject, by_graph), url, limits)),
        links=links,
        views=tuple(dict.fromkeys(view[1:-1] for view in views)),
        immutable=any(p == _IMMUTABLE and o.startswith('"true"') for _, p, o, _ in own),
    )


def _members(
    iris: Iterable[Term], said: _Said, url: str, limits: PageLimits
) -> Iterator[PageMember]:
    """The members; a node that many of them share is many times in their lines."""
    together_bytes = 0
    for iri in iris:
        lines, size_bytes = [], 0
        for subject, predicate, value, _ in _statements(iri, said):
            line = f"{subject} {predicate} {value} .\n".encode()
            size_bytes += len(line)
            if size_bytes > MAX_MEMBER_BYTES:
                raise SourceError(
                    f"{url[:_SHOWN]}: the member {iri[:_SHOWN]} has more than {MAX_MEMBER_BYTES} "
                    "bytes, and no larger ones are taken"
                )
            lines.append(line)
        together_bytes += size_bytes
        if together_bytes > limits.max_page_bytes:
            raise SourceError(
                f"{url[:_SHOWN]}: the members of the page have more than {limits.max_page_bytes} "
                "bytes together, which is max_page_bytes"
            )
        yield PageMember(iri[1:-1], b"".join(lines))


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


def _statements(iri: Term, said: _Said) -> Iterator[Quad]:
    yield from said.by_graph.get(iri, ())
    waiting, seen = [iri], {iri}
    while waiting:
        for quad in said.by_subject.get(waiting.pop(), ()):
            if quad[1] == _MEMBER:
                continue
            yield quad
            if quad[2].startswith("_:") and quad[2] not in seen:
                seen.add(quad[2])
                waiting.append(quad[2])
