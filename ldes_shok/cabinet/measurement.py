"""Measurements: readings with one fixed unit per quantity."""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from ldes_shok.cabinet.fields import (
    DecimalText,
    Flag,
    Instant,
    Name,
    Text64,
    check_distinct,
    wrong,
)
from ldes_shok.cabinet.instants import check_instant, parse_instant

Quantity = Literal[
    "energy.import.register",
    "energy.export.register",
    "energy.import.interval",
    "energy.export.interval",
    "power.import",
    "power.export",
    "power.demand",
    "power.apparent",
    "power.factor",
    "current",
    "current.residual",
    "voltage",
    "frequency",
    "temperature",
]
Phase = Literal["total", "L1", "L2", "L3", "N", "L1-L2", "L2-L3", "L3-L1"]
Unit = Literal["Wh", "W", "VA", "1", "A", "mA", "V", "Hz", "Cel"]
Stat = Literal["instant", "mean", "max", "min"]
Context = Literal["periodic", "clock", "begin", "end", "trigger", "other"]
"""Why a measurement was sent: by period, by the clock, or at the begin or end of a session."""

MOST_READINGS: Final = 64
"""The most readings of one measurement."""

UNIT_OF: Final[dict[str, Unit]] = {
    "energy.import.register": "Wh",
    "energy.export.register": "Wh",
    "energy.import.interval": "Wh",
    "energy.export.interval": "Wh",
    "power.import": "W",
    "power.export": "W",
    "power.demand": "W",
    "power.apparent": "VA",
    "power.factor": "1",
    "current": "A",
    "current.residual": "mA",
    "voltage": "V",
    "frequency": "Hz",
    "temperature": "Cel",
}


class Period(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A half-open interval [start, end)."""

    start: Instant
    end: Instant

    def __post_init__(self) -> None:
        check_instant("start", self.start)
        check_instant("end", self.end)
        if parse_instant(self.start) >= parse_instant(self.end):
            raise wrong("end", f"must be later than start, {self.start}")

    def contains(self, at: str) -> bool:
        """Whether the `Instant` lies in the period."""
        return parse_instant(self.start) <= parse_instant(at) < parse_instant(self.end)


class RegisterReading(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A meter register at the start or end of a session, Wh."""

    value: DecimalText
    unit: Literal["Wh"]
    meter: Name


class Reading(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, rename="camel"
):
    """One value of one quantity on one phase."""

    quantity: Quantity
    phase: Phase
    value: DecimalText
    unit: Unit
    stat: Stat | None = None
    max_at: Instant | None = None
    flags: Annotated[tuple[Flag, ...], Meta(max_length=8)] = ()

    def __post_init__(self) -> None:
        expected = UNIT_OF[self.quantity]
        if self.unit != expected:
            raise wrong("unit", f"must be {expected} for {self.quantity}, not {self.unit}")
        if self.max_at is not None:
            check_instant("maxAt", self.max_at)
        if self.flags:
            check_distinct("flags", self.flags)


class MeasurementData(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The readings of one meter at one time, or over one period."""

    readings: Annotated[tuple[Reading, ...], Meta(min_length=1, max_length=MOST_READINGS)]
    meter: Name | None = None
    period: Period | None = None
    context: Context | None = None
    session: Text64 | None = None

    def __post_init__(self) -> None:
        seen: set[tuple[str, str, str | None]] = set()
        for index, reading in enumerate(self.readings):
            quantity = reading.quantity
            if self.meter is None and quantity.endswith(".register"):
                raise wrong("meter", f"is missing: {quantity} is the register of which meter?")
            if self.period is None and quantity.endswith((".interval", ".demand")):
                raise wrong("period", f"is missing: {quantity} is over which time?")
            slot = (quantity, reading.phase, reading.stat)
            if slot in seen:
                raise wrong(
                    f"readings[{index}]",
                    f"gives {quantity} on {reading.phase} a second time: send one event per "
                    "instant and context",
                )
            seen.add(slot)
