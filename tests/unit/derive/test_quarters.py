"""Quarters of UTC and the calendar of Brussels."""

from __future__ import annotations

from datetime import date

import pytest

from ldes_shok.derive.contributions import ZONE, of_slot, slot
from ldes_shok.derive.quarters import (
    QUARTER_US,
    SECOND_US,
    ceil_quarter,
    day_bounds,
    floor_quarter,
    local_day,
    nearest_quarter,
    to_text,
    to_us,
)


@pytest.mark.parametrize(
    ("day", "quarters", "start"),
    [
        (date(2026, 5, 12), 96, "2026-05-11T22:00:00Z"),
        (date(2026, 3, 29), 92, "2026-03-28T23:00:00Z"),
        (date(2026, 10, 25), 100, "2026-10-24T22:00:00Z"),
    ],
)
def test_days_have_as_many_quarters_as_the_clocks_give_them(
    day: date, quarters: int, start: str
) -> None:
    start_us, end_us = day_bounds(day, ZONE)
    assert end_us - start_us == quarters * QUARTER_US
    assert to_text(start_us) == start
    slots = [slot(day, us, us + QUARTER_US) for us in range(start_us, end_us, QUARTER_US)]
    assert len(set(slots)) == quarters
    assert [of_slot(day, place or 0)[0] for place in slots] == [
        *range(start_us, end_us, QUARTER_US)
    ]
    assert {local_day(us, ZONE) for us in range(start_us, end_us, QUARTER_US)} == {day}


def test_what_is_not_within_a_day_is_in_no_slot() -> None:
    start_us, end_us = day_bounds(date(2026, 5, 12), ZONE)
    assert slot(date(2026, 5, 12), start_us - QUARTER_US, start_us + QUARTER_US) is None
    assert slot(date(2026, 5, 12), end_us - QUARTER_US, end_us + QUARTER_US) is None
    assert slot(date(2026, 5, 12), start_us + SECOND_US, end_us) is None


def test_boundaries() -> None:
    at_us = to_us("2026-05-12T12:07:00Z")
    assert to_text(floor_quarter(at_us)) == "2026-05-12T12:00:00Z"
    assert to_text(ceil_quarter(at_us)) == "2026-05-12T12:15:00Z"
    assert nearest_quarter(at_us) == at_us
    assert to_text(nearest_quarter(to_us("2026-05-12T12:14:31.5Z"))) == "2026-05-12T12:15:00Z"
    assert ceil_quarter(floor_quarter(at_us)) == floor_quarter(at_us)
