"""The pass for the members of one outline: what is left to check stands in their values.

Ten thousand readings of one meter share their statements; whether these are all there, and only
these, was decided on the first of them (`witness`). What is left is one test per gap.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet

from ldes_shok.ldes.member import Term
from ldes_shok.rdf.syntax import RdfTermKind
from ldes_shok.validation.gaps import PLAIN, Hole
from ldes_shok.validation.lexical import (
    ANYTHING,
    Datatype,
    OneOf,
    TermCheck,
    TextCheck,
    passes_all,
)
from ldes_shok.validation.specialise import Obligations

ValueTest = Callable[[str], object]
"""A test of a value as it stands in the gap: what it gives is true or false."""

_TRIAL_MEMBERS = 64
"""After how many members it is decided which gaps are worth a memory."""
_REMEMBERED_VALUES = 8192
_KEPT_MEMORIES = 1024


class PassedValues:
    """Tests of a value, with a bounded memory of the values that passed them."""

    __slots__ = ("passed", "tests")

    def __init__(self, tests: tuple[ValueTest, ...]) -> None:
        self.tests = tests
        self.passed: set[str] = set()

    def learn(self, value: str) -> bool:
        """Test a value that is not remembered."""
        for test in self.tests:
            if not test(value):
                return False
        if len(self.passed) >= _REMEMBERED_VALUES:
            self.passed.clear()
        self.passed.add(value)
        return True


class Memories:
    """What is remembered of gaps of which the same is asked, whatever outline they are in."""

    def __init__(self) -> None:
        self._known: dict[tuple[Term, tuple[TermCheck, ...], frozenset[Term]], PassedValues] = {}

    def of(
        self, hole: Hole, checks: tuple[TermCheck, ...], excluded: frozenset[Term]
    ) -> PassedValues:
        """The memory of one such gap; bounded, above the bound all are made anew."""
        key = hole.pattern, checks, excluded
        memory = self._known.get(key)
        if memory is None:
            if len(self._known) >= _KEPT_MEMORIES:
                self._known.clear()
            memory = self._known[key] = PassedValues(_tests(hole, checks, excluded))
        return memory


class SlotCheck:
    """The check of the values of one outline. Not for several threads at once."""

    def __init__(self, left: Obligations, memories: Memories) -> None:
        """`memories` may be shared by all outlines of a stream."""
        self._count = len(left.holes)
        self._remembered: list[tuple[int, AbstractSet[str], ValueTest]] = []
        self._tested: list[tuple[int, ValueTest]] = []
        self._trial: dict[int, PassedValues] = {}
        self._misses = [0] * self._count
        self._tried = 0
        rows = zip(left.holes, left.checks, left.exclusions, strict=True)
        for gap, (hole, checks, excluded) in enumerate(rows):
            listed = _listed(hole, checks, excluded)
            if listed is None:
                self._trial[gap] = memories.of(hole, checks, excluded)
            else:
                self._remembered.append((gap, listed, _refuse))
        self._not_the_member = tuple((gap, left.holes[gap]) for gap in left.not_the_member)

    def conforms(self, values: Sequence[str]) -> bool:
        """True when the member with these values surely conforms; False says nothing.

        Args:
            values: one per gap of the outline, escaped as in `Outline.fill`.
        """
        if len(values) != self._count:
            return False
        for gap, passed, learn in self._remembered:
            value = values[gap]
            if value not in passed and not learn(value):
                return False
        for gap, test in self._tested:
            if not test(values[gap]):
                return False
        if self._trial and not self._passes_on_trial(values):
            return False
        if self._not_the_member:
            member = f"<{values[0]}>"
            return all(hole.fill(values[gap]) != member for gap, hole in self._not_the_member)
        return True

    def _passes_on_trial(self, values: Sequence[str]) -> bool:
        """Test what it is not yet known of whether it repeats."""
        for gap, memory in self._trial.items():
            if values[gap] in memory.passed:
                continue
            if not memory.learn(values[gap]):
                return False
            self._misses[gap] += 1
        self._tried += 1
        if self._tried >= _TRIAL_MEMBERS:
            for gap, memory in self._trial.items():
                if self._misses[gap] > _TRIAL_MEMBERS // 2:
                    self._tested += ((gap, test) for test in memory.tests)
                else:
                    self._remembered.append((gap, memory.passed, memory.learn))
            self._trial.clear()
        return True


def _refuse(_: str) -> bool:
    return False


def _listed(
    hole: Hole, checks: tuple[TermCheck, ...], excluded: frozenset[Term]
) -> frozenset[str] | None:
    """All values that pass, where a list of terms names them; None where none does."""
    lists = [check.listed for check in checks if isinstance(check, OneOf)]
    if not lists:
        return None
    terms = frozenset.intersection(*lists) - excluded
    values = {hole.value_of(term) for term in terms if passes_all(checks, term)}
    return frozenset(value for value in values if value is not None)


def _tests(
    hole: Hole, checks: tuple[TermCheck, ...], excluded: frozenset[Term]
) -> tuple[ValueTest, ...]:
    """The tests of a value, all to be passed; kind, datatype and language stand in the pattern."""
    forms = [check.form for check in checks if isinstance(check, Datatype)]
    accepts = [form.accepts for form in forms if form is not ANYTHING]
    accepts += [check.accepts for check in checks if isinstance(check, TextCheck)]
    tests = list(dict.fromkeys(accepts))  # two shapes may ask for the same pattern
    is_plain = any(form.is_plain for form in forms)
    if not hole.is_whole:
        tests = [_within(hole, test) for test in tests]
    if not (is_plain and hole.is_whole):
        tests.insert(0, PLAIN[hole.kind].fullmatch)
    taboo = frozenset(hole.value_of(term) for term in excluded)
    if taboo:
        tests.append(lambda value: value not in taboo)
    if hole.kind is RdfTermKind.IRI or is_plain:
        return tuple(tests)
    return (
        lambda value: (
            passes_all(checks, hole.fill(value))
            if "\\" in value
            else all(test(value) for test in tests)
        ),
    )


def _within(hole: Hole, test: ValueTest) -> ValueTest:
    before, after = hole.parts.value, hole.after
    return lambda value: test(before + value + after)
