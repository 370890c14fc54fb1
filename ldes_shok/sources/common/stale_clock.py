"""A time that is too long ago to be right, whatever the dialect: fault 6 of the project's table."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from ldes_shok.cabinet.event import Event, Measurement, Session
from ldes_shok.cabinet.flags import CLOCK_SUSPECT, HELD_BACK
from ldes_shok.cabinet.instants import BUFFER_DEPTH, EARLIEST, parse_instant

_MOST_FLAGS: Final = 16
_OF_NOBODY: Final = "N"


def suspected(event: Event, received_at: datetime) -> Event:
    """An event with the flag `clock_suspect`, if its device's clock is.

    Only what is measured is looked at: a state may have been so for months, and a reservation is
    made as early. What is older than any buffer keeps it did not come out of one.

    Args:
        event: as it was decoded.
        received_at: when its message came, aware UTC.
    """
    if not isinstance(event, Measurement | Session) or event.clock == _OF_NOBODY:
        return event
    if not EARLIEST <= parse_instant(event.observed_at) < received_at - BUFFER_DEPTH:
        return event
    said = event.flags
    if CLOCK_SUSPECT in said or len(said) == _MOST_FLAGS or any(flag in HELD_BACK for flag in said):
        return event
    return msgspec.structs.replace(event, flags=(*said, CLOCK_SUSPECT))
