"""The hour that comes twice when the clock is put back: decides which hour a reading is of.

A register never falls, so it orders the readings where their times do not. A reading is of the
second hour if its register is higher than that of a reading of the first hour with the same or a
later time. The hour of a reading never changes afterwards. The reading widens the range of
registers of its hour, so a message that comes again gets the same hour.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

import msgspec

from ldes_shok.cabinet.instants import MOST_AHEAD
from ldes_shok.sources.common.registers.memory import Night

HOUR: Final = timedelta(hours=1)
"""How far clocks are put back in the regions of this service."""


def is_second(
    at: datetime, register_wh: Decimal, received_at: datetime, night: Night | None
) -> tuple[bool, Night | None]:
    """Whether a reading is of the second of the two hours. Without evidence it is of the first.

    Args:
        at: its time if it is of the first hour, aware UTC.
        register_wh: of its meter.
        received_at: when it came, aware UTC: a later time cannot have been measured.
        night: the memory of this meter.

    Returns:
        The answer, and the new memory.
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
