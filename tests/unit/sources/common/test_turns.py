"""Whoever needs the same subjects goes one after another, and nobody waits for ever."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ldes_shok.sources.common.turns import Turn, Turns
from tests.support.examples import examples


def test_who_shares_no_subject_does_not_wait() -> None:
    turns = Turns()
    assert turns.stand(turns.begin(), "ab")
    assert turns.stand(turns.begin(), "c")
    assert turns.stand(turns.begin(), "")


def test_who_shares_one_waits_until_it_is_called() -> None:
    turns = Turns()
    first, second, third = turns.begin(), turns.begin(), turns.begin()
    assert turns.stand(first, "ab")
    assert not turns.stand(second, "bc")
    assert not turns.stand(third, "c")
    turns.end(first)
    assert (second.called.is_set(), third.called.is_set()) == (True, False)
    turns.end(second)
    assert third.called.is_set()


def test_who_learns_of_a_subject_late_stands_where_it_belongs() -> None:
    turns = Turns()
    first, second = turns.begin(), turns.begin()
    assert turns.stand(second, "x")
    assert turns.stand(first, "x")
    assert second.was_overtaken
    assert not turns.stand(second, "x")


def test_who_goes_is_not_overtaken() -> None:
    turns = Turns()
    first, second = turns.begin(), turns.begin()
    assert turns.stand(second, "x")
    second.goes = True
    assert not turns.stand(first, "x")
    assert not second.was_overtaken
    turns.end(second)
    assert first.called.is_set()


def test_nothing_is_left_of_turns_that_ended() -> None:
    turns = Turns()
    for _ in range(3):
        turn = turns.begin()
        turns.stand(turn, "xyz")
        turns.end(turn)
    assert turns._lines == {}


@examples(0.5)
@given(st.data())
def test_all_get_their_turn_and_no_two_go_with_one_subject(data: st.DataObject) -> None:
    """Whatever each needs, learns to need while it waits, and in which order they end."""
    turns = Turns()
    needs = data.draw(st.lists(st.lists(st.sets(st.sampled_from("abcd")), min_size=1, max_size=3),
                               min_size=1, max_size=8))  # fmt: skip
    waiting: list[tuple[Turn, list[set[str]]]] = [(turns.begin(), list(n)) for n in needs]
    going: list[Turn] = []
    while waiting or going:
        moved = False
        for turn, left in list(waiting):
            if turn.subjects and not turn.called.is_set() and not turns.stand(turn, ""):
                continue
            moved = True
            while left and turns.stand(turn, left[0]):
                left.pop(0)
            if not left:
                turn.goes = True
                assert all(turn.subjects.isdisjoint(other.subjects) for other in going)
                waiting.remove((turn, left))
                going.append(turn)
        assert moved or going, "they wait for each other"
        if going:
            turns.end(going.pop(data.draw(st.integers(0, len(going) - 1))))
    assert turns._lines == {}
