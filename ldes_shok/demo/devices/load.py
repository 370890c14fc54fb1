"""The load of a device's meter: equal at every call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Final

_HOURS: Final = 24
_HOUR_SECONDS: Final = 3600
_FIRST_WH: Final = (2_000_000, 9_000_000)
_WATTS: Final = (150, 3_200)
_DECIVOLTS: Final = (2_270, 2_360)
_ORIGIN: Final = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Load:
    """A meter whose power follows the same curve every day.

    Attributes:
        seed: of the demo.
        meter: its serial number.
    """

    seed: int
    meter: str

    def watts(self, at: datetime) -> int:
        """Return the power at a time, W."""
        _, hour, _ = _split(at)
        return self._course()[hour]

    def register_wh(self, at: datetime) -> int:
        """Return the import register at a time, Wh; it never goes down."""
        course = self._course()
        days, hour, seconds = _split(at)
        first_wh = Random(f"{self.seed}/{self.meter}/register").randint(*_FIRST_WH)
        whole_wh = days * sum(course) + sum(course[:hour])
        return first_wh + whole_wh + course[hour] * seconds // _HOUR_SECONDS

    def decivolts(self, at: datetime) -> int:
        """Return the voltage at a time, tenths of a volt."""
        rng = Random(f"{self.seed}/{self.meter}/{at:%Y%m%d%H%M%S}")
        return rng.randint(*_DECIVOLTS)

    def milliamperes(self, at: datetime) -> int:
        """Return the current that fits power and voltage at a time, mA."""
        return self.watts(at) * 10_000 // self.decivolts(at)

    def _course(self) -> list[int]:
        rng = Random(f"{self.seed}/{self.meter}/course")
        return [rng.randint(*_WATTS) for _ in range(_HOURS)]


def _split(at: datetime) -> tuple[int, int, int]:
    """Return whole days since the origin, hour of the day, seconds of the hour."""
    hours, seconds = divmod(int((at - _ORIGIN).total_seconds()), _HOUR_SECONDS)
    days, hour = divmod(hours, _HOURS)
    return days, hour, seconds


def with_point(thousandths: int, places: int = 3) -> str:
    """Format an integer of thousandths (of tenths if `places` is 1) as decimal text."""
    whole, rest = divmod(thousandths, 10**places)
    return f"{whole}.{rest:0{places}d}"
