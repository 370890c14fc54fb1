"""A page of an event stream as a client reads it: its links, and its members."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from ldes_shok.client.limits import MAX_MEMBER_BYTES, PageLimits
from ldes_shok.clock import to_milliseconds
from ldes_shok.errors import SourceError
from ldes_shok.ldes.member import Term
from ldes_shok.rdf import vocab
from ldes_shok.rdf.lines import Quad
from ldes_shok.rdf.syntax import RdfTermKind, split
from ldes_shok.rdf.terms import XSD, value_of

_LESS: Final = frozenset({vocab.TREE_LESS, vocab.TREE_LESS_OR_EQUAL})
_UNBOUNDED: Final = (0, "")
_SHOWN: Final = 200


@dataclass(frozen=True, slots=True)
class PageRelation:
    """A relation to another node as the page has it: each value may be missing or repeated.

    Attributes:
        subject: the subject of `tree:relation`; only the page itself may be one.
        types: its classes.
        nodes: the nodes that it leads to.
        paths: the paths whose values its bound limits.
        values: its bound.
    """

    subject: Term
    types: tuple[Term, ...]
    nodes: tuple[Term, ...]
    paths: tuple[Term, ...]
    values: tuple[Term, ...]

    @property
    def value_ms(self) -> int | None:
        """Its one bound, milliseconds since 1970; None if it is no such xsd:dateTime."""
        return date_time_ms(self.values[0]) if len(self.values) == 1 else None


@dataclass(frozen=True, slots=True)
class ChildNode:
    """A node that a page links to, and all relations to it."""

    url: str
    relations: tuple[PageRelation, ...]

    @property
    def bounds(self) -> tuple[tuple[int, str], tuple[int, str]]:
        """Its lower bound and its least bound, for sorting children; no bound sorts first."""
        least: list[tuple[int, str]] = []
        lower: list[tuple[int, str]] = []
        for relation in self.relations:
            # Instants compare as instants, other values as text.
            values = [(date_time_ms(value) or 0, value) for value in relation.values]
            least += values
            if not _LESS.intersection(relation.types):
                lower += values
        return min(lower, default=_UNBOUNDED), min(least, default=_UNBOUNDED)


@dataclass(frozen=True, slots=True)
class PageMember:
    """A member on a page.

    Attributes:
        iri: its IRI term; any other term is an error of the publisher.
        statements: its own statements, by the algorithm of LDES 1.0 (section 3.4), in document
            order.
    """

    iri: Term
    statements: tuple[Quad, ...]

    def values(self, predicate: Term) -> tuple[Term, ...]:
        """The member's own values of a predicate."""
        return tuple(o for s, p, o, _ in self.statements if s == self.iri and p == predicate)

    @property
    def lines(self) -> bytes:
        """Its statements in N-Triples."""
        return "".join([f"{s} {p} {o} .\n" for s, p, o, _ in self.statements]).encode()


@dataclass(frozen=True, slots=True)
class Page:
    """The content of a page.

    Attributes:
        url: the URL of the page.
        statements: all statements, in document order.
        facts: the statements of the page, of its stream and of their parts.
        orphans: statements that belong neither to the hypermedia nor to a member.
        streams: subjects of `tree:view` whose object is this page.
        views: root nodes of the views that it names, including itself if it is one.
        relations: in document order.
        children: the nodes of its own relations of any type, by their lower bounds.
        members: in document order of their `tree:member` statements.
    """

    url: str
    statements: tuple[Quad, ...]
    facts: tuple[Quad, ...]
    orphans: tuple[Quad, ...]
    streams: tuple[Term, ...]
    views: tuple[str, ...]
    relations: tuple[PageRelation, ...]
    children: tuple[ChildNode, ...]
    members: tuple[PageMember, ...]

    @property
    def term(self) -> Term:
        """The page as a subject."""
        return f"<{self.url}>"

    @property
    def is_immutable(self) -> bool:
        """Whether the page itself claims that it never changes."""
        values = self.values(self.term, vocab.LDES_IMMUTABLE)
        return any(value.startswith('"true"') for value in values)

    def values(self, subject: Term, predicate: Term) -> tuple[Term, ...]:
        """The values of a fact, duplicates kept."""
        return tuple(o for s, p, o, _ in self.facts if s == subject and p == predicate)


def read_page(statements: Sequence[Quad], url: str, limits: PageLimits | None = None) -> Page:
    """Parse the statements of a page.

    Args:
        statements: of the document.
        url: the URL of the page.
        limits: of the page; None for no limits.

    Raises:
        SourceError: the page is over a limit; the message names the limit.
    """
    page, index = f"<{url}>", _indexed(statements)
    streams = tuple(s for s, p, o, _ in statements if p == vocab.TREE_VIEW and o == page)
    members, taken = _members(statements, index, url, limits)
    rest = [
        quad
        for number, quad in enumerate(statements)
        if number not in taken and quad[1] != vocab.TREE_MEMBER
    ]
    facts, orphans = _hypermedia(rest, page, streams)
    relations = tuple(
        _relation(subject, relation, index, statements)
        for subject, predicate, relation, _ in facts
        if predicate == vocab.TREE_RELATION
    )
    children = children_of(relation for relation in relations if relation.subject == page)
    if limits is not None and len(children) > limits.max_page_links:
        raise SourceError(
            f"{url[:_SHOWN]}: the page has {len(children)} links, and max_page_links is "
            f"{limits.max_page_links}"
        )
    return Page(
        url=url,
        statements=tuple(statements),
        facts=tuple(facts),
        orphans=tuple(orphans),
        streams=streams,
        views=views_in(statements),
        relations=relations,
        children=children,
        members=members,
    )


