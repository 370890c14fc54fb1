"""P11: nothing about fewer than k users follows from what is published, by any arithmetic."""

from __future__ import annotations

from decimal import Decimal
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from ldes_shok.derive.disclosure import (
    Contribution,
    Disclosure,
    Told,
    first_disclosure,
    next_disclosure,
    publishable,
    users_between,
)

K = 3
NAMES = ("zone", "other-zone", "activity", "a", "b", "c", "a-1", "a-2")


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


@settings(max_examples=100, deadline=None)
@given(a_day())
def test_no_difference_of_published_sums_is_of_fewer_than_k_users(day: list[Contribution]) -> None:
    accepted = publishable(day, NAMES, K)
    sets = {
        frozenset(n for n, contribution in enumerate(day) if name in contribution.sums)
        for name in accepted
    }
    for members in reachable(sorted(sets, key=sorted)):
        assert len({day[member].user for member in members}) >= K


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


@settings(max_examples=100, deadline=None)
@given(corrections())
def test_no_difference_of_two_versions_is_of_fewer_than_k_users(
    versions: list[list[Contribution]],
) -> None:
    """Every published number is a sum of parts as they were released; so judge the parts."""
    states = [first_disclosure(versions[0], NAMES, K)]
    for version in versions[1:]:
        states.append(next_disclosure(states[-1], version, K))
    final = states[-1]
    homes: dict[str, int] = {}
    for number, part in enumerate(final.parts):
        for release in part.releases:
            for id_ in release:
                assert homes.setdefault(id_, number) == number, "in two parts"
        for release in part.releases:
            assert len({told.user for told in release.values()}) >= K
        for earlier, later in combinations(part.releases, 2):
            assert len(users_between(earlier, later)) >= K
    for state in states:
        by_hand = {
            name: sum((p.wh for p in state.parts if name in p.sums), Decimal(0))
            for name in state.sums
        }
        assert state.values() == by_hand


def test_a_sum_of_enough_users_is_published_and_another_is_not() -> None:
    day = [*crowd(0, 3, "a"), *crowd(10, 2, "b")]
    assert first_disclosure(day, NAMES, K).values() == {"a": Decimal(3)}


def test_the_same_user_twice_is_one_user() -> None:
    day = [item(1, "u", "a"), item(2, "u", "a"), item(3, "v", "a")]
    assert publishable(day, NAMES, K) == ()


def test_a_cabinet_gives_way_when_its_zone_less_itself_would_tell() -> None:
    day = [*crowd(0, 4, "zone", "a"), *crowd(10, 2, "zone", "b")]
    assert publishable(day, NAMES, K) == ("zone",)


def test_a_cabinet_that_is_all_of_its_zone_may_stand_beside_it() -> None:
    day = crowd(0, 4, "zone", "a")
    assert publishable(day, NAMES, K) == ("zone", "a")


def test_a_quarter_gives_way_when_the_rest_of_the_day_would_tell() -> None:
    early, late = crowd(0, 3, "a", "a-1"), crowd(0, 2, "a", "a-2")
    day = [*early, *(item(50 + n, c.user, *c.sums) for n, c in enumerate(late))]
    assert publishable(day, NAMES, K) == ("a",)


def test_a_correction_of_one_user_is_held() -> None:
    day = crowd(0, 4, "a")
    first = first_disclosure(day, NAMES, K)
    changed = [item(0, "u0", "a", wh=7), *day[1:]]
    assert next_disclosure(first, changed, K) == first


def test_a_correction_of_enough_users_is_published() -> None:
    first = first_disclosure(crowd(0, 4, "a"), NAMES, K)
    changed = [item(n, f"u{n}", "a", wh=7) for n in range(3)] + crowd(3, 1, "a")
    assert next_disclosure(first, changed, K).values() == {"a": Decimal(22)}


def test_a_correction_to_nothing_that_leaves_too_few_is_held() -> None:
    """All three are other than they were, and what is left is of one."""
    first = first_disclosure(crowd(0, 3, "a"), NAMES, K)
    assert next_disclosure(first, [item(0, "u0", "a", wh=7)], K) == first


def test_a_correction_of_users_who_turn_out_to_be_one_is_held() -> None:
    first = first_disclosure(crowd(0, 3, "a"), NAMES, K)
    assert next_disclosure(first, [item(n, "u0", "a", wh=7) for n in range(3)], K) == first


def test_two_corrections_that_cancel_out_but_for_one_user_are_not_both_published() -> None:
    first = first_disclosure(crowd(0, 4, "a"), NAMES, K)
    second = next_disclosure(first, [item(n, f"u{n}", "a", wh=7) for n in range(4)], K)
    back = [*crowd(0, 3, "a"), item(3, "u3", "a", wh=7)]
    assert second.values() == {"a": Decimal(28)}
    assert next_disclosure(second, back, K) == second


def test_latecomers_are_added_when_they_are_enough() -> None:
    first = first_disclosure(crowd(0, 3, "a"), NAMES, K)
    few = [*crowd(0, 3, "a"), *crowd(10, 2, "a")]
    assert next_disclosure(first, few, K) == first
    assert next_disclosure(first, [*few, *crowd(20, 1, "a")], K).values() == {"a": Decimal(6)}


def test_what_was_not_published_at_first_is_not_published_later() -> None:
    first = first_disclosure(crowd(0, 2, "a"), NAMES, K)
    assert first == Disclosure()
    assert next_disclosure(first, crowd(0, 9, "a"), K) == Disclosure()


def test_whose_contributions_differ() -> None:
    before = {"1": Told("1", "u"), "2": Told("2", "v")}
    after = {"1": Told("1.0", "u"), "2": Told("3", "v"), "3": Told("1", "w")}
    assert users_between(before, after) == {"v", "w"}


def test_who_became_known_is_not_one_more_user_for_what_is_gone() -> None:
    before = {"1": Told("1", "outlet"), "2": Told("1", "outlet")}
    assert users_between(before, {"1": Told("2", "card")}) == {"card"}
