"""The unit of a register, judged by its power: sound meters never suspected, wrong ones found."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldes_shok.sources.common.registers.memory import Ratio
from ldes_shok.sources.common.registers.ratio import compared, is_suspect, seen

NOON = datetime(2026, 5, 12, 12, tzinfo=UTC)

Reading = tuple[float, float, float]
"""Minutes after noon, Wh, W."""


def _at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def _after(readings: Iterable[Reading], known: Ratio | None = None) -> tuple[list[bool], Ratio]:
    """Whether each reading is held back when it comes, and what is known in the end."""
    known = Ratio() if known is None else known
    said = []
    for minutes, register_wh, watts in readings:
        known = compared(known, _at(minutes), register_wh, watts)
        said.append(is_suspect(known, _at(minutes)))
    return said, known


def _steady(
    count: int, *, watts: float = 2000, factor: float = 1, step: int = 15, first: int = 0
) -> list[Reading]:
    """Readings of a load that does not change; `factor` is what the register is wrong by."""
    minutes = [first + step * number for number in range(count)]
    return [(at, (50_000 + watts * at / 60) * factor, watts) for at in minutes]


def test_three_in_a_row_are_enough_and_the_third_is_held_back() -> None:
    said, _ = _after(_steady(6, factor=0.001))
    assert said == [False, False, False, True, True, True]


def test_a_register_a_thousand_times_too_fast_is_held_back_too() -> None:
    said, _ = _after(_steady(6, factor=1000))
    assert said == [False, False, False, True, True, True]


def test_a_register_that_moves_in_whole_kilowatt_hours_is_found() -> None:
    readings = [(at, float(int(wh)), watts) for at, wh, watts in _steady(60, factor=0.001)]
    said, _ = _after(readings)
    assert said[-1]


@pytest.mark.parametrize("before", [0, 6])
def test_it_is_over_when_the_register_is_right_again(before: int) -> None:
    wrong = _steady(before, factor=0.001)
    right = _steady(6, first=15 * before)
    said, known = _after([*wrong, *right])
    assert not said[-1]
    assert [is_suspect(known, _at(at)) for at, _, _ in wrong] == said[:before]


def test_a_gap_begins_anew_and_proves_nothing() -> None:
    said, _ = _after(_steady(12, factor=0.001, step=21))
    assert not any(said)


def test_what_came_before_or_at_once_proves_nothing() -> None:
    first, *rest = _steady(3, factor=0.001)
    said, known = _after([first, *rest, rest[-1], rest[-1], first])
    assert not any(said)
    assert known == _after([first, *rest])[1]


def test_an_idle_outlet_leaves_nothing_to_remember() -> None:
    _, known = _after([(minutes, 1000.0, 0.0) for minutes in range(60)])
    assert known == Ratio()
    assert seen(known, _at(60)) == Ratio()


def test_a_meter_that_was_right_is_left_alone_for_an_hour() -> None:
    _, rested = _after(_steady(2))
    assert rested.window is None
    _, known = _after(_steady(4, first=30), rested)
    assert known == rested


def test_a_reading_without_power_holds_its_place() -> None:
    """What comes later with an earlier time must not begin a span before it."""
    _, known = _after(_steady(3, factor=0.001))
    known = seen(known, _at(50))
    said, known = _after(_steady(1, factor=0.001, first=45), known)
    assert said == [False]
    assert not is_suspect(known, _at(50))


LOADS = st.lists(st.integers(100, 22_000), min_size=2, max_size=40)


@given(LOADS, st.sampled_from([1.0, 100.0, 1000.0]), st.integers(1, 15))
def test_a_sound_meter_is_never_suspected(
    loads: list[int], resolution_wh: float, step: int
) -> None:
    """Power jumps between readings, registers are coarse."""
    register_wh, readings = 123_456.0, []
    for number, watts in enumerate(loads):
        readings.append((step * number, register_wh // resolution_wh * resolution_wh, watts))
        register_wh += watts * step / 60
    assert not any(_after(readings)[0])


@given(
    st.lists(
        st.tuples(
            st.integers(0, 240),
            st.integers(0, 5_000).map(float),
            st.sampled_from([1.0, 500.0, 4_000.0]),
        ),
        max_size=40,
    )
)
def test_a_message_that_comes_again_is_held_back_as_before(readings: list[Reading]) -> None:
    """In whatever order they came."""
    said, known = _after(readings)
    for (minutes, register_wh, watts), suspect in zip(readings, said, strict=True):
        again = compared(known, _at(minutes), register_wh, watts)
        assert is_suspect(again, _at(minutes)) is suspect
        assert is_suspect(known, _at(minutes)) is suspect


@given(st.lists(st.booleans(), min_size=4, max_size=12), st.integers(500, 9_000))
def test_also_of_a_meter_whose_unit_is_changed(units: list[bool], watts: int) -> None:
    """Each unit holds for an hour and a half."""
    readings = [
        reading
        for number, wrong in enumerate(units)
        for reading in _steady(6, watts=watts, factor=0.001 if wrong else 1, first=90 * number)
    ]
    said, known = _after(readings)
    assert [is_suspect(known, _at(at)) for at, _, _ in readings] == said
