"""SHACL Core compiled to plain checks on N-Triples terms, derived from the shapes graph itself.

A compiled shape can only ever say "conforms"; for what it does not pass, pyshacl is asked. So it
owes one thing: whatever it passes, pyshacl passes. Two consequences:

- counts are of different strings, and one RDF term may be written in two ways. That can only make
  a count too high: safe under `sh:maxCount`, and under `sh:minCount` up to 1.
- `sh:xone` needs proof that the other alternatives fail. There is one only where each demands
  another value of the same property (`ShapesSource.alternatives`) and the node has just one.

Every subject must have been judged by a closed shape, so nothing in a member goes unjudged.
A parameter that is not here makes the shape not compilable: it is never skipped.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ldes_shok.errors import ShapesError
from ldes_shok.ldes.member import Term, Triple
from ldes_shok.rdf.syntax import split
from ldes_shok.rdf.terms import iri as iri_term
from ldes_shok.validation.lexical import PARAMETERS, Remembering, term_checks
from ldes_shok.validation.source import SH, ShapesSource, sh

Statements = Mapping[Term, Sequence[Term]]
Index = Mapping[Term, Statements]
NodeCheck = Callable[[Index, Term, set[Term]], bool]
"""(all statements, node, nodes judged by a closed shape so far) -> passed."""
StatementsCheck = Callable[[Index, Statements, set[Term]], bool]

_NOTHING: Final[Statements] = {}
_UNBOUNDED: Final = 1 << 30
_TRUE: Final = '"true"^^<http://www.w3.org/2001/XMLSchema#boolean>'
_SAYS_NOTHING: Final = {sh("name"), sh("description"), sh("message"), sh("order")}
_ON_BOTH: Final = {*PARAMETERS, sh("or"), sh("node"), sh("hasValue"), *_SAYS_NOTHING}
_ON_NODES: Final = {*_ON_BOTH, sh("property"), sh("xone"), sh("closed"), sh("ignoredProperties")}
_ON_PROPERTIES: Final = {
    *_ON_BOTH, sh("path"), sh("minCount"), sh("maxCount"), sh("qualifiedValueShape"),
    sh("qualifiedMinCount"), sh("qualifiedMaxCount"),
}  # fmt: skip


class CompiledShape:
    """The fast pass over one stream's members."""

    def __init__(self, source: ShapesSource, shape_iri: str) -> None:
        """Compile the shape.

        Raises:
            ShapesError: it uses a construct that is not compiled; the message names it.
        """
        try:
            self._check = _Compiler(source).node(iri_term(shape_iri))
        except (ValueError, KeyError, RecursionError) as error:
            raise ShapesError(f"{shape_iri} is not compiled: {error}") from error

    def conforms(self, iri: str, triples: Sequence[Triple]) -> bool:
        """True when the member surely conforms; False says nothing.

        Args:
            iri: absolute IRI of the member.
            triples: all its triples, as N-Triples terms.
        """
        try:
            focus = iri_term(iri)
        except ValueError:
            return False
        index: dict[Term, dict[Term, list[Term]]] = {}
        for subject, predicate, value in triples:
            statements = index.get(subject)
            if statements is None:
                index[subject] = {predicate: [value]}
                continue
            values = statements.get(predicate)
            if values is None:
                statements[predicate] = [value]
            elif value not in values:
                values.append(value)
        judged: set[Term] = set()
        return self._check(index, focus, judged) and index.keys() <= judged


@dataclass(frozen=True, slots=True)
class _Counts:
    minimum: int
    maximum: int

    @classmethod
    def of(cls, source: ShapesSource, shape: Term, low: str, high: str) -> _Counts:
        minima = [int(split(value).value) for value in source.values(shape, low)]
        maxima = [int(split(value).value) for value in source.values(shape, high)]
        counts = cls(max(minima, default=0), min(maxima, default=_UNBOUNDED))
        if counts.minimum > 1:
            raise ShapesError(f"sh:{low} {counts.minimum} is not compiled")
        return counts


