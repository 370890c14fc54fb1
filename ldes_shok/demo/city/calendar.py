"""Local days and what happens on them: people keep Brussels time, events keep UTC."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from ldes_shok.demo.city.plan import ActivityPlan

QUARTER: Final = timedelta(minutes=15)


def brussels() -> ZoneInfo:
    """The zone the city lives in."""
    return ZoneInfo("Europe/Brussels")


def local_instant(day: date, at: time) -> datetime:
    """The UTC instant of a local time of day."""
    return datetime.combine(day, at, tzinfo=brussels()).astimezone(UTC)


def local_date(instant: datetime) -> date:
    """The local calendar day of an aware instant."""
    return instant.astimezone(brussels()).date()


def day_begins(day: date) -> datetime:
    """Local midnight at the start of `day`, as UTC."""
    return local_instant(day, time(0))


def quarters(day: date) -> Iterator[tuple[datetime, datetime]]:
    """The quarter-hours of a local day as half-open UTC intervals: 96, or 92 or 100 on DST days."""
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
    """What is on at `place` on `day`, in order of opening."""
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
