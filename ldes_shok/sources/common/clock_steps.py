"""Detects a device's clock that was ahead and is set right: fault 11 of the project's table.

The times after the correction then lie before earlier ones, and neither is wrong. Both events stay
as they are, each at its own time. The flag `clock_step` explains why the later event has the
earlier time.

A reading that comes late from a buffer looks the same, except that it is old when it comes. So an
event counts only if its time is near the present, and if an event before it was later than the
present. The times within a message are examined before the message is judged, so that the message
gives the same result when it comes again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from ldes_shok.cabinet.event import Event
from ldes_shok.cabinet.flags import CLOCK_STEP, HELD_BACK
from ldes_shok.cabinet.instants import MOST_AHEAD, parse_instant
from ldes_shok.sources.common.clocks import with_flag
from ldes_shok.sources.decoder import Refusal

STEP: Final = timedelta(minutes=2)
"""How wrong a clock may be, and how long a message may take."""


def stepped(
    results: Sequence[Event | Refusal], received_at: datetime, ahead: datetime | None
) -> tuple[tuple[Event | Refusal, ...], datetime | None]:
    """The results of a message of one device, with the flag where its clock was set back.

    Args:
        results: as they were decoded.
        received_at: when the message came, aware UTC.
        ahead: the latest time of the device while its clock was ahead; None if it was not.

    Returns:
        The results, and `ahead` for the next message; None once that time has come.
    """
    times = [_device_time(result) for result in results]
    # A time further ahead is held back: it is a wrong year or zone, not a clock that was set.
    later = [at for at in times if at is not None and STEP < at - received_at <= MOST_AHEAD]
    latest = max([*later, *([ahead] if ahead else [])], default=None)
    if latest is None or latest <= received_at:
        return tuple(results), None
    flagged = (
        with_flag(result, CLOCK_STEP)
        if not isinstance(result, Refusal)
        and at is not None
        and abs(received_at - at) <= STEP
        and at < latest - STEP
        else result
        for result, at in zip(results, times, strict=True)
    )
    return tuple(flagged), latest


def _device_time(result: Event | Refusal) -> datetime | None:
    """The device's time of a result; None if it has none, or one that cannot be right."""
    if isinstance(result, Refusal) or result.clock == "N":
        return None
    if any(flag in HELD_BACK for flag in result.flags):
        return None
    return parse_instant(result.observed_at)
