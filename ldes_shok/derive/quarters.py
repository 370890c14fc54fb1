"""Quarters of an hour in UTC, and the calendar of Brussels. Times are microseconds since 1970."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from ldes_shok.cabinet.encode import instant_text
from ldes_shok.cabinet.instants import parse_instant
from ldes_shok.clock import EPOCH, to_microseconds

SECOND_US: Final = 1_000_000
HOUR_US: Final = 3600 * SECOND_US
QUARTER_US: Final = 15 * 60 * SECOND_US
SNAP_US: Final = 30 * SECOND_US
"""A reading this close to a boundary counts as taken at it (clocks drift, stations round)."""


def floor_quarter(at_us: int) -> int:
    """The boundary at or before an instant."""
    return at_us - at_us % QUARTER_US


def ceil_quarter(at_us: int) -> int:
    """The boundary at or after an instant."""
    return -(-at_us // QUARTER_US) * QUARTER_US


def nearest_quarter(at_us: int) -> int:
    """The boundary within `SNAP_US` of an instant, or the instant itself."""
    boundary = floor_quarter(at_us + QUARTER_US // 2)
    return boundary if abs(boundary - at_us) <= SNAP_US else at_us


def to_us(instant: str) -> int:
    """An `Instant` as microseconds."""
    return to_microseconds(parse_instant(instant))


def to_text(at_us: int) -> str:
    """Microseconds as an `Instant`."""
    return instant_text(to_datetime(at_us))


def to_datetime(at_us: int) -> datetime:
    """Microseconds as an aware UTC datetime."""
    return EPOCH + timedelta(microseconds=at_us)


def local_day(at_us: int, zone: ZoneInfo) -> date:
    """The calendar day in `zone`."""
    return to_datetime(at_us).astimezone(zone).date()


def day_bounds(day: date, zone: ZoneInfo) -> tuple[int, int]:
    """Start and end of a calendar day in `zone`: 92, 96 or 100 quarters apart."""
    start, end = (datetime.combine(when, time(), zone) for when in (day, day + timedelta(days=1)))
    return to_microseconds(start), to_microseconds(end)
