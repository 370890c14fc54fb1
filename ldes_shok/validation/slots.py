"""The pass for the members of one outline: it tests only the values in the gaps.

Ten thousand readings of one meter share their statements. The first of them (`witness`) decided
that exactly the right statements are there. So one test per gap remains.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet

from ldes_shok.ldes.member import Term
from ldes_shok.rdf.syntax import RdfTermKind
from ldes_shok.validation.gaps import PLAIN, GapTerm
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
"""A test of a value as it is in the gap; its result is true or false."""

_TRIAL_MEMBERS = 64
"""After how many members the pass decides which gaps get a memory."""
_REMEMBERED_VALUES = 8192
_KEPT_MEMORIES = 1024


class PassedValues:
    """Tests of a value, with a bounded cache of the values that passed them."""

    __slots__ = ("passed", "tests")

    def __init__(self, tests: tuple[ValueTest, ...]) -> None:
        self.tests = tests
        self.passed: set[str] = set()

    def learn(self, value: str) -> bool:
        """Test a value that is not in the cache."""
        for test in self.tests:
            if not test(value):
                return False
        if len(self.passed) >= _REMEMBERED_VALUES:
            self.passed.clear()
        self.passed.add(value)
        return True


class Memories:
    """The caches of gaps. Gaps with the same tests share one, in all outlines."""

    def __init__(self) -> None:
        self._known: dict[tuple[Term, tuple[TermCheck, ...], frozenset[Term]], PassedValues] = {}

    def of(
        self, gap_term: GapTerm, checks: tuple[TermCheck, ...], excluded: frozenset[Term]
    ) -> PassedValues:
        """The cache of such a gap; bounded in number: above the bound all caches start anew."""
        key = gap_term.pattern, checks, excluded
        memory = self._known.get(key)
        if memory is None:
            if len(self._known) >= _KEPT_MEMORIES:
                self._known.clear()
            memory = self._known[key] = PassedValues(_tests(gap_term, checks, excluded))
        return memory


class SlotCheck:
    """The check of the values of one outline. Not for several threads at once."""

    def __init__(self, left: Obligations, memories: Memories) -> None:
        """`memories` may be shared by all outlines of a stream."""
        self._count = len(left.gap_terms)
        self._remembered: list[tuple[int, AbstractSet[str], ValueTest]] = []
        self._tested: list[tuple[int, ValueTest]] = []
        self._trial: dict[int, PassedValues] = {}
        self._misses = [0] * self._count
        self._tried = 0
        rows = zip(left.gap_terms, left.checks, left.exclusions, strict=True)
        for gap, (gap_term, checks, excluded) in enumerate(rows):
            listed = _listed(gap_term, checks, excluded)
            if listed is None:
                self._trial[gap] = memories.of(gap_term, checks, excluded)
            else:
                self._remembered.append((gap, listed, _refuse))
        self._not_the_member = tuple((gap, left.gap_terms[gap]) for gap in left.not_the_member)

    def conforms(self, values: Sequence[str]) -> bool:
        """Whether the member with these values surely conforms. False proves nothing.

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
            return all(
                gap_term.fill(values[gap]) != member for gap, gap_term in self._not_the_member
            )
        return True

    def _passes_on_trial(self, values: Sequence[str]) -> bool:
        """Test the values of gaps for which it is still open whether values repeat."""
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
    gap_term: GapTerm, checks: tuple[TermCheck, ...], excluded: frozenset[Term]
) -> frozenset[str] | None:
    """All values that pass, if a list of terms names them; None without such a list."""
    lists = [check.listed for check in checks if isinstance(check, OneOf)]
    if not lists:
        return None
    terms = frozenset.intersection(*lists) - excluded
    values = {gap_term.value_of(term) for term in terms if passes_all(checks, term)}
    return frozenset(value for value in values if value is not None)


def _tests(
    gap_term: GapTerm, checks: tuple[TermCheck, ...], excluded: frozenset[Term]
) -> tuple[ValueTest, ...]:
    """The tests of a value, all required. The pattern fixes kind, datatype and language."""
    forms = [check.form for check in checks if isinstance(check, Datatype)]
    accepts = [form.accepts for form in forms if form is not ANYTHING]
    accepts += [check.accepts for check in checks if isinstance(check, TextCheck)]
    tests = list(dict.fromkeys(accepts))  # two shapes may ask for the same pattern
    is_plain = any(form.is_plain for form in forms)
    if not gap_term.is_whole:
        tests = [_within(gap_term, test) for test in tests]
    if not (is_plain and gap_term.is_whole):
        tests.insert(0, PLAIN[gap_term.kind].fullmatch)
    taboo = frozenset(gap_term.value_of(term) for term in excluded)
    if taboo:
        tests.append(lambda value: value not in taboo)
    if gap_term.kind is RdfTermKind.IRI or is_plain:
        return tuple(tests)
    return (
        lambda value: (
            passes_all(checks, gap_term.fill(value))
            if "\\" in value
            else all(test(value) for test in tests)
        ),
    )


def _within(gap_term: GapTerm, test: ValueTest) -> ValueTest:
    before, after = gap_term.parts.value, gap_term.after
    return lambda value: test(before + value + after)
