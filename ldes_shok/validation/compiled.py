"""SHACL Core compiled to plain checks on N-Triples terms, derived from the shapes graph itself.

A compiled shape can only answer "conforms". For a member that it does not pass, pyshacl decides. So
one rule holds: if a compiled shape passes a member, pyshacl passes it too. Two consequences:

- Counts are of different strings, and one RDF term may be written in two ways. That can only make a
  count too high. This is safe under `sh:maxCount`, and under `sh:minCount` up to 1.
- `sh:xone` needs proof that the other alternatives fail. There is a proof only if each alternative
  demands another value of the same property (`ShapesSource.alternatives`) and the node has just one
  value.

A closed shape must have judged every subject, so no statement of a member stays unjudged.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from ldes_shok.ldes.member import Term, Triple
from ldes_shok.ldes.template import Outline
from ldes_shok.rdf.terms import iri as iri_term
from ldes_shok.validation.lexical import Remembering
from ldes_shok.validation.rules import Choice, NodeRule, PropertyRule, ValueRule, compile_rules
from ldes_shok.validation.slots import Memories, SlotCheck
from ldes_shok.validation.source import ShapesSource
from ldes_shok.validation.specialise import obligations

Statements = Mapping[Term, Sequence[Term]]
Index = Mapping[Term, Statements]
NodeCheck = Callable[[Index, Term, set[Term]], bool]
"""(all statements, node, nodes judged by a closed shape so far) -> passed."""
StatementsCheck = Callable[[Index, Statements, set[Term]], bool]

_NOTHING: Final[Statements] = {}


class CompiledShape:
    """The fast pass over one stream's members."""

    def __init__(self, source: ShapesSource, shape_iri: str) -> None:
        """Compile the shape.

        Raises:
            ShapesError: the shape uses a construct that is not compiled; the message names it.
        """
        self._rule = compile_rules(source, shape_iri)
        self._check = _Builder().node(self._rule)
        self._memories = Memories()

    def conforms(self, iri: str, triples: Sequence[Triple]) -> bool:
        """Whether the member surely conforms. False proves nothing.

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

    def specialise(self, outline: Outline, values: Sequence[str]) -> SlotCheck | None:
        """A check for the members of `outline` that reads only their values.

        Args:
            outline: their statements.
            values: the values of one such member, whose pass is the base of the check.

        Returns:
            None when that member does not pass, or its pass proves nothing for others.
        """
        found = obligations(self._rule, outline, values)
        return None if found is None else SlotCheck(found, self._memories)


class _Builder:
    """Makes closures of rules, one closure for each rule."""

    def __init__(self) -> None:
        self._ready: dict[int, NodeCheck] = {}

    def node(self, rule: NodeRule) -> NodeCheck:
        """The check of one node."""
        ready = self._ready.get(id(rule))
        if ready is None:
            ready = self._ready[id(rule)] = self._node(rule)
        return ready

    def _node(self, rule: NodeRule) -> NodeCheck:
        alone = Remembering(rule.itself.checks)
        wanted, allowed = rule.wanted, rule.allowed
        statements = tuple(map(self._property, rule.properties))
        nodes = self._nested(rule.itself)
        choice = self._choice(rule.choice) if rule.choice else None

        def check(index: Index, node: Term, judged: set[Term]) -> bool:
            if not alone(node) or not wanted <= {node}:
                return False
            about = index.get(node, _NOTHING)
            if allowed is not None and not about.keys() <= allowed:
                return False
            for passes in statements:
                if not passes(index, about, judged):
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

    def _property(self, rule: PropertyRule) -> StatementsCheck:
        path, wanted, qualified = rule.path, rule.wanted, rule.qualified
        minimum, maximum = rule.counts.minimum, rule.counts.maximum
        alone = Remembering(rule.each.checks)
        nested = self._nested(rule.each)

        def check(index: Index, about: Statements, judged: set[Term]) -> bool:
            values = about.get(path, ())
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
            if qualified is None:
                return True
            return qualified.counts.allow(sum(value in qualified.listed for value in values))

        return check

    def _nested(self, rule: ValueRule) -> tuple[NodeCheck, ...]:
        return (*map(self.node, rule.nodes), *map(self._any, rule.ors))

    def _any(self, rules: tuple[NodeRule, ...]) -> NodeCheck:
        alternatives = tuple(map(self.node, rules))

        def check(index: Index, node: Term, judged: set[Term]) -> bool:
            for passes in alternatives:
                here: set[Term] = set()  # judgements of a failed alternative do not count
                if passes(index, node, here):
                    judged |= here
                    return True
            return False

        return check

    def _choice(self, choice: Choice) -> NodeCheck:
        predicate = choice.predicate
        checks = {value: self.node(rule) for value, rule in choice.rules.items()}

        def check(index: Index, node: Term, judged: set[Term]) -> bool:
            values = index.get(node, _NOTHING).get(predicate, ())
            if len(values) != 1:
                return False
            passes = checks.get(values[0])
            return passes is not None and passes(index, node, judged)

        return check
