"""P11: nothing of fewer than k users, or mostly of two, follows from what is published."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from ldes_shok.derive.disclosure import (
    Candidate,
    Contribution,
    Disclosure,
    Released,
    Rule,
    difference,
    first_disclosure,
    next_disclosure,
    publishable,
)
from tests.support.examples import examples

RULE = Rule(3, 85)
NAMES = ("zone", "other-zone", "activity", "a", "b", "c", "a-1", "a-2")
CANDIDATES = [Candidate(name) for name in NAMES]


def allowed(day: Iterable[Contribution], rule: Rule = RULE) -> bool:
    """The rule, written once more: users, and what the two largest have."""
    wh: dict[str, Decimal] = {}
    for item in day:
        wh[item.user] = wh.get(item.user, Decimal(0)) + item.wh
    shares = sorted(wh.values(), reverse=True)
    return len(shares) >= rule.k and sum(shares[:2]) * 100 <= sum(shares) * rule.share_percent


def accepted(day: list[Contribution], candidates: list[Candidate] = CANDIDATES) -> list[str]:
    return [candidate.name for candidate in publishable(day, candidates, RULE)]


def item(number: int, user: str, *sums: str, wh: int = 1) -> Contribution:
    return Contribution(str(number), user, Decimal(wh), frozenset(sums))


def crowd(first: int, users: int, *sums: str) -> list[Contribution]:
    """One contribution each of `users` users."""
    return [item(first + n, f"u{first + n}", *sums) for n in range(users)]


@st.composite
def a_day(draw: st.DrawFn) -> list[Contribution]:
    """Sums that overlap in any way, few users."""
    size = draw(st.integers(0, 24))
    return [
        Contribution(
            str(number),
            draw(st.sampled_from("uvwxyz")),
            Decimal(draw(st.integers(1, 9))),
            frozenset(draw(st.sets(st.sampled_from(NAMES)))),
        )
        for number in range(size)
    ]


def reachable(sets: list[frozenset[int]]) -> set[frozenset[int]]:
    """All sets whose sum can be had by adding and subtracting published sums.

    A combination with coefficients -1, 0 and 1 that gives each contribution 0 or 1.
    """
    found: set[frozenset[int]] = set()
    for size in range(1, min(3, len(sets)) + 1):
        for chosen in combinations(sets, size):
            for signs in range(2**size):
                weights: dict[int, int] = {}
                for place, members in enumerate(chosen):
                    sign = 1 if signs >> place & 1 else -1
                    for member in members:
                        weights[member] = weights.get(member, 0) + sign
                if all(weight in (0, 1) for weight in weights.values()):
                    found.add(frozenset(m for m, weight in weights.items() if weight))
    return found - {frozenset()}


@examples(0.5)
@given(a_day())
def test_no_difference_of_published_sums_breaks_the_rule(day: list[Contribution]) -> None:
    """P11: at least k users, of whom the two largest have no more than their share."""
    sets = {
        frozenset(n for n, contribution in enumerate(day) if name in contribution.sums)
        for name in accepted(day)
    }
    for members in reachable(sorted(sets, key=sorted)):
        assert allowed(day[member] for member in members)


@st.composite
def corrections(draw: st.DrawFn) -> list[list[Contribution]]:
    """A day, and what became known of it later: other amounts, more, less."""
    versions = [draw(a_day())]
    for _ in range(draw(st.integers(1, 3))):
        kept = [c for c in versions[-1] if draw(st.integers(0, 5))]
        changed = [
            Contribution(c.id, c.user, Decimal(draw(st.integers(1, 9))), c.sums)
            if draw(st.booleans())
            else c
            for c in kept
        ]
        late = draw(a_day())
        versions.append(
            [*changed, *(Contribution(f"{len(versions)}-{c.id}", *_rest(c)) for c in late)]
        )
    return versions


def _rest(contribution: Contribution) -> tuple[str, Decimal, frozenset[str]]:
    return contribution.user, contribution.wh, contribution.sums


@examples(0.5)
@given(corrections())
def test_no_difference_of_two_versions_breaks_the_rule(
    versions: list[list[Contribution]],
) -> None:
    """Every published number is a sum of parts as they were released; so judge the parts."""
    states = [first_disclosure(versions[0], CANDIDATES, RULE)]
    for version in versions[1:]:
        states.append(next_disclosure(states[-1], version, RULE))
    final = states[-1]
    homes: dict[str, int] = {}
    for number, part in enumerate(final.parts):
        for release in part.releases:
            for id_ in release:
                assert homes.setdefault(id_, number) == number, "in two parts"
        for earlier, later in combinations(({}, *part.releases), 2):
            assert RULE.allows(difference(earlier, later), 0)
    for state in states:
        by_hand = {
            name: sum((p.wh for p in state.parts if name in p.sums), Decimal(0))
            for name in state.sums
        }
        assert state.values() == by_hand


def test_a_sum_of_enough_users_is_published_and_another_is_not() -> None:
    day = [*crowd(0, 3, "a"), *crowd(10, 2, "b")]
    assert first_disclosure(day, CANDIDATES, RULE).values() == {"a": Decimal(3)}


def test_the_same_user_twice_is_one_user() -> None:
    day = [item(1, "u", "a"), item(2, "u", "a"), item(3, "v", "a")]
    assert accepted(day) == []


def test_a_cabinet_gives_way_when_its_zone_less_itself_would_tell() -> None:
    day = [*crowd(0, 4, "zone", "a"), *crowd(10, 2, "zone", "b")]
    assert accepted(day) == ["zone"]


def test_a_cabinet_that_is_all_of_its_zone_may_stand_beside_it() -> None:
    day = crowd(0, 4, "zone", "a")
    assert accepted(day) == ["zone", "a"]


def test_a_quarter_gives_way_when_the_rest_of_the_day_would_tell() -> None:
    early, late = crowd(0, 3, "a", "a-1"), crowd(0, 2, "a", "a-2")
    day = [*early, *(item(50 + n, c.user, *c.sums) for n, c in enumerate(late))]
    assert accepted(day) == ["a"]


def test_a_correction_of_one_user_is_held() -> None:
    day = crowd(0, 4, "a")
    first = first_disclosure(day, CANDIDATES, RULE)
    changed = [item(0, "u0", "a", wh=7), *day[1:]]
    assert next_disclosure(first, changed, RULE) == first


def test_a_correction_of_enough_users_is_published() -> None:
    first = first_disclosure(crowd(0, 4, "a"), CANDIDATES, RULE)
    changed = [item(n, f"u{n}", "a", wh=7) for n in range(3)] + crowd(3, 1, "a")
    assert next_disclosure(first, changed, RULE).values() == {"a": Decimal(22)}


def test_a_correction_to_nothing_that_leaves_too_few_is_held() -> None:
    """All three are other than they were, and what is left is of one."""
    first = first_disclosure(crowd(0, 3, "a"), CANDIDATES, RULE)
    assert next_disclosure(first, [item(0, "u0", "a", wh=7)], RULE) == first


def test_a_correction_of_users_who_turn_out_to_be_one_is_held() -> None:
    first = first_disclosure(crowd(0, 3, "a"), CANDIDATES, RULE)
    assert next_disclosure(first, [item(n, "u0", "a", wh=7) for n in range(3)], RULE) == first


def test_two_corrections_that_cancel_out_but_for_one_user_are_not_both_published() -> None:
    first = first_disclosure(crowd(0, 4, "a"), CANDIDATES, RULE)
    second = next_disclosure(first, [item(n, f"u{n}", "a", wh=7) for n in range(4)], RULE)
    back = [*crowd(0, 3, "a"), item(3, "u3", "a", wh=7)]
    assert second.values() == {"a": Decimal(28)}
    assert next_disclosure(second, back, RULE) == second


def test_latecomers_are_added_when_they_are_enough() -> None:
    first = first_disclosure(crowd(0, 3, "a"), CANDIDATES, RULE)
    few = [*crowd(0, 3, "a"), *crowd(10, 2, "a")]
    assert next_disclosure(first, few, RULE) == first
    assert next_disclosure(first, [*few, *crowd(20, 1, "a")], RULE).values() == {"a": Decimal(6)}


def test_what_was_not_published_at_first_is_not_published_later() -> None:
    first = first_disclosure(crowd(0, 2, "a"), CANDIDATES, RULE)
    assert first == Disclosure()
    assert next_disclosure(first, crowd(0, 9, "a"), RULE) == Disclosure()


def test_by_how_much_users_differ() -> None:
    before = {"1": Released("1", "u"), "2": Released("2", "v")}
    after = {"1": Released("1.0", "u"), "2": Released("3.5", "v"), "3": Released("1", "w")}
    assert difference(before, after) == {"v": Decimal("1.5"), "w": Decimal(1)}


def test_users_are_those_that_are_known_now() -> None:
    before = {"1": Released("1", "socket"), "2": Released("1", "socket")}
    after = {"1": Released("2", "both"), "2": Released("0", "both")}
    assert difference(before, after) == {}
    assert difference({}, after) == {"both": Decimal(2)}


def test_the_two_largest_may_have_no_more_than_their_share() -> None:
    """85 of 100 at most: who is nearly all of a sum is known by it."""
    small = [item(n, f"u{n}", "a") for n in range(15)]
    assert accepted([*small, item(90, "big", "a", wh=50), item(91, "second", "a", wh=35)]) == ["a"]
    assert accepted([*small, item(90, "big", "a", wh=50), item(91, "second", "a", wh=36)]) == []


def test_what_is_left_of_a_cut_part_is_of_no_two_alone_either() -> None:
    market = [item(n, f"u{n}", "zone", "activity", wh=5) for n in range(6)]
    others = [item(10 + n, f"v{n}", "zone", wh=1 if n else 90) for n in range(4)]
    assert accepted([*market, *others]) == ["zone"]


def test_a_correction_that_is_mostly_one_users_is_held() -> None:
    first = first_disclosure(crowd(0, 5, "a"), CANDIDATES, RULE)
    changed = [item(0, "u0", "a", wh=90), *(item(n, f"u{n}", "a", wh=2) for n in range(1, 5))]
    assert next_disclosure(first, changed, RULE) == first


def test_in_two_key_periods_the_larger_count_holds() -> None:
    """Three before and three after may be the same three."""
    before = [item(n, f"2026-04|u{n}", "a") for n in range(3)]
    after = [item(10 + n, f"2026-05|v{n}", "a") for n in range(3)]
    four = Rule(4, 85)
    assert publishable([*before, *after], CANDIDATES, four) == ()
    assert accepted([*before, *after]) == ["a"]


def test_two_people_have_what_the_two_largest_of_each_period_have() -> None:
    """The largest before midnight may be the largest after it, under another name."""
    before = [item(n, f"2026-04|u{n}", "a", wh=10 if n < 2 else 1) for n in range(6)]
    after = [item(10 + n, f"2026-05|v{n}", "a", wh=10 if n < 2 else 1) for n in range(6)]
    assert Rule(3, 84).allows({c.user: c.wh for c in [*before, *after]}, 0)
    assert not Rule(3, 83).allows({c.user: c.wh for c in [*before, *after]}, 0)


def test_a_finer_sum_asks_for_more_users_in_each_part_that_it_cuts() -> None:
    fine = [Candidate("zone"), Candidate("a", 5)]
    enough = [*crowd(0, 5, "zone", "a"), *crowd(10, 5, "zone")]
    assert accepted(enough, fine) == ["zone", "a"]
    assert accepted([*crowd(0, 4, "zone", "a"), *crowd(10, 5, "zone")], fine) == ["zone"]
    assert accepted([*crowd(0, 5, "zone", "a"), *crowd(10, 4, "zone")], fine) == ["zone"]


def test_a_part_beside_a_finer_sum_is_corrected_by_as_many() -> None:
    day = [*crowd(0, 5, "zone", "a"), *crowd(10, 5, "zone")]
    first = first_disclosure(day, [Candidate("zone"), Candidate("a", 5)], RULE)
    few = [*day[:5], *(item(10 + n, f"u{10 + n}", "zone", wh=2) for n in range(4)), day[9]]
    assert next_disclosure(first, few, RULE) == first
    all_of_it = [*day[:5], *(item(10 + n, f"u{10 + n}", "zone", wh=2) for n in range(5))]
    assert next_disclosure(first, all_of_it, RULE).values()["zone"] == Decimal(15)


def test_a_sum_that_asks_for_fewer_users_gets_no_fewer_than_the_rule() -> None:
    assert not Rule(3, 100).allows({"u": Decimal(1), "v": Decimal(1)}, 2)
    assert Rule(3, 100).allows({"u": Decimal(1), "v": Decimal(1), "w": Decimal(1)}, 2)


def test_a_contribution_stays_in_the_part_in_which_it_was_published() -> None:
    """Whatever it would be in now, what is published of it changes with that part alone."""
    first = first_disclosure(crowd(0, 8, "zone"), [Candidate("zone"), Candidate("a")], RULE)
    day = [*crowd(0, 8, "zone"), *crowd(10, 8, "zone", "a")]
    both = first_disclosure(day, [Candidate("zone"), Candidate("a")], RULE)
    moved = [item(n, f"u{n}", "zone", "a", wh=2) for n in range(8)]
    changed = next_disclosure(both, [*moved, *day[8:]], RULE)
    assert first.sums == ("zone",)
    assert changed.values() == {"zone": Decimal(24), "a": Decimal(8)}


def test_of_a_part_that_lost_contributions_they_come_back_to_it() -> None:
    """A contribution of any earlier release has its home there: the first one and those after."""
    both = [Candidate("zone"), Candidate("a")]
    day = [*crowd(0, 8, "zone"), *crowd(20, 8, "zone", "a")]
    first = first_disclosure(day, both, RULE)
    with_more = next_disclosure(first, [*day, *crowd(10, 4, "zone")], RULE)
    less = next_disclosure(with_more, [*crowd(4, 4, "zone"), *day[8:]], RULE)
    assert [part.releases[-1].keys() & {"0", "10"} for part in less.parts] == [set(), set()]
    back = [item(n, f"u{n}", "zone", "a", wh=3) for n in (*range(4), *range(10, 14))]
    again = next_disclosure(less, [*crowd(4, 4, "zone"), *day[8:], *back], RULE)
    assert again.values()["a"] == Decimal(8)
    assert all(
        not part.releases[-1].keys() & {"0", "10"} for part in again.parts if "a" in part.sums
    )


def test_a_part_is_published_three_times_and_no_more() -> None:
    days = [[item(n, f"u{n}", "a", wh=wh) for n in range(5)] for wh in (1, 2, 4, 8)]
    disclosure = first_disclosure(days[0], CANDIDATES, RULE)
    for day in days[1:]:
        disclosure = next_disclosure(disclosure, day, RULE)
    assert [len(part.releases) for part in disclosure.parts] == [3]
    assert disclosure.values() == {"a": Decimal(20)}


def test_a_correction_that_leaves_one_of_many_is_held() -> None:
    """The difference is of enough users; what is left may not be known."""
    first = first_disclosure(crowd(0, 8, "a"), CANDIDATES, RULE)
    assert next_disclosure(first, [item(0, "u0", "a")], RULE) == first


def test_latecomers_beside_a_finer_sum_are_as_many_as_it_asks_for() -> None:
    day = [*crowd(0, 5, "zone", "a"), *crowd(10, 5, "zone")]
    first = first_disclosure(day, [Candidate("zone"), Candidate("a", 5)], RULE)
    late = [item(30 + n, f"w{n}", "a") for n in range(5)]
    assert next_disclosure(first, [*day, *late[:4]], RULE) == first
    assert next_disclosure(first, [*day, *late], RULE).values()["a"] == Decimal(10)


def test_who_used_nothing_is_no_user() -> None:
    day = [*crowd(0, 2, "a"), item(9, "idle", "a", wh=0)]
    assert publishable(day, CANDIDATES, Rule(3, 100)) == ()
    assert publishable(day, CANDIDATES, Rule(2, 100)) == (Candidate("a"),)


def test_a_difference_is_of_whoever_is_the_user_now_and_never_less_than_nothing() -> None:
    earlier = {"1": Released("5", "socket"), "2": Released("1", "other")}
    assert difference(earlier, {"1": Released("2", "card")}) == {
        "card": Decimal(3),
        "other": Decimal(1),
    }
