"""The one judge of clocks: makes an instant, with flags, of a device's time.

A dialect parses the time and declares the kind of the device's clock. This module decides the rest,
in the same way for all dialects. The table in the README ("Clocks") describes the same rules.

- A time that the settings can still correct (it has no zone) or that is no instant keeps its event
  out of the streams.
- A reading whose time cannot be right is held back: its real time is unknown.
- A state whose time cannot be right holds from its receipt, if the receipt shows when it was so.

Times that a person wrote in a table, and times in canonical events of a sender or another city, are
not judged here. The limits for all events (`ldes_shok.mapping.plausible`) hold for them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final, TypeVar

import msgspec

from ldes_shok.cabinet import flags
from ldes_shok.cabinet.encode import instant_text
from ldes_shok.cabinet.event import MOST_FLAGS, Clock, Event, Measurement, Session
from ldes_shok.cabinet.instants import BACKLOG, BUFFER_DEPTH, EARLIEST, MOST_AHEAD, parse_instant

NEAR_HOUR: Final = timedelta(minutes=5)
MOST_OFFSET: Final = timedelta(hours=14)
"""The largest offset of a zone: a clock that is so far ahead may write local time as UTC."""

_HOUR: Final = timedelta(hours=1)
_NO_BELIEF: Final = frozenset(
    {flags.TIME_UNREADABLE, flags.CLOCK_UNSET, flags.CLOCK_OFFSET, flags.TIME_IN_FUTURE}
)
_AnyEvent = TypeVar("_AnyEvent", bound=Event)


@dataclass(frozen=True, slots=True)
class Observed:
    """The time of an observation.

    Attributes:
        at: aware UTC. If the event is held back, it only distinguishes events.
        clock: how good the clock is.
        flags: what is odd about the time.
        historical: whether it is so old that it comes from a buffer.
    """

    at: datetime
    clock: Clock
    flags: tuple[str, ...] = ()
    historical: bool = False

    @property
    def text(self) -> str:
        """The instant as text, in the form of an event."""
        return instant_text(self.at)

    def noted(self, *odd: str) -> Observed:
        """The same with more flags."""
        return replace(self, flags=(*self.flags, *odd))

    @property
    def is_held_back(self) -> bool:
        """Whether its flags keep an event out of the streams."""
        return not flags.HELD_BACK.keys().isdisjoint(self.flags)

    @property
    def is_believed(self) -> bool:
        """Whether the clock can be right."""
        return not self.is_held_back and flags.CLOCK_OFFSET not in self.flags


def judged(
    written: datetime | None,
    received_at: datetime,
    *,
    clock: Clock = "I",
    zone: tzinfo | None = None,
    historical_after: timedelta | None = BACKLOG,
) -> Observed:
    """The instant of a device's time, with flags for what is odd about it.

    Args:
        written: the time in the message, aware, or naive if it has no zone; None if it is missing
            or cannot be read.
        received_at: when the message came, aware UTC.
        clock: how good the device's clock is.
        zone: for times without a zone; None: the settings give none either.
        historical_after: an older event comes from a buffer; None: no event does.
    """
    try:
        at, odd = _in_utc(written, zone)
    except OverflowError:
        at, odd = None, ()
    if at is None:
        return Observed(received_at, "N", (flags.TIME_UNREADABLE,))
    if at < EARLIEST:
        odd = (flags.CLOCK_UNSET,)
    elif flags.HELD_BACK.keys().isdisjoint(odd) and at - received_at > MOST_AHEAD:
        odd = (*odd, _ahead(at - received_at))
    is_held_back = not flags.HELD_BACK.keys().isdisjoint(odd)
    historical = historical_after is not None and received_at - at > historical_after
    return Observed(at, "U" if is_held_back else clock, odd, historical)


def at_receipt(received_at: datetime) -> Observed:
    """The time of a message from a device without a clock: its receipt."""
    return Observed(received_at, "N", (flags.RECEIPT_TIME,))


def since(reported: Observed, received_at: datetime) -> Observed:
    """The time from which a state holds: as reported, or its receipt.

    For dialects whose messages come when a state is reported.

    Args:
        reported: the judged time.
        received_at: when the message came, aware UTC.
    """
    return reported if _NO_BELIEF.isdisjoint(reported.flags) else at_receipt(received_at)


def in_zone(naive: datetime, zone: tzinfo) -> tuple[datetime, tuple[str, ...]]:
    """A local time in UTC, with a flag in the hours of the clock change.

    An hour that comes twice, when the clock is put back, counts as the first one. A time that is
    skipped, when the clock is put forward, still gets an instant, so that a second delivery is the
    same event. Its flag keeps it out of the streams.

    Returns:
        Aware UTC, and the flag if there is one.

    Raises:
        OverflowError: within a day of the first or the last possible year.
    """
    local = naive.replace(tzinfo=zone, fold=0)
    instant = local.astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) != naive.replace(fold=0):
        return instant, (flags.DST_NONEXISTENT,)
    is_twice = local.utcoffset() != local.replace(fold=1).utcoffset()
    return instant, (flags.DST_AMBIGUOUS,) if is_twice else ()


def suspected(event: Event, received_at: datetime) -> Event:
    """The event, with the flag `clock_suspect` if its measurement is too long ago to be right.

    Only measurements and sessions are checked: a state may hold for months, and a reservation may
    be made months before. An event older than any buffer's depth did not come from a buffer.

    Args:
        event: as it was decoded.
        received_at: when its message came, aware UTC.
    """
    if not isinstance(event, Measurement | Session) or event.clock == "N":
        return event
    if not EARLIEST <= parse_instant(event.observed_at) < received_at - BUFFER_DEPTH:
        return event
    if not flags.HELD_BACK.keys().isdisjoint(event.flags):
        return event
    return with_flag(event, flags.CLOCK_SUSPECT)


def with_flag(event: _AnyEvent, flag: str) -> _AnyEvent:
    """The event with one more flag; unchanged if it has the flag, or the most flags allowed."""
    if flag in event.flags or len(event.flags) == MOST_FLAGS:
        return event
    return msgspec.structs.replace(event, flags=(*event.flags, flag))


def _in_utc(
    written: datetime | None, zone: tzinfo | None
) -> tuple[datetime | None, tuple[str, ...]]:
    """A time in UTC.

    A time without any zone is taken as UTC, so that a second delivery is the same event. The flag
    keeps it out of the streams, so that no consumer takes it for UTC.
    """
    if written is None:
        return None, ()
    if written.tzinfo is not None:
        return written.astimezone(UTC), ()
    if zone is None:
        return written.replace(tzinfo=UTC), (flags.TIME_NAIVE,)
    return in_zone(written, zone)


def _ahead(ahead: timedelta) -> str:
    """The flag of a time that is too far ahead.

    Near a whole number of hours it is local time written as UTC. It is not corrected, because
    energy values depend on it.
    """
    hours = round(ahead / _HOUR)
    is_offset = hours and ahead <= MOST_OFFSET + NEAR_HOUR
    is_offset = is_offset and abs(ahead - hours * _HOUR) <= NEAR_HOUR
    return flags.CLOCK_OFFSET if is_offset else flags.TIME_IN_FUTURE