def views_in(statements: Iterable[Quad]) -> tuple[str, ...]:
    """The root nodes of the views that a document names, each once."""
    views = (o for _, p, o, _ in statements if p == vocab.TREE_VIEW and o.startswith("<"))
    return tuple(dict.fromkeys(value_of(view) for view in views))


def children_of(relations: Iterable[PageRelation]) -> tuple[ChildNode, ...]:
    """The nodes that relations lead to, each once, by their lower bounds and then their URLs."""
    found: dict[Term, list[PageRelation]] = {}
    for relation in relations:
        for node in relation.nodes:
            if node.startswith("<"):
                found.setdefault(node, []).append(relation)
    children = [ChildNode(value_of(node), tuple(leading)) for node, leading in found.items()]
    return tuple(sorted(children, key=lambda child: (child.bounds, child.url)))


def date_time_ms(term: Term) -> int | None:
    """Milliseconds since 1970 of an xsd:dateTime with a timezone; None for anything else."""
    try:
        parts = split(term)
        if parts.kind is not RdfTermKind.LITERAL or parts.datatype != f"{XSD}dateTime":
            return None
        instant = datetime.fromisoformat(parts.value)
    except ValueError:
        return None
    return None if instant.tzinfo is None else to_milliseconds(instant)


def integer(term: Term) -> int | None:
    """The number of an xsd:integer; None for anything else."""
    try:
        parts = split(term)
        if parts.kind is not RdfTermKind.LITERAL or parts.datatype != f"{XSD}integer":
            return None
        return int(parts.value)
    except ValueError:
        return None


@dataclass(slots=True)
class _Index:
    """The statements by subject and by graph, as indexes."""

    subjects: dict[Term, list[int]] = field(default_factory=dict)
    graphs: dict[Term, list[int]] = field(default_factory=dict)


def _indexed(statements: Sequence[Quad]) -> _Index:
    index = _Index()
    for number, (subject, _, _, graph) in enumerate(statements):
        if graph:
            index.graphs.setdefault(graph, []).append(number)
        else:
            index.subjects.setdefault(subject, []).append(number)
    return index


def _members(
    statements: Sequence[Quad], index: _Index, url: str, limits: PageLimits | None
) -> tuple[tuple[PageMember, ...], set[int]]:
    """The members, and the numbers of all their statements.

    A statement that many members share counts once for each member.
    """
    iris = [o for _, p, o, _ in statements if p == vocab.TREE_MEMBER]
    members: dict[Term, PageMember] = {}
    taken: set[int] = set()
    together_bytes = 0
    for iri in dict.fromkeys(iris):
        numbers = _extract(iri, index, statements)
        taken.update(numbers)
        member = PageMember(iri, tuple(statements[number] for number in sorted(numbers)))
        members[iri] = member
        if limits is not None:
            size_bytes = len(member.lines)
            together_bytes += size_bytes
            if size_bytes > MAX_MEMBER_BYTES:
                raise SourceError(
                    f"{url[:_SHOWN]}: the member {iri[:_SHOWN]} has more than {MAX_MEMBER_BYTES} "
                    "bytes, and no larger ones are taken"
                )
            if together_bytes > limits.max_page_bytes:
                raise SourceError(
                    f"{url[:_SHOWN]}: the members of the page have more than "
                    f"{limits.max_page_bytes} bytes together, which is max_page_bytes"
                )
    return tuple(members[iri] for iri in iris), taken


def _extract(iri: Term, index: _Index, statements: Sequence[Quad]) -> set[int]:
    """The member's statements by LDES 1.0, section 3.4: star, named graph, blank nodes."""
    found: set[int] = set()
    waiting, seen = [iri], {iri}
    while waiting:
        focus = waiting.pop()
        for number in (*index.subjects.get(focus, ()), *index.graphs.get(focus, ())):
            _, predicate, value, _ = statements[number]
            if predicate == vocab.TREE_MEMBER:
                continue
            found.add(number)
            if value.startswith("_:") and value not in seen:
                seen.add(value)
                waiting.append(value)
    return found


def _hypermedia(
    statements: Sequence[Quad], page: Term, streams: Sequence[Term]
) -> tuple[list[Quad], list[Quad]]:
    """Facts of the page, its stream and their parts, and the orphans."""
    parts = {page, *streams}
    parts |= {
        o for s, _, o, _ in statements if s in parts and o.startswith(("_:", page[:-1] + "#"))
    }
    facts = [quad for quad in statements if quad[0] in parts]
    return facts, [quad for quad in statements if quad[0] not in parts]


def _relation(
    subject: Term, relation: Term, index: _Index, statements: Sequence[Quad]
) -> PageRelation:
    own = [statements[number] for number in index.subjects.get(relation, ())]

    def values(predicate: Term) -> tuple[Term, ...]:
        return tuple(o for _, p, o, _ in own if p == predicate)

    return PageRelation(
        subject,
        values(vocab.TYPE),
        values(vocab.TREE_NODE),
        values(vocab.TREE_PATH),
        values(vocab.TREE_VALUE),
    )
