"""Which of two hours a reading is of: never wrong about the second, and the same whenever asked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldes_shok.sources.common.registers.doubled import HOUR, is_second
from ldes_shok.sources.common.registers.memory import Night

TWO = datetime(2026, 10, 25, 0, 0, tzinfo=UTC)
"""02:00 on the wall in Brussels, the first of the two."""

LATER = TWO + timedelta(days=1)

Reading = tuple[int, Decimal]
"""Minutes after two on the wall, and Wh."""


def _minutes(minutes: int) -> datetime:
    return TWO + timedelta(minutes=minutes)


def _told(
    readings: list[Reading], night: Night | None = None, received_at: datetime = LATER
) -> tuple[list[bool], Night | None]:
    said = []
    for minutes, register in readings:
        second, night = is_second(_minutes(minutes), register, received_at, night)
        said.append(second)
    return said, night


READINGS = st.lists(
    st.tuples(st.integers(0, 59), st.integers(0, 30).map(Decimal)), min_size=1, max_size=30
)


@given(READINGS)
def test_a_message_that_comes_again_is_of_the_same_hour(readings: list[Reading]) -> None:
    said, night = _told(readings)
    for reading, second in zip(readings, said, strict=True):
        assert _told([reading], night) == ([second], night)


@given(READINGS, st.lists(st.integers(0, 29), max_size=10))
def test_also_when_it_comes_between_the_others(readings: list[Reading], again: list[int]) -> None:
    said, _ = _told(readings)
    repeated = [(n, reading) for n, reading in enumerate(readings)]
    for number in again:
        if number < len(readings):
            repeated.insert(number + 1, (number // 2, readings[number // 2]))
    told, _ = _told([reading for _, reading in repeated])
    assert told == [said[number] for number, _ in repeated]


@given(
    st.sets(st.integers(0, 119), min_size=1, max_size=30).flatmap(
        lambda minutes: st.permutations(sorted(minutes))
    )
)
def test_what_is_said_to_be_of_the_second_hour_is(order: list[int]) -> None:
    """Whatever the order of arrival; the register grew with every minute."""
    said, _ = _told([(minute % 60, Decimal(minute)) for minute in order])
    for minute, second in zip(order, said, strict=True):
        assert minute >= 60 or not second


@given(st.sets(st.integers(0, 119), min_size=2, max_size=30).map(sorted))
def test_in_order_all_are_known_from_the_first_that_goes_back_on(order: list[int]) -> None:
    said, _ = _told([(minute % 60, Decimal(minute)) for minute in order])
    back = [b % 60 <= a % 60 for a, b in pairwise(order)]
    first = back.index(True) + 1 if True in back else len(order)
    assert said == [number >= first for number in range(len(order))]


def test_a_register_that_stands_still_decides_nothing() -> None:
    said, _ = _told([(10, Decimal(5)), (40, Decimal(5)), (10, Decimal(5)), (40, Decimal(5))])
    assert said == [False] * 4


def test_what_is_still_to_come_was_not_measured() -> None:
    """The same minute with a higher register, when only the first hour has passed."""
    readings = [(30, Decimal(5)), (30, Decimal(6))]
    assert _told(readings, received_at=_minutes(31))[0] == [False, False]
    assert _told(readings, received_at=_minutes(31) + HOUR)[0] == [False, True]


@pytest.mark.parametrize(("days", "kept"), [(364, "2027-10-24"), (-364, "2026-10-25")])
def test_each_night_begins_anew_and_an_old_one_is_not_gone_back_to(days: int, kept: str) -> None:
    _, night = _told([(30, Decimal(5)), (10, Decimal(6))])
    second, after = is_second(_minutes(20) + timedelta(days=days), Decimal(7), LATER, night)
    assert not second
    assert after is not None
    assert after.day == kept
