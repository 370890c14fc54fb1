"""Derives intervals for the meters that report only registers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final, cast

import msgspec

from ldes_shok.cabinet.decode import decode_event
from ldes_shok.cabinet.event import Clock, Configuration, Measurement
from ldes_shok.cabinet.incoming import Delivery
from ldes_shok.cabinet.measurement import MeasurementData, Period, Quantity, Reading
from ldes_shok.cabinet.stored_event import StoredMeasurement, stored_measurement
from ldes_shok.derive.base import counts, delivery, is_derived
from ldes_shok.derive.fold_state import Notebook
from ldes_shok.derive.intervals import INTERPOLATED, Interval, news
from ldes_shok.derive.quarters import (
    ceil_quarter,
    floor_quarter,
    nearest_quarter,
    to_text,
    to_us,
)
from ldes_shok.derive.registers import Point, Register, RegisterStart, with_points, with_start
from ldes_shok.log.records import EventRecord

NAME: Final = "intervals"
_DIRECTIONS: Final = ("import", "export")
_ALIGNED: Final = "clock"
_UNKNOWN_OUTLET: Final = "unknown_outlet"


class MeterNotes(msgspec.Struct, frozen=True, array_like=True):
    """The memory of one meter: a register per direction, and the outlet of the meter."""

    registers: dict[str, Register] = {}
    outlet: str | None = None


class _Readings:
    """The readings of one meter since the last round."""

    def __init__(self, tenant: str, cabinet: str, meter: str) -> None:
        self.tenant, self.cabinet, self.meter = tenant, cabinet, meter
        self.outlet: str | None = None
        self.clock: Clock = "S"
        self.historical = False
        self.points: dict[str, list[Point]] = {direction: [] for direction in _DIRECTIONS}
        self.with_intervals: set[str] = set()
        self.starts: list[RegisterStart] = []
        self.rollover_wh = ""


def _subject(tenant: str, cabinet: str, meter: str) -> str:
    """The subject of a meter's notes."""
    return f"meter/{tenant}/{cabinet}/{meter}"


