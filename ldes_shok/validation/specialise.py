"""Derives, from one member that passes, the checks that remain for the members of its outline.

The rules are followed over a real member, the witness. Every decision is of one of these kinds:

- It depends on what all members of the outline share: the statements, the constants, the kind and
  datatype of a term with a gap. It is decided here, once.
- It depends on the value of a gap. The witness passes, and the passed check is recorded as an
  obligation on that gap.
- A count could differ when two gaps hold the same value. The higher count is used. Only
  `sh:maxCount` can fail because of that, and a minimum is never more than 1.

All members must pass the first alternative of an `sh:or` that the witness passes. Then they
conform, whatever the other alternatives are. A subject other than the member and its blank nodes
ends the attempt, because a gap could name it.

So a member that meets the obligations passes the rules, for the same reasons as the witness.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ldes_shok.ldes.member import Term
from ldes_shok.ldes.template import GAP, IRI_GAP, Outline
from ldes_shok.rdf.terms import iri as iri_term
from ldes_shok.validation.gaps import GapTerm, gap_term_of
from ldes_shok.validation.lexical import OneOf, TermCheck, passes_all
from ldes_shok.validation.rules import Choice, NodeRule, PropertyRule, ValueRule

_MEMBER = 0


@dataclass(frozen=True, slots=True)
class NoneOf:
    """The term is none of these IRIs; needed for a count of listed values."""

    listed: frozenset[Term]


@dataclass(frozen=True, slots=True)
class Obligations:
    """The checks that remain on a member's values.

    Attributes:
        gap_terms: the term of each gap; the first is the member's IRI.
        checks: for each gap, the checks that its term must pass, besides being well-formed.
        exclusions: for each gap, the terms that it may not be.
        not_the_member: the gaps whose IRI may not be the member's own.
    """

    gap_terms: tuple[GapTerm, ...]
    checks: tuple[tuple[TermCheck, ...], ...]
    exclusions: tuple[frozenset[Term], ...]
    not_the_member: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Thing:
    """A node of the witness; `gap` is -1 for a node that all members share."""

    term: Term
    gap: int = -1


@dataclass(frozen=True, slots=True)
class _Duty:
    gap: int
    what: TermCheck | NoneOf | None
    """None: the term may not be the member itself."""


def obligations(rule: NodeRule, outline: Outline, values: Sequence[str]) -> Obligations | None:
    """The remaining checks; None when the witness does not pass, or proves nothing."""
    patterns = [IRI_GAP, *(o for _, _, o in outline.triples if GAP in o)]
    gap_terms = [gap_term for gap_term in map(gap_term_of, patterns) if gap_term is not None]
    if len(gap_terms) != len(patterns) or len(values) != len(patterns):
        return None
    if any(not (s == IRI_GAP or s.startswith("_:")) for s, _, _ in outline.triples):
        return None
    if any(
        not passes_all((), gap_term.fill(v)) for gap_term, v in zip(gap_terms, values, strict=True)
    ):
        return None
    witness = _Witness(outline, gap_terms, values)
    if not witness.conforms(rule):
        return None
    checks: list[dict[int, TermCheck]] = [{} for _ in gap_terms]
    exclusions: list[set[Term]] = [set() for _ in gap_terms]
    apart: dict[int, None] = {}
    for duty in witness.duties:
        if duty.what is None:
            apart[duty.gap] = None
        elif isinstance(duty.what, NoneOf):
            exclusions[duty.gap] |= duty.what.listed
        else:
            checks[duty.gap][id(duty.what)] = duty.what
    return Obligations(
        tuple(gap_terms),
        tuple(tuple(found.values()) for found in checks),
        tuple(map(frozenset, exclusions)),
        tuple(apart),
    )


class _Witness:
    """The walk over one member: answers concern the witness, `duties` the other members."""

    def __init__(
        self, outline: Outline, gap_terms: Sequence[GapTerm], values: Sequence[str]
    ) -> None:
        self._member = _Thing(iri_term(values[_MEMBER]), _MEMBER)
        self._index: dict[Term, dict[Term, list[_Thing]]] = {}
        self.duties: list[_Duty] = []
        gap = _MEMBER
        for subject, predicate, term in outline.triples:
            thing = _Thing(term)
            if GAP in term:
                gap += 1
                thing = _Thing(gap_terms[gap].fill(values[gap]), gap)
            node = self._member.term if subject == IRI_GAP else subject
            things = self._index.setdefault(node, {}).setdefault(predicate, [])
            if thing not in things:
                things.append(thing)

    def conforms(self, rule: NodeRule) -> bool:
        judged: set[Term] = set()
        return self._node(rule, self._member, judged) and self._index.keys() <= judged

    def _owes(self, thing: _Thing, what: TermCheck | NoneOf | None) -> None:
        if thing.gap >= 0:
            self.duties.append(_Duty(thing.gap, what))

    def _node(self, rule: NodeRule, thing: _Thing, judged: set[Term]) -> bool:
        if not self._itself(rule.itself.checks, thing) or not rule.wanted <= {thing.term}:
            return False
        for wanted in rule.wanted:
            self._owes(thing, OneOf(frozenset({wanted})))
        if not self._is_apart(thing):
            return False
        statements = self._index.get(thing.term, {})
        passed = (
            (rule.allowed is None or statements.keys() <= rule.allowed)
            and all(self._property(p, statements.get(p.path, []), judged) for p in rule.properties)
            and self._nested(rule.itself, thing, judged)
            and (rule.choice is None or self._choice(rule.choice, statements, thing, judged))
        )
        if passed and rule.allowed is not None:
            judged.add(thing.term)
        return passed

    def _is_apart(self, thing: _Thing) -> bool:
        """Whether all members share the statements about `thing`: not if it may be the member."""
        if thing.gap == _MEMBER or not thing.term.startswith("<"):
            return True
        if thing.gap > _MEMBER:
            self._owes(thing, None)
        else:
            self._owes(self._member, NoneOf(frozenset({thing.term})))
        return thing.term != self._member.term

    def _itself(self, checks: tuple[TermCheck, ...], thing: _Thing) -> bool:
        if not passes_all(checks, thing.term):
            return False
        for check in checks:
            self._owes(thing, check)
        return True

    def _property(self, rule: PropertyRule, values: Sequence[_Thing], judged: set[Term]) -> bool:
        if not rule.counts.allow(len(values)):
            return False
        for value in values:
            if not self._itself(rule.each.checks, value):
                return False
            if not self._nested(rule.each, value, judged):
                return False
        return self._has(rule.wanted, values) and self._counted(rule, values)

    def _has(self, wanted: frozenset[Term], values: Sequence[_Thing]) -> bool:
        for term in wanted:
            # A term that all members share comes first: then no gap needs to hold it.
            meeting = sorted((v for v in values if v.term == term), key=lambda v: v.gap)
            if not meeting:
                return False
            self._owes(meeting[0], OneOf(frozenset({term})))
        return True

    def _counted(self, rule: PropertyRule, values: Sequence[_Thing]) -> bool:
        if rule.qualified is None:
            return True
        listed = rule.qualified.listed
        for value in values:
            self._owes(value, OneOf(listed) if value.term in listed else NoneOf(listed))
        return rule.qualified.counts.allow(sum(value.term in listed for value in values))

    def _nested(self, rule: ValueRule, thing: _Thing, judged: set[Term]) -> bool:
        return all(self._node(node, thing, judged) for node in rule.nodes) and all(
            self._any(alternatives, thing, judged) for alternatives in rule.ors
        )

    def _any(self, alternatives: tuple[NodeRule, ...], thing: _Thing, judged: set[Term]) -> bool:
        before = len(self.duties)
        for rule in alternatives:
            here: set[Term] = set()
            if self._node(rule, thing, here):
                judged |= here
                return True
            del self.duties[before:]  # a failed alternative leaves no duties
        return False

    def _choice(
        self, choice: Choice, statements: dict[Term, list[_Thing]], thing: _Thing, judged: set[Term]
    ) -> bool:
        values = statements.get(choice.predicate, [])
        if len(values) != 1:
            return False
        rule = choice.rules.get(values[0].term)
        if rule is None:
            return False
        self._owes(values[0], OneOf(frozenset({values[0].term})))
        return self._node(rule, thing, judged)
