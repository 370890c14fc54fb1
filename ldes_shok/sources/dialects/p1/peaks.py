"""Demand and peaks: the average power of a quarter hour, and the highest of a month.

The capacity tariff counts the highest quarter hour of each month. The meter gives the average of
the running quarter hour (1-0:1.4.0), the peak of the running month with its own time (1-0:1.6.0)
and the peaks of up to 13 past months (0-0:98.1.0). The time of a peak need not lie on a quarter.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from ldes_shok.cabinet.encode import instant_text
from ldes_shok.cabinet.measurement import MeasurementData, Period, Reading
from ldes_shok.sources.decoder import Refusal
from ldes_shok.sources.dialects.p1.readings import stamp, watts
from ldes_shok.sources.dialects.p1.telegram import Telegram

QUARTER: Final = timedelta(minutes=15)
_DEMAND: Final = "1-0:1.4.0"
_PEAK: Final = "1-0:1.6.0"
_HISTORY: Final = "0-0:98.1.0"
_HISTORY_HEAD: Final = 3
"""The history begins with the number of its entries and two references."""

_LEAST_DEMAND: Final = timedelta(minutes=1)
"""The average of the first seconds of a quarter hour is a power, not a demand."""

_ZONE: Final = "Europe/Brussels"
"""The zone of the meter's months. Its time stamps have their own offset."""


@dataclass(frozen=True, slots=True)
class Peak:
    """The peak of a month, reported once.

    Attributes:
        name: identifies it among the reported peaks.
        observed_at: the time since which it is known, aware UTC.
        content: the peak, or the reason why it cannot be read.
    """

    name: str
    observed_at: datetime
    content: MeasurementData | Refusal


def demand(telegram: Telegram, observed_at: datetime, meter: str) -> MeasurementData | None:
    """The average since the quarter hour began; None if that is too short, or without a value."""
    since = quarter_of(observed_at)
    value = watts(telegram.one(_DEMAND))
    if value is None or observed_at - since < _LEAST_DEMAND:
        return None
    reading = Reading("power.demand", "total", value, "W", stat="mean")
    return MeasurementData((reading,), meter or None, _period(since, observed_at), "other")


def peaks(telegram: Telegram, observed_at: datetime, meter: str) -> Iterator[Peak]:
    """The peak of the running month so far, and the peaks of past months."""
    running = telegram.all(_PEAK)
    if running:
        yield from _running(running, observed_at, meter)
    entries = telegram.all(_HISTORY)[_HISTORY_HEAD:]
    for first in range(0, len(entries), 3):
        yield from _past(entries[first : first + 3], observed_at, meter)


def quarter_of(instant: datetime) -> datetime:
    """The beginning of an instant's quarter hour: the same in every zone of whole hours."""
    return instant.replace(minute=instant.minute // 15 * 15, second=0, microsecond=0)


def _running(values: tuple[str, ...], observed_at: datetime, meter: str) -> Iterator[Peak]:
    name = f"peak {' '.join(values)}"[:200]
    at, value = stamp(values[0]), watts(values[-1])
    if len(values) != 2 or at is None or value is None:
        yield Peak(name, observed_at, _unreadable(_PEAK, "a time and a power in kW"))
        return
    since = _month_of(at)
    if since < at:
        # It states that no average since the month began was higher at this moment. That stays
        # true, so it is one event however often the meter repeats it.
        yield Peak(name, at, _highest(value, since, at, at, meter))


def _past(values: tuple[str, ...], observed_at: datetime, meter: str) -> Iterator[Peak]:
    if values == ("", "", ""):
        return
    name = f"past {' '.join(values)}"[:200]
    if len(values) != 3:
        yield Peak(name, observed_at, _unreadable(_HISTORY, "three values for each month"))
        return
    until, at, value = stamp(values[0]), stamp(values[1]), watts(values[2])
    if until is None or at is None or value is None:
        yield Peak(
            name, observed_at, _unreadable(_HISTORY, "two times and a power in kW for each month")
        )
        return
    since = _month_of(until - timedelta(hours=2))
    if since < until:
        yield Peak(name, until, _highest(value, since, until, at, meter))


def _highest(
    value: str, since: datetime, until: datetime, at: datetime, meter: str
) -> MeasurementData:
    reading = Reading("power.demand", "total", value, "W", stat="max", max_at=instant_text(at))
    return MeasurementData((reading,), meter or None, _period(since, until), "other")


def _month_of(instant: datetime) -> datetime:
    local = instant.astimezone(ZoneInfo(_ZONE))
    return local.replace(day=1, hour=0, minute=0, second=0, fold=0).astimezone(UTC)


def _period(since: datetime, until: datetime) -> Period:
    return Period(instant_text(since), instant_text(until))


def _unreadable(reference: str, expected: str) -> Refusal:
    return Refusal("no_peak", f"{reference} must hold {expected}; look at the meter or its reader")