class MeteringFold:
    """Folds registers into intervals."""

    def __init__(self) -> None:
        self._taken: dict[str, _Readings] = {}

    def take(self, event: EventRecord, notebook: Notebook) -> None:
        """Note the registers of a measurement, or the meters of a configuration."""
        if not counts(event) or is_derived(event):
            return
        if event.kind == "measurement":
            payload = event.payload
            if b'.register"' in payload or b'.interval"' in payload:
                measured = stored_measurement(payload)
                if not self._is_misplaced(event, measured, notebook):
                    self._measured(event, measured)
        elif event.kind == "configuration":
            configured = decode_event(event.payload)
            if isinstance(configured, Configuration):
                self._configured(event.tenant, configured, notebook)

    def give(
        self,
        now: datetime,
        notebook: Notebook,
        *,
        caught_up: bool,  # noqa: ARG002  a Fold
    ) -> Sequence[Delivery]:
        """The intervals that are new or have a changed value."""
        given: list[Delivery] = []
        for subject, readings in self._taken.items():
            notes = notebook.get(subject, MeterNotes) or MeterNotes()
            registers = dict(notes.registers)
            for direction in _DIRECTIONS:
                before = registers.get(direction, Register())
                after = _after(before, readings, direction)
                if after is before:
                    continue
                registers[direction] = after
                if not after.tells:
                    given += _deliveries(readings, direction, news(before, after), now)
            outlet = readings.outlet or notes.outlet
            after_notes = MeterNotes(registers, outlet)
            if after_notes != notes:
                notebook.put(subject, after_notes)
        self._taken.clear()
        return given

    def forget(self) -> None:
        """Drop what was taken: it is read again from the log."""
        self._taken.clear()

    def _of(self, tenant: str, cabinet: str, meter: str) -> _Readings:
        subject = _subject(tenant, cabinet, meter)
        if subject not in self._taken:
            self._taken[subject] = _Readings(tenant, cabinet, meter)
        return self._taken[subject]

    def _is_misplaced(
        self, event: EventRecord, measured: StoredMeasurement, notebook: Notebook
    ) -> bool:
        """Whether a reading waits for an outlet while its meter is known at another outlet."""
        waits = event.quarantine is not None and event.quarantine.code == _UNKNOWN_OUTLET
        meter = measured.data.meter
        if not waits or meter is None:
            return False
        readings = self._of(event.tenant, event.cabinet, meter)
        notes = notebook.get(_subject(event.tenant, event.cabinet, meter), MeterNotes)
        known = any(readings.points.values()) or (notes is not None and bool(notes.registers))
        outlet = readings.outlet or (notes.outlet if notes else None)
        return known and outlet != measured.outlet

    def _measured(self, event: EventRecord, measured: StoredMeasurement) -> None:
        meter = measured.data.meter
        if meter is None or measured.quality == "bad":
            return
        readings = self._of(event.tenant, event.cabinet, meter)
        readings.outlet, readings.clock = measured.outlet, measured.clock
        readings.historical |= measured.historical
        at_us = to_us(measured.observed_at)
        if measured.data.context == _ALIGNED:
            at_us = nearest_quarter(at_us)
        for reading in measured.data.readings:
            if not reading.quantity.startswith("energy.") or reading.phase != "total":
                continue
            direction, _, form = reading.quantity.removeprefix("energy.").partition(".")
            if form == "register":
                if not reading.value.startswith("-"):
                    readings.points[direction].append(Point(at_us, reading.value))
            else:
                readings.with_intervals.add(direction)

    def _configured(self, tenant: str, event: Configuration, notebook: Notebook) -> None:
        from_us = to_us(event.data.valid_from)
        for meter in event.data.meters:
            readings = self._of(tenant, event.cabinet, meter.serial)
            readings.outlet = meter.outlet
            readings.rollover_wh = meter.rollover_wh or readings.rollover_wh
            imported = readings.points["import"]
            if meter.initial is not None:
                readings.starts.append(RegisterStart(from_us, meter.initial))
                if not self._was_read(readings, from_us, notebook):
                    # Before its installation the meter counted nothing.
                    imported.append(Point(floor_quarter(from_us), meter.initial))
                    imported.append(Point(from_us, meter.initial))
            if meter.replaces is not None and meter.final is not None:
                old = self._of(tenant, event.cabinet, meter.replaces)
                old.outlet = old.outlet or meter.outlet
                old.points["import"].append(Point(from_us, meter.final))
                old.points["import"].append(Point(ceil_quarter(from_us), meter.final))

    def _was_read(self, readings: _Readings, before_us: int, notebook: Notebook) -> bool:
        """Whether the meter has a reading before a time."""
        subject = _subject(readings.tenant, readings.cabinet, readings.meter)
        notes = notebook.get(subject, MeterNotes)
        known = notes.registers.get("import", Register()).points if notes else ()
        return any(p.at_us < before_us for p in (*known, *readings.points["import"]))


def _after(before: Register, readings: _Readings, direction: str) -> Register:
    """A register after the new readings; the same object if nothing changes it."""
    after = before
    if direction in readings.with_intervals and not before.tells:
        after = msgspec.structs.replace(after, tells=True, points=())
    if after.tells:
        return after
    if direction == "import":
        if readings.rollover_wh and readings.rollover_wh != after.rollover_wh:
            after = msgspec.structs.replace(after, rollover_wh=readings.rollover_wh)
        for start in readings.starts:
            if start not in after.starts:
                after = with_start(after, start)
    points = readings.points[direction]
    return with_points(after, points) if points else after


def _deliveries(
    readings: _Readings, direction: str, found: Sequence[Interval], now: datetime
) -> Iterator[Delivery]:
    quantity = cast("Quantity", f"energy.{direction}.interval")
    for interval in found:
        end = to_text(interval.end_us)
        event = Measurement(
            v=1,
            cabinet=readings.cabinet,
            outlet=readings.outlet,
            observed_at=end,
            clock=readings.clock,
            historical=readings.historical,
            quality="estimated" if INTERPOLATED in interval.flags else "good",
            flags=interval.flags,
            data=MeasurementData(
                readings=(Reading(quantity, "total", interval.wh, "Wh"),),
                meter=readings.meter,
                period=Period(to_text(interval.start_us), end),
            ),
        )
        yield delivery(event, readings.tenant, NAME, now)
