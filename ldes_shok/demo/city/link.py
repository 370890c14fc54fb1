"""The link from a cabinet to the service: delays, outages with a buffer, duplicates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Final

from ldes_shok.cabinet.encode import canonical_json
from ldes_shok.cabinet.event import StatusData
from ldes_shok.demo.city import report
from ldes_shok.demo.city.calendar import local_instant
from ldes_shok.demo.city.malformed import spoil
from ldes_shok.demo.city.plan import CabinetPlan, Mishaps
from ldes_shok.demo.city.report import ControllerReport

_MILLISECOND: Final = timedelta(milliseconds=1)
_MISSED_HEARTBEATS: Final = timedelta(minutes=3)
_DELAY_MILLISECONDS: Final = (300, 4_000)
_LATE_MILLISECONDS: Final = (600_000, 10_800_000)
_SECOND_COPY_MILLISECONDS: Final = (500, 120_000)
_FLUSH_MILLISECONDS: Final = 40


@dataclass(frozen=True, slots=True)
class SimulatedDelivery:
    """Bytes that arrive at `at`, aware UTC."""

    at: datetime
    payload: bytes


@dataclass(frozen=True, slots=True)
class Outage:
    """The link is down over [start, end)."""

    start: datetime
    end: datetime

    def covers(self, instant: datetime) -> bool:
        """Whether an observation at `instant` had to wait."""
        return self.start <= instant < self.end


def draw_outage(day: date, mishaps: Mishaps, rng: Random) -> Outage | None:
    """Draw today's outage of one cabinet, if it has one: half an hour to five hours."""
    happens = rng.randrange(1000) < mishaps.outage_per_mille
    start = local_instant(day, time(6)) + timedelta(seconds=rng.randint(0, 13 * 3600))
    end = start + timedelta(seconds=rng.randint(1800, 18_000))
    return Outage(start, end) if happens else None


def outage_reports(cabinet: CabinetPlan, outage: Outage | None) -> tuple[ControllerReport, ...]:
    """Return the platform's reports of a broken link: offline when noticed, online when back."""
    if outage is None:
        return ()
    offline = StatusData(connectivity="offline", cause="heartbeat_lost")
    online = StatusData(connectivity="online", cause="other")
    return (
        report.status(cabinet, None, outage.start + _MISSED_HEARTBEATS, offline, live=True),
        report.status(cabinet, None, outage.end, online, live=True),
    )


def transmit(
    reports: Sequence[ControllerReport], outage: Outage | None, mishaps: Mishaps, rng: Random
) -> Iterator[SimulatedDelivery]:
    """Deliver reports (in order of observation) over an unreliable link."""
    buffered = 0
    for item in reports:
        late = rng.randrange(1000) < mishaps.late_per_mille
        delay = rng.randint(*(_LATE_MILLISECONDS if late else _DELAY_MILLISECONDS))
        again = rng.randrange(1000) < mishaps.duplicate_per_mille
        gap = rng.randint(*_SECOND_COPY_MILLISECONDS)
        if outage is not None and not item.live and outage.covers(item.observed_at):
            buffered += 1
            at = outage.end + (2_000 + buffered * _FLUSH_MILLISECONDS) * _MILLISECOND
            payload = canonical_json(item.historical().event)
        else:
            at = item.observed_at + delay * _MILLISECOND
            payload = canonical_json((item.historical() if late else item).event)
        yield SimulatedDelivery(at, payload)
        if again:
            yield SimulatedDelivery(at + gap * _MILLISECOND, payload)


def with_malformed(
    deliveries: Sequence[SimulatedDelivery], mishaps: Mishaps, rng: Random
) -> Iterator[SimulatedDelivery]:
    """Add bytes that are no event; the valid deliveries do not change."""
    for delivery in deliveries:
        yield delivery
        if mishaps.malformed_per_mille and rng.randrange(1000) < mishaps.malformed_per_mille:
            at = delivery.at + rng.randint(1, 5_000) * _MILLISECOND
            yield SimulatedDelivery(at, spoil(delivery.payload, rng))
