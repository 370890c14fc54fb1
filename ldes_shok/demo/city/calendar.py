"""Local days and their activities: people use Brussels time, events use UTC."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from ldes_shok.demo.city.plan import ActivityPlan

QUARTER: Final = timedelta(minutes=15)


def brussels() -> ZoneInfo:
    """Return the time zone of the city."""
    return ZoneInfo("Europe/Brussels")


def local_instant(day: date, at: time) -> datetime:
    """Return the UTC instant of a local time of day."""
    return datetime.combine(day, at, tzinfo=brussels()).astimezone(UTC)


def local_date(instant: datetime) -> date:
    """Return the local calendar day of an aware instant."""
    return instant.astimezone(brussels()).date()


def day_begins(day: date) -> datetime:
    """Return local midnight at the start of `day`, as UTC."""
    return local_instant(day, time(0))


def quarters(day: date) -> Iterator[tuple[datetime, datetime]]:
    """Yield the quarter-hours of a local day, half-open, UTC: 96, or 92 or 100 on DST days."""
    start, stop = day_begins(day), day_begins(day + timedelta(days=1))
    while start < stop:
        yield start, start + QUARTER
        start += QUARTER


@dataclass(frozen=True, slots=True)
class Opening:
    """An activity on one day: open from `opens` until `closes`, UTC."""

    activity: ActivityPlan
    opens: datetime
    closes: datetime


def openings(activities: tuple[ActivityPlan, ...], place: str, day: date) -> tuple[Opening, ...]:
    """Return the activities at `place` on `day`, in order of opening."""
    week = (day.day - 1) // 7 + 1
    found = (
        Opening(
            activity,
            local_instant(day, activity.opens),
            local_instant(day, activity.closes),
        )
        for activity in activities
        if activity.place == place
        and day.weekday() in activity.weekdays
        and week in activity.weeks_of_month
    )
    return tuple(sorted(found, key=lambda opening: (opening.opens, opening.activity.kind)))
