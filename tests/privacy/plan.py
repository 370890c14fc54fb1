"""What everybody who walks over the market knows: whose stall stands where.

Times are quarters of an hour since 1970, UTC, as one number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

QUARTER: Final = timedelta(minutes=15)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan of the markets.

    Attributes:
        zones: the cabinets of each zone, by its name.
        stalls: the trader of a socket (`cabinet/outlet`) on a day, there or not.
    """

    zones: Mapping[str, tuple[str, ...]]
    stalls: Mapping[tuple[str, date], str]

    @property
    def traders(self) -> tuple[str, ...]:
        """Who has a fixed stall."""
        return tuple(sorted(set(self.stalls.values())))


def quarter_of(at: datetime) -> int:
    """The quarter in which an aware UTC instant lies."""
    return (at - _EPOCH) // QUARTER


def start_of(quarter: int) -> datetime:
    """When a quarter begins."""
    return _EPOCH + quarter * QUARTER


def date_of(quarter: int) -> date:
    """The day of a quarter, UTC: no market lies over midnight, there or in Brussels."""
    return start_of(quarter).date()
