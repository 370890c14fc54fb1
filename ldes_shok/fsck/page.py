"""A node as a client reads it: its N-Quads taken apart, in document order.

Members are found twice, by the LDES 1.0 algorithm (section 3.4) and by the TREE profile
(section 4); both must give the same statements.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from ldes_shok.clock import to_milliseconds
from ldes_shok.ldes.member import Term
from ldes_shok.rdf.lines import Quad, read_lines
from ldes_shok.rdf.syntax import RdfTermKind, split
from ldes_shok.rdf.terms import XSD
from ldes_shok.rdf.vocab import PREFIXES, TYPE

_LDES: Final = PREFIXES["ldes"]
_TREE: Final = PREFIXES["tree"]
TREE_NODE: Final = f"<{_TREE}Node>"
EVENT_STREAM: Final = f"<{_LDES}EventStream>"
GREATER_OR_EQUAL: Final = f"<{_TREE}GreaterThanOrEqualToRelation>"
LESS: Final = f"<{_TREE}LessThanRelation>"
IMMUTABLE: Final = f"<{_LDES}immutable>"
TIMESTAMP_PATH: Final = f"<{_LDES}timestampPath>"
SEQUENCE_PATH: Final = f"<{_LDES}sequencePath>"
VERSION_OF_PATH: Final = f"<{_LDES}versionOfPath>"
_VIEW: Final = f"<{_TREE}view>"
_MEMBER: Final = f"<{_TREE}member>"
_RELATION: Final = f"<{_TREE}relation>"
_NODE: Final = f"<{_TREE}node>"
_PATH: Final = f"<{_TREE}path>"
_VALUE: Final = f"<{_TREE}value>"


@dataclass(frozen=True, slots=True)
class Link:
    """One relation; `value_ms` is None where the value is no xsd:dateTime with a timezone."""

    types: tuple[Term, ...]
    nodes: tuple[Term, ...]
    paths: tuple[Term, ...]
    value_ms: int | None


@dataclass(frozen=True, slots=True)
class PublishedMember:
    """A member on a page.

    Attributes:
        iri: its IRI term.
        statements: by the LDES 1.0 algorithm, in document order.
        block: by the TREE profile, in document order; `tree:member` apart.
    """

    iri: Term
    statements: tuple[Quad, ...]
    block: tuple[Quad, ...]

    def values(self, predicate: Term) -> tuple[Term, ...]:
        """The member's own values of a predicate."""
        return tuple(o for s, p, o, _ in self.statements if s == self.iri and p == predicate)


@dataclass(frozen=True, slots=True)
class NodePage:
    """What a page says.

    Attributes:
        url: where it was found.
        facts: the statements that are no member's, in document order.
        streams: subjects of `tree:view` whose object is this page.
        links: its relations.
        foreign_relations: subjects of `tree:relation` that are not this page.
        members: in document order of their `tree:member` statement.
        wrong_memberships: subjects of `tree:member` that are not the stream.
        orphans: statements that belong neither to the hypermedia nor to a member.
        late_hypermedia: statements about the page that stand after the first member.
    """

    url: str
    facts: tuple[Quad, ...]
    streams: tuple[Term, ...]
    links: tuple[Link, ...]
    foreign_relations: tuple[Term, ...]
    members: tuple[PublishedMember, ...]
    wrong_memberships: tuple[Term, ...]
    orphans: tuple[Quad, ...]
    late_hypermedia: tuple[Quad, ...]

    def values(self, subject: Term, predicate: Term) -> tuple[Term, ...]:
        """The values of a fact, duplicates kept."""
        return tuple(o for s, p, o, _ in self.facts if s == subject and p == predicate)


