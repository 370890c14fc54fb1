"""The hour that comes twice when the clock is put back: which of the two a reading is of.

A register never falls, so it puts the readings in order where their times do not. A reading is of
the second hour if its register is higher than one of the first hour that its time is not behind.
Which hour a reading was put in never changes afterwards: it widens the range of registers of that
hour, so a message that comes again is read as it was.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

import msgspec

from ldes_shok.cabinet.instants import MOST_AHEAD
from ldes_shok.sources.common.registers.memory import Night

HOUR: Final = timedelta(hours=1)
"""By how much clocks are put back where this service is used."""


def is_second(
    at: datetime, register_wh: Decimal, received_at: datetime, night: Night | None
) -> tuple[bool, Night | None]:
    """Whether a reading is of the second of the two hours; if nothing tells, it is of the first.

    Args:
        at: its time if it is of the first, aware UTC.
        register_wh: of its meter.
        received_at: when it came, aware UTC: what is still to come was not measured.
        night: what is known of this meter.

    Returns:
        The answer, and what is known with it.
    """
    day = at.date().isoformat()
    if night is None or night.day < day:
        return False, Night(day, at, register_wh)
    if night.day > day or register_wh <= night.highest_wh:
        return False, night
    if night.lowest_wh is not None and register_wh >= night.lowest_wh:
        return True, night
    if at <= night.latest and at + HOUR <= received_at + MOST_AHEAD:
        return True, msgspec.structs.replace(night, lowest_wh=register_wh)
    latest = max(at, night.latest)
    return False, msgspec.structs.replace(night, latest=latest, highest_wh=register_wh)
