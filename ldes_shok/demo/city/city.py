"""The city as one endless, ordered sequence of deliveries."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Final

from ldes_shok.cabinet.encode import canonical_json
from ldes_shok.cabinet.event import StatusData
from ldes_shok.demo.city import life, report
from ldes_shok.demo.city.calendar import day_begins, local_date, openings
from ldes_shok.demo.city.day import DayState, simulate_day
from ldes_shok.demo.city.link import (
    SimulatedDelivery,
    draw_outage,
    outage_reports,
    transmit,
    with_malformed,
)
from ldes_shok.demo.city.metering import Meter
from ldes_shok.demo.city.plan import CabinetPlan, CityPlan
from ldes_shok.demo.city.report import ControllerReport
from ldes_shok.errors import ConfigurationError

__all__ = ["City", "SimulatedDelivery"]

_INITIAL_WH: Final = (100_000, 2_000_000)


@dataclass(frozen=True, slots=True, order=True)
class _Queued:
    at: datetime
    number: int
    payload: bytes = field(compare=False)


class City:
    """A simulated city that lives from `start` on, one local day at a time.

    Random numbers are drawn for each cabinet and day. So the bytes do not depend on how the caller
    splits time, and another cabinet does not change the reports of the others.

    Args:
        plan: the cabinets and activities of the city.
        seed: the same seed, plan and start give the same bytes.
        start: aware; rounded down to a whole second. Nothing before it is reported.

    Raises:
        ConfigurationError: `start` has no time zone.
    """

    def __init__(self, plan: CityPlan, seed: int, start: datetime) -> None:
        if start.tzinfo is None:
            raise ConfigurationError("start must be an aware datetime, such as one in UTC")
        self._plan = plan
        self._seed = seed
        self._start = start.astimezone(UTC).replace(microsecond=0)
        self._next_day = local_date(self._start)
        self._number = 0
        self._queue: list[_Queued] = []
        self._states = {cabinet.id: self._new_state(cabinet) for cabinet in plan.cabinets}
        self._enqueue(self._introduction())

    def deliveries(self, until: datetime) -> Iterator[SimulatedDelivery]:
        """Yield what arrives before `until`, ordered by `at`; call again with a later `until`.

        All configurations come first, then the first states, then all other reports.
        """
        while True:
            midnight = day_begins(self._next_day)
            if self._queue and self._queue[0].at < max(midnight, self._start):
                if self._queue[0].at >= until:
                    return
                queued = heapq.heappop(self._queue)
                yield SimulatedDelivery(queued.at, queued.payload)
            elif midnight < until:
                self._live(self._next_day)
                self._next_day += timedelta(days=1)
            else:
                return

    def _live(self, day: date) -> None:
        for cabinet in self._plan.cabinets:
            rng = self._chance(cabinet.id, f"{day}")
            mishaps = cabinet.mishaps or self._plan.mishaps
            outage = draw_outage(day, mishaps, rng)
            opened = openings(self._plan.activities, cabinet.place, day)
            lived = simulate_day(cabinet, self._states[cabinet.id], day, opened, mishaps, rng)
            reports = self._since_start((*lived.reports, *outage_reports(cabinet, outage)))
            sent = [*transmit(reports, outage, mishaps, rng)]
            if self._plan.whole_life:
                # Separate random numbers, so that the meters count the same with and without it.
                other = self._chance(cabinet.id, f"{day}/life")
                done = [item for use in lived.uses for item in life.reports_of(cabinet, use, other)]
                people = self._since_start((*life.moves(cabinet, day), *done))
                sent.extend(transmit(people, outage, mishaps, other))
            bad = self._chance(cabinet.id, f"{day}/malformed")
            self._enqueue(with_malformed(sent, mishaps, bad))

    def _since_start(self, reports: Iterable[ControllerReport]) -> tuple[ControllerReport, ...]:
        kept = (item for item in reports if item.since >= self._start)
        return tuple(sorted(kept, key=lambda item: item.observed_at))

    def _introduction(self) -> Iterator[SimulatedDelivery]:
        for cabinet in self._plan.cabinets:
            meters = self._states[cabinet.id].meters
            configured = report.configuration(cabinet, meters, self._start)
            yield SimulatedDelivery(self._start, canonical_json(configured.event))
        ready = StatusData(operation="operational", connectivity="online", door="closed")
        free = StatusData(operation="operational", occupancy="free", power="off", plug="out")
        for cabinet in self._plan.cabinets:
            outlets = ((socket.id, free) for socket in cabinet.sockets)
            for outlet, data in ((None, ready), *outlets):
                status = report.status(cabinet, outlet, self._start, data)
                at = self._start + timedelta(seconds=1)
                yield SimulatedDelivery(at, canonical_json(status.event))

        if self._plan.whole_life:
            for cabinet in self._plan.cabinets:
                rng = self._chance(cabinet.id, "right")
                right = life.access_right(cabinet, self._start, rng)
                at = self._start + timedelta(seconds=2)
                yield SimulatedDelivery(at, canonical_json(right.event))

    def _new_state(self, cabinet: CabinetPlan) -> DayState:
        rng = self._chance(cabinet.id, "meters")
        serials = (cabinet.head_meter, *(socket.meter for socket in cabinet.sockets))
        begins = day_begins(self._next_day)
        return DayState(
            {serial: Meter.new(serial, rng.randint(*_INITIAL_WH), begins) for serial in serials}
        )

    def _chance(self, cabinet: str, what: str) -> Random:
        return Random(f"{self._seed}/{cabinet}/{what}")

    def _enqueue(self, deliveries: Iterable[SimulatedDelivery]) -> None:
        for delivery in deliveries:
            heapq.heappush(self._queue, _Queued(delivery.at, self._number, delivery.payload))
            self._number += 1
