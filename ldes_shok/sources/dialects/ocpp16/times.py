"""The times that stations write: read, put in UTC, and doubted where they must be."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final, Literal

from ldes_shok.cabinet import flags
from ldes_shok.cabinet.encode import instant_text
from ldes_shok.cabinet.instants import BACKLOG, EARLIEST, MOST_AHEAD
from ldes_shok.sources.common.local_time import in_zone

_TIME: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:[.,]([0-9]{1,12}))?"
    r" ?(?:([Zz])|([+-][0-9]{2}):?([0-9]{2}))?"
)
_FIRST_DAY: Final = "1900-01-02"
_HOUR: Final = timedelta(hours=1)
_NEAR_HOUR: Final = timedelta(minutes=5)
_MOST_OFFSET: Final = timedelta(hours=14, minutes=5)


@dataclass(frozen=True, slots=True)
class Parsed:
    """A time as it was written.

    Attributes:
        instant: aware UTC; None if it cannot be read.
        flags: what is odd about it.
    """

    instant: datetime | None
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class When:
    """When something was observed.

    Attributes:
        instant: aware UTC.
        clock: whose clock: I, the station's; N, ours, because it gave no time that can be used.
        flags: what is odd about it; one of `HELD_BACK` keeps the event from being published.
        historical: whether it comes from a buffer.
    """

    instant: datetime
    clock: Literal["I", "N"]
    flags: tuple[str, ...]
    historical: bool

    @property
    def text(self) -> str:
        """The instant as an event has it."""
        return instant_text(self.instant)


def parse_time(value: object, zone: tzinfo | None) -> Parsed:
    """An ISO 8601 time; digits of a second behind the sixth are cut off.

    Args:
        value: what stands in the frame.
        zone: of a time without one; None: there is none, and the time is flagged.
    """
    match = _TIME.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None or match[1] < _FIRST_DAY:
        return Parsed(None)
    day, clock, fraction, utc, hours, minutes = match.groups()
    try:
        local = datetime.fromisoformat(f"{day}T{clock}.{(fraction or '0')[:6].ljust(6, '0')}")
        if utc:
            return Parsed(local.replace(tzinfo=UTC))
        if hours:
            told = f"{local.isoformat()}{hours}:{minutes}"
            return Parsed(datetime.fromisoformat(told).astimezone(UTC))
        return _naive(local, zone)
    except (ValueError, OverflowError):
        return Parsed(None)


def _naive(local: datetime, zone: tzinfo | None) -> Parsed:
    if zone is None:
        return Parsed(local.replace(tzinfo=UTC), (flags.TIME_NAIVE,))
    return Parsed(*in_zone(local, zone))


def measured_at(value: object, zone: tzinfo | None, received_at: datetime) -> When:
    """When a meter was read or a session began: without a good time, nobody can tell."""
    parsed = parse_time(value, zone)
    if parsed.instant is None:
        return When(received_at, "N", (flags.TIME_UNREADABLE,), historical=False)
    odd = (*parsed.flags, *_doubts(parsed.instant, received_at))
    return _when(parsed.instant, odd, received_at)


def known_since(value: object, zone: tzinfo | None, received_at: datetime) -> When:
    """When a state was reported: without a good time, since we received it.

    What stands in a StatusNotification is when it was reported, not when it happened.
    """
    parsed = parse_time(value, zone)
    doubts = () if parsed.instant is None else _doubts(parsed.instant, received_at)
    if parsed.instant is None or flags.CLOCK_UNSET in doubts:
        said = (flags.REPORT_TIME, flags.RECEIPT_TIME)
        return When(received_at, "N", said, historical=False)
    return _when(parsed.instant, (flags.REPORT_TIME, *parsed.flags, *doubts), received_at)


def _when(instant: datetime, odd: tuple[str, ...], received_at: datetime) -> When:
    return When(instant, "I", odd, historical=instant < received_at - BACKLOG)


def _doubts(instant: datetime, received_at: datetime) -> tuple[str, ...]:
    if instant < EARLIEST:
        return (flags.CLOCK_UNSET,)
    ahead = instant - received_at
    if ahead <= MOST_AHEAD:
        return ()
    hours = round(ahead / _HOUR)
    if ahead <= _MOST_OFFSET and hours and abs(ahead - hours * _HOUR) <= _NEAR_HOUR:
        # Local time with a Z behind it: nothing is corrected, because energy hangs on it.
        return (flags.CLOCK_OFFSET,)
    return (flags.TIME_IN_FUTURE,)
