"""When: a vendor's time as a UTC instant, with a flag for all that is odd about it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

from ldes_shok.cabinet import flags
from ldes_shok.cabinet.instants import EARLIEST, MOST_AHEAD
from ldes_shok.clock import EPOCH
from ldes_shok.sources.common.local_time import in_zone
from ldes_shok.sources.common.quantities import number_of
from ldes_shok.sources.dialects.mapped.rules import (
    EPOCH_MILLISECONDS,
    EPOCH_SECONDS,
    ISO,
    Clock,
    Time,
)

_TO_GRID: Final = timedelta(seconds=30)
_NEAR_HOUR: Final = timedelta(minutes=5)
_OFFSETS: Final = (timedelta(hours=1), timedelta(hours=2))
"""Of Belgium: a clock that is so much ahead writes local time and calls it UTC."""

_MICROSECONDS: Final = {EPOCH_SECONDS: 1_000_000, EPOCH_MILLISECONDS: 1_000}
_LATEST_MICROSECONDS: Final = 253_402_300_800_000_000
_EARLIEST_YEAR: Final = 1000
_HAS_TIME: Final = re.compile(r"^[0-9-]{8,10}[T ][0-9]{2}")


@dataclass(frozen=True, slots=True)
class When:
    """A time and what is known about it.

    Attributes:
        at: aware UTC. With a flag of HELD_BACK it only tells one event from another.
        clock: how far the time can be trusted.
        flags: what is odd.
    """

    at: datetime
    clock: Clock
    flags: tuple[str, ...] = ()


def when(rule: Time, value: object, received_at: datetime) -> When:
    """The time that a message names, by the rule of its source.

    Args:
        rule: how it is written.
        value: what stands there; anything.
        received_at: when the message came, aware UTC.
    """
    if not rule.has_clock:
        return without_clock(received_at)
    read = _read(rule.format or ISO, value)
    if read is None:
        return When(received_at, "N", (flags.TIME_UNREADABLE,))
    try:
        found = _local(read, rule) if read.tzinfo is None else When(read, rule.clock or "I")
        at = found.at.astimezone(UTC)
    except OverflowError:
        return When(received_at, "N", (flags.TIME_UNREADABLE,))
    return _judged(When(at, found.clock, found.flags), received_at)


def without_clock(received_at: datetime) -> When:
    """The time of a message from a device without a clock: when we got it."""
    return When(received_at, "N", (flags.RECEIPT_TIME,))


def snapped(found: When, grid: timedelta | None) -> When:
    """The instant that the device meant to measure at, if the one given is 30 s or less away.

    Stations that measure by the clock are seconds early or late; the raw bytes keep what they said.
    """
    if grid is None or _is_held_back(found):
        return found
    nearest = EPOCH + (found.at - EPOCH + grid / 2) // grid * grid
    if found.at == nearest or abs(found.at - nearest) > _TO_GRID:
        return found
    return When(nearest, found.clock, (*found.flags, flags.SNAPPED))


def _is_held_back(found: When) -> bool:
    return any(flag in flags.HELD_BACK for flag in found.flags)


def _read(form: str, value: object) -> datetime | None:
    """A time as it is written, perhaps naive; None if it cannot be read."""
    try:
        if form in _MICROSECONDS:
            return _epoch(number_of(value), _MICROSECONDS[form])
        if not isinstance(value, str | int | Decimal) or isinstance(value, bool):
            return None
        text = str(value)
        if form != ISO:
            read = datetime.strptime(text, form)  # noqa: DTZ007  a zone may be in the pattern
        elif _HAS_TIME.match(text):
            read = datetime.fromisoformat(text)
        else:
            return None
    except (ValueError, OverflowError):
        return None
    return read if read.year >= _EARLIEST_YEAR else None


def _epoch(number: Decimal | None, microseconds: int) -> datetime | None:
    if number is None or not 0 <= number * microseconds < _LATEST_MICROSECONDS:
        return None
    return EPOCH + timedelta(microseconds=int(number * microseconds))


def _local(naive: datetime, rule: Time) -> When:
    """A time without a zone, in the zone of the source.

    Without one, what is written stands for UTC so that a second delivery is the same event; the
    flag keeps it out of the streams, so that nobody else takes it for UTC.
    """
    if rule.zone is None:
        return When(naive.replace(tzinfo=UTC), "U", (flags.TIME_NAIVE,))
    at, odd = in_zone(naive, rule.zone)
    return When(at, "U" if flags.DST_NONEXISTENT in odd else rule.clock or "I", odd)


def _judged(found: When, received_at: datetime) -> When:
    if _is_held_back(found):
        return found
    if found.at < EARLIEST:
        return When(found.at, "U", (*found.flags, flags.CLOCK_UNSET))
    ahead = found.at - received_at
    if ahead <= MOST_AHEAD:
        return found
    if any(abs(ahead - offset) <= _NEAR_HOUR for offset in _OFFSETS):
        return When(found.at, found.clock, (*found.flags, flags.CLOCK_OFFSET))
    return When(found.at, "U", (*found.flags, flags.TIME_IN_FUTURE))
