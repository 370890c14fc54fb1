"""The compiled part of SHACL Core, read from the shapes graph as plain values.

Two passes use these rules: the generic one (`compiled`) and the one for the gaps of an outline
(`slots`). A shape with any other parameter is not compiled: no parameter is skipped.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ldes_shok.errors import ShapesError
from ldes_shok.ldes.member import Term
from ldes_shok.rdf.syntax import split
from ldes_shok.rdf.terms import iri as iri_term
from ldes_shok.validation.lexical import PARAMETERS, TermCheck, term_checks
from ldes_shok.validation.source import SH, ShapesSource, sh

_UNBOUNDED: Final = 1 << 30
_TRUE: Final = '"true"^^<http://www.w3.org/2001/XMLSchema#boolean>'
_SAYS_NOTHING: Final = {sh("name"), sh("description"), sh("message"), sh("order")}
_SAYS_WHERE: Final = {
    sh("targetNode"), sh("targetClass"), sh("targetSubjectsOf"), sh("targetObjectsOf"),
}  # fmt: skip
"""Parameters for judging a whole graph. Here the caller names the member."""
_ON_BOTH: Final = {
    *PARAMETERS, sh("or"), sh("node"), sh("hasValue"), *_SAYS_NOTHING, *_SAYS_WHERE,
}  # fmt: skip
_ON_NODES: Final = {*_ON_BOTH, sh("property"), sh("xone"), sh("closed"), sh("ignoredProperties")}
_ON_PROPERTIES: Final = {
    *_ON_BOTH, sh("path"), sh("minCount"), sh("maxCount"), sh("qualifiedValueShape"),
    sh("qualifiedMinCount"), sh("qualifiedMaxCount"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ValueCount:
    """The allowed number of values. `minimum` is 0 or 1: see `compiled`."""

    minimum: int = 0
    maximum: int = _UNBOUNDED

    def allow(self, count: int) -> bool:
        """Whether `count` lies within."""
        return self.minimum <= count <= self.maximum


@dataclass(frozen=True, slots=True)
class Qualified:
    """`sh:qualifiedValueShape` with one `sh:in` of IRIs: counts the values in the list."""

    listed: frozenset[Term]
    counts: ValueCount


@dataclass(frozen=True, slots=True)
class ValueRule:
    """Rules for a node itself, whatever property leads to it."""

    checks: tuple[TermCheck, ...] = ()
    nodes: tuple[NodeRule, ...] = ()
    ors: tuple[tuple[NodeRule, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class PropertyRule:
    """A property shape: `each` holds for every value; `wanted` must be among them."""

    path: Term
    counts: ValueCount = ValueCount()
    each: ValueRule = ValueRule()
    wanted: frozenset[Term] = frozenset()
    qualified: Qualified | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """`sh:xone` whose alternatives demand different values of one property."""

    predicate: Term
    rules: Mapping[Term, NodeRule]


@dataclass(frozen=True, slots=True)
class NodeRule:
    """A node shape.

    Attributes:
        itself: rules for the node itself.
        wanted: the node must equal each of these.
        properties: rules for the node's statements.
        choice: exactly one of these must hold.
        allowed: the predicates of a closed shape; None when it is open.
    """

    itself: ValueRule
    wanted: frozenset[Term]
    properties: tuple[PropertyRule, ...]
    choice: Choice | None
    allowed: frozenset[Term] | None


def compile_rules(source: ShapesSource, shape_iri: str) -> NodeRule:
    """The rules of a shape.

    Raises:
        ShapesError: the shape uses a construct that is not compiled; the message names it.
    """
    try:
        return _Compiler(source).node(iri_term(shape_iri))
    except (ValueError, KeyError, RecursionError) as error:
        raise ShapesError(f"{shape_iri} is not compiled: {error}") from error


class _Compiler:
    def __init__(self, source: ShapesSource) -> None:
        self._source = source
        self._ready: dict[Term, NodeRule] = {}
        self._busy: set[Term] = set()

    def node(self, shape: Term) -> NodeRule:
        ready = self._ready.get(shape)
        if ready is None:
            if shape in self._busy:
                raise ShapesError(f"{shape} refers to itself: not compiled")
            self._busy.add(shape)
            ready = self._ready[shape] = self._node(shape)
            self._busy.discard(shape)
        return ready

    def _node(self, shape: Term) -> NodeRule:
        source = self._source
        self._know(shape, _ON_NODES)
        properties = [self._property(p) for p in source.values(shape, "property")]
        allowed = None
        if source.values(shape, "closed") == [_TRUE]:
            ignored = [item for head in source.values(shape, "ignoredProperties")
                       for item in source.items(head)]  # fmt: skip
            allowed = frozenset((*(rule.path for rule in properties), *ignored))
            # An ignored property of a closed shape has no rule, except that its value is a term.
            properties += map(PropertyRule, ignored)
        return NodeRule(
            itself=self._value(shape),
            wanted=frozenset(source.values(shape, "hasValue")),
            properties=tuple(properties),
            choice=self._choice(shape),
            allowed=allowed,
        )

    def _value(self, shape: Term) -> ValueRule:
        source = self._source
        return ValueRule(
            checks=term_checks(source, shape),
            nodes=tuple(map(self.node, source.values(shape, "node"))),
            ors=tuple(
                tuple(map(self.node, source.items(head))) for head in source.values(shape, "or")
            ),
        )

    def _property(self, shape: Term) -> PropertyRule:
        source = self._source
        self._know(shape, _ON_PROPERTIES)
        paths = source.values(shape, "path")
        if len(paths) != 1 or paths[0][0] != "<":
            raise ShapesError(f"the path of {shape} is not one predicate: not compiled")
        return PropertyRule(
            path=paths[0],
            counts=self._counts(shape, "minCount", "maxCount"),
            each=self._value(shape),
            wanted=frozenset(source.values(shape, "hasValue")),
            qualified=self._qualified(shape),
        )

    def _counts(self, shape: Term, low: str, high: str) -> ValueCount:
        minima = [int(split(value).value) for value in self._source.values(shape, low)]
        maxima = [int(split(value).value) for value in self._source.values(shape, high)]
        counts = ValueCount(max(minima, default=0), min(maxima, default=_UNBOUNDED))
        if counts.minimum > 1:
            raise ShapesError(f"sh:{low} {counts.minimum} is not compiled")
        return counts

    def _qualified(self, shape: Term) -> Qualified | None:
        """Counting needs both a sure yes and a sure no: only a list of IRIs gives both."""
        source = self._source
        shapes = source.values(shape, "qualifiedValueShape")
        if not shapes:
            return None
        counted = [p for p in source.statements(shapes[0]) if p.startswith(f"<{SH}")]
        lists = source.values(shapes[0], "in")
        if len(shapes) != 1 or counted != [sh("in")] or len(lists) != 1:
            raise ShapesError("sh:qualifiedValueShape with more than one sh:in is not compiled")
        listed = frozenset(source.items(lists[0]))
        if not all(item.startswith("<") for item in listed):
            raise ShapesError("sh:qualifiedValueShape over literals is not compiled")
        return Qualified(listed, self._counts(shape, "qualifiedMinCount", "qualifiedMaxCount"))

    def _choice(self, shape: Term) -> Choice | None:
        if not self._source.values(shape, "xone"):
            return None
        alternatives = self._source.alternatives(shape)
        if alternatives is None:
            raise ShapesError(f"the sh:xone of {shape} has no telling property: not compiled")
        rules = {value: self.node(of) for value, of in alternatives.shapes.items()}
        return Choice(alternatives.predicate, rules)

    def _know(self, shape: Term, known: set[Term]) -> None:
        for predicate in self._source.statements(shape):
            if predicate.startswith(f"<{SH}") and predicate not in known:
                raise ShapesError(f"{predicate} is not compiled")