class _Compiler:
    def __init__(self, source: ShapesSource) -> None:
        self._source = source
        self._ready: dict[Term, NodeCheck] = {}
        self._busy: set[Term] = set()

    def node(self, shape: Term) -> NodeCheck:
        """The check of one node by a node shape."""
        ready = self._ready.get(shape)
        if ready is None:
            if shape in self._busy:
                raise ShapesError(f"{shape} refers to itself: not compiled")
            self._busy.add(shape)
            ready = self._ready[shape] = self._node(shape)
            self._busy.discard(shape)
        return ready

    def _node(self, shape: Term) -> NodeCheck:
        source = self._source
        self._know(shape, _ON_NODES)
        alone = Remembering(term_checks(source, shape))
        wanted = frozenset(source.values(shape, "hasValue"))
        statements = tuple(self._property(p) for p in source.values(shape, "property"))
        nodes = (*map(self.node, source.values(shape, "node")), *self._ors(shape))
        choice = self._xone(shape)
        allowed = self._allowed(shape)

        def check(index: Index, node: Term, judged: set[Term]) -> bool:
            if not alone(node) or not wanted <= {node}:
                return False
            said = index.get(node, _NOTHING)
            if allowed is not None and not said.keys() <= allowed:
                return False
            for passes in statements:
                if not passes(index, said, judged):
                    return False
            for passes_node in nodes:
                if not passes_node(index, node, judged):
                    return False
            if choice is not None and not choice(index, node, judged):
                return False
            if allowed is not None:
                judged.add(node)
            return True

        return check

    def _property(self, shape: Term) -> StatementsCheck:
        source = self._source
        self._know(shape, _ON_PROPERTIES)
        paths = source.values(shape, "path")
        if len(paths) != 1 or paths[0][0] != "<":
            raise ShapesError(f"the path of {shape} is not one predicate: not compiled")
        path = paths[0]
        counts = _Counts.of(source, shape, "minCount", "maxCount")
        minimum, maximum = counts.minimum, counts.maximum
        alone = Remembering(term_checks(source, shape))
        wanted = frozenset(source.values(shape, "hasValue"))
        nested = (*map(self.node, source.values(shape, "node")), *self._ors(shape))
        qualified = self._qualified(shape)

        def check(index: Index, said: Statements, judged: set[Term]) -> bool:
            values = said.get(path, ())
            if not minimum <= len(values) <= maximum:
                return False
            for value in values:
                if not alone(value):
                    return False
                for passes in nested:
                    if not passes(index, value, judged):
                        return False
            if wanted and not wanted <= set(values):
                return False
            return qualified is None or qualified(values)

        return check

    def _qualified(self, shape: Term) -> Callable[[Sequence[Term]], bool] | None:
        """Counting needs a sure no as well as a sure yes: only a list of IRIs gives both."""
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
        counts = _Counts.of(source, shape, "qualifiedMinCount", "qualifiedMaxCount")
        return lambda values: (
            counts.minimum <= sum(value in listed for value in values) <= counts.maximum
        )

    def _ors(self, shape: Term) -> tuple[NodeCheck, ...]:
        lists = map(self._source.items, self._source.values(shape, "or"))
        return tuple(self._any(tuple(map(self.node, listed))) for listed in lists)

    @staticmethod
    def _any(alternatives: tuple[NodeCheck, ...]) -> NodeCheck:
        def check(index: Index, node: Term, judged: set[Term]) -> bool:
            for passes in alternatives:
                here: set[Term] = set()  # what a failed alternative judged does not count
                if passes(index, node, here):
                    judged |= here
                    return True
            return False

        return check

    def _xone(self, shape: Term) -> NodeCheck | None:
        if not self._source.values(shape, "xone"):
            return None
        alternatives = self._source.alternatives(shape)
        if alternatives is None:
            raise ShapesError(f"the sh:xone of {shape} has no telling property: not compiled")
        predicate = alternatives.predicate
        checks = {value: self.node(of) for value, of in alternatives.shapes.items()}

        def check(index: Index, node: Term, judged: set[Term]) -> bool:
            values = index.get(node, _NOTHING).get(predicate, ())
            if len(values) != 1:
                return False
            passes = checks.get(values[0])
            return passes is not None and passes(index, node, judged)

        return check

    def _allowed(self, shape: Term) -> frozenset[Term] | None:
        """The predicates of a closed shape; None when it is open."""
        source = self._source
        if source.values(shape, "closed") != [_TRUE]:
            return None
        paths = (
            path for p in source.values(shape, "property") for path in source.values(p, "path")
        )
        ignored = (item for head in source.values(shape, "ignoredProperties")
                   for item in source.items(head))  # fmt: skip
        return frozenset((*paths, *ignored))

    def _know(self, shape: Term, known: set[Term]) -> None:
        for predicate in self._source.statements(shape):
            if predicate.startswith(f"<{SH}") and predicate not in known:
                raise ShapesError(f"{predicate} is not compiled")