def read_page(url: str, body: bytes) -> NodePage:
    """Take an N-Quads page apart.

    Raises:
        ValueError: the body is not N-Quads.
    """
    quads = list(read_lines(body))
    page, by_subject = f"<{url}>", _by_subject(quads)
    memberships = [quad for quad in quads if quad[1] == _MEMBER]
    streams = tuple(s for s, p, o, _ in quads if p == _VIEW and o == page)
    blocks, late = _profile(quads, page)
    members = []
    taken: set[int] = set()
    for _, _, iri, _ in memberships:
        numbers = _extract(iri, by_subject, quads)
        taken.update(numbers)
        statements = tuple(quads[number] for number in sorted(numbers))
        members.append(PublishedMember(iri, statements, blocks.get(iri, ())))
    rest = [q for n, q in enumerate(quads) if n not in taken and q[1] != _MEMBER]
    facts, orphans = _hypermedia(rest, page, streams)
    return NodePage(
        url=url,
        facts=tuple(facts),
        streams=streams,
        links=tuple(_link(o, by_subject, quads) for s, p, o, _ in facts if p == _RELATION),
        foreign_relations=tuple(s for s, p, _, _ in facts if p == _RELATION and s != page),
        members=tuple(members),
        wrong_memberships=tuple(s for s, _, _, _ in memberships if s not in streams),
        orphans=tuple(orphans),
        late_hypermedia=tuple(late),
    )


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
    """Numbers of the statements with a subject, and of those in a graph."""

    subjects: dict[Term, list[int]] = field(default_factory=dict)
    graphs: dict[Term, list[int]] = field(default_factory=dict)


def _by_subject(quads: Sequence[Quad]) -> _Index:
    index = _Index()
    for number, (subject, _, _, graph) in enumerate(quads):
        if graph:
            index.graphs.setdefault(graph, []).append(number)
        else:
            index.subjects.setdefault(subject, []).append(number)
    return index


def _extract(iri: Term, index: _Index, quads: Sequence[Quad]) -> set[int]:
    """The member's statements by LDES 1.0, section 3.4: star, named graph, blank nodes."""
    found: set[int] = set()
    waiting, seen = [iri], {iri}
    while waiting:
        focus = waiting.pop()
        numbers = (*index.subjects.get(focus, ()), *index.graphs.get(focus, ()))
        for number in numbers:
            if quads[number][1] == _MEMBER:
                continue
            found.add(number)
            value = quads[number][2]
            if value.startswith("_:") and value not in seen:
                seen.add(value)
                waiting.append(value)
    return found


def _profile(quads: Iterable[Quad], page: Term) -> tuple[dict[Term, tuple[Quad, ...]], list[Quad]]:
    """Members by the TREE profile, section 4, and hypermedia that stands among them."""
    blocks: dict[Term, list[Quad]] = {}
    late: list[Quad] = []
    current: list[Quad] | None = None
    for quad in quads:
        if quad[1] == _MEMBER:
            current = blocks.setdefault(quad[2], [])
        elif quad[0] == page or quad[1] == _VIEW:
            if blocks:
                late.append(quad)
            current = None
        elif current is not None:
            current.append(quad)
    return {iri: tuple(block) for iri, block in blocks.items()}, late


def _hypermedia(
    quads: Sequence[Quad], page: Term, streams: Sequence[Term]
) -> tuple[list[Quad], list[Quad]]:
    """Facts of the page, its stream and their parts, and what belongs to nothing."""
    parts = {page, *streams}
    parts |= {o for s, _, o, _ in quads if s in parts and o.startswith(("_:", page[:-1] + "#"))}
    facts = [quad for quad in quads if quad[0] in parts]
    return facts, [quad for quad in quads if quad[0] not in parts]


def _link(term: Term, index: _Index, quads: Sequence[Quad]) -> Link:
    own = [quads[number] for number in index.subjects.get(term, ())]

    def values(predicate: Term) -> tuple[Term, ...]:
        return tuple(o for _, p, o, _ in own if p == predicate)

    value = values(_VALUE)
    value_ms = date_time_ms(value[0]) if len(value) == 1 else None
    return Link(values(TYPE), values(_NODE), values(_PATH), value_ms)
