"""One local day of one cabinet: its uses, readings and changes of state."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Final

from ldes_shok.cabinet.event import StatusData
from ldes_shok.demo.city import report
from ldes_shok.demo.city.calendar import Opening, quarters
from ldes_shok.demo.city.metering import Meter, energy_only, with_phases
from ldes_shok.demo.city.plan import CabinetPlan, Mishaps
from ldes_shok.demo.city.report import ControllerReport
from ldes_shok.demo.city.usage import PlannedUse, plan_uses

_STANDBY_WATTS: Final = 9
_SWING_PER_MILLE: Final = (700, 1100)
_NO_SHOW_AFTER: Final = timedelta(minutes=90)


@dataclass(slots=True)
class DayState:
    """What a cabinet keeps from one day to the next.

    Attributes:
        meters: by serial.
        usable_from: for each socket, until when it is out of order or in use.
    """

    meters: dict[str, Meter]
    usable_from: dict[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Day:
    """A day: the reports of the controller, and the uses that cause them."""

    reports: tuple[ControllerReport, ...]
    uses: tuple[PlannedUse, ...]


def simulate_day(
    cabinet: CabinetPlan,
    state: DayState,
    day: date,
    opened: tuple[Opening, ...],
    mishaps: Mishaps,
    rng: Random,
) -> Day:
    """Simulate one day: changes `state`, draws only from `rng`."""
    uses = plan_uses(cabinet, opened, state.usable_from, mishaps, rng)
    for use in uses:
        state.usable_from[use.socket.id] = use.repaired_at or use.end
    reports = [
        *_doors(cabinet, uses),
        *(item for use in uses for item in _states(cabinet, use)),
        *_readings(cabinet, state, day, uses, rng),
    ]
    return Day(tuple(sorted(reports, key=lambda item: item.observed_at)), uses)


def _doors(cabinet: CabinetPlan, uses: tuple[PlannedUse, ...]) -> Iterator[ControllerReport]:
    starts = [use.start for use in uses if use.shows_up]
    if starts:
        opened = min(starts) - timedelta(minutes=3)
        closed = max(use.end for use in uses if use.shows_up) + timedelta(minutes=6)
        yield report.status(cabinet, None, opened, StatusData(door="open", cause="manual"))
        yield report.status(cabinet, None, closed, StatusData(door="closed", cause="manual"))


def _states(cabinet: CabinetPlan, use: PlannedUse) -> Iterator[ControllerReport]:
    outlet = use.socket.id
    free = StatusData(
        operation="operational", occupancy="free", power="off", plug="out", cause="session"
    )
    if use.reserved_at is not None:
        reserved = StatusData(
            operation="operational", occupancy="reserved", power="off", cause="schedule"
        )
        yield report.status(cabinet, outlet, use.reserved_at, reserved)
    if not use.shows_up:
        given_up = StatusData(
            operation="operational", occupancy="free", power="off", cause="schedule"
        )
        yield report.status(cabinet, outlet, use.start + _NO_SHOW_AFTER, given_up)
        return
    in_use = StatusData(
        operation="operational", occupancy="in_use", power="on", plug="in", cause="session"
    )
    yield report.status(cabinet, outlet, use.start, in_use)
    if use.repaired_at is None:
        yield report.status(cabinet, outlet, use.end, free)
        return
    defect = StatusData(operation="defect", occupancy="unknown", power="off", cause="fault")
    works = StatusData(
        operation="maintenance", occupancy="unknown", power="off", plug="out", cause="manual"
    )
    repaired = StatusData(
        operation="operational", occupancy="free", power="off", plug="out", cause="manual"
    )
    yield report.status(cabinet, outlet, use.end, defect)
    yield report.status(cabinet, outlet, use.repaired_at - timedelta(minutes=25), works)
    yield report.status(cabinet, outlet, use.repaired_at, repaired)


def _readings(
    cabinet: CabinetPlan, state: DayState, day: date, uses: tuple[PlannedUse, ...], rng: Random
) -> Iterator[ControllerReport]:
    head = state.meters[cabinet.head_meter]
    drawing: set[str] = set()
    for start, stop in quarters(day):
        was_drawing, drawing = drawing, set()
        for socket in cabinet.sockets:
            meter = state.meters[socket.meter]
            for use in uses:
                seconds = use.overlap_seconds(start, stop) if use.socket is socket else 0
                if seconds:
                    drawing.add(socket.id)
                    counted = seconds * (use.watts * rng.randint(*_SWING_PER_MILLE) // 1000)
                    meter.watt_seconds += counted
                    head.watt_seconds += counted
            # One zero after a use, then no readings: an idle socket does not report.
            if socket.id in drawing or socket.id in was_drawing:
                interval = meter.read(stop)
                on_the_hour = stop.minute == 0
                data = with_phases(socket.meter, interval, socket.phases, rng, volts=on_the_hour)
                yield report.measurement(cabinet, socket.id, start, stop, data)
            else:
                meter.skip(stop)
        head.watt_seconds += _STANDBY_WATTS * int((stop - start).total_seconds())
        if drawing or was_drawing or stop.minute == 0:
            interval = head.read(stop)
            data = (
                with_phases(head.serial, interval, 3, rng, volts=stop.minute == 0)
                if drawing
                else energy_only(head.serial, interval)
            )
            yield report.measurement(cabinet, None, interval.start, stop, data)
