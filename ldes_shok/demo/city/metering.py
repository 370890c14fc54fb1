"""Meters: registers that only grow, and their readings.

Whole numbers throughout (watt-seconds, decivolts, centiamperes): no float is ever rounded.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Final

from ldes_shok.cabinet.encode import instant_text
from ldes_shok.cabinet.measurement import MeasurementData, Period, Phase, Quantity, Reading, Unit

_PHASES: Final[tuple[Phase, ...]] = ("L1", "L2", "L3")
_VOLTAGE_DECIVOLTS: Final = (2285, 2345)


@dataclass(slots=True)
class Meter:
    """A meter with its register and the time of its last reading."""

    serial: str
    watt_seconds: int
    read_at: datetime
    read_watt_seconds: int

    @classmethod
    def new(cls, serial: str, initial_wh: int, start: datetime) -> Meter:
        """Return a meter that shows `initial_wh` at `start`."""
        return cls(serial, initial_wh * 3600, start, initial_wh * 3600)

    @property
    def wh(self) -> int:
        """The value of the register, Wh."""
        return self.watt_seconds // 3600

    def read(self, until: datetime) -> CountedInterval:
        """Read the register; return what was counted since the last reading."""
        seconds = int((until - self.read_at).total_seconds())
        interval = CountedInterval(
            start=self.read_at,
            end=until,
            register_wh=self.wh,
            energy_wh=self.wh - self.read_watt_seconds // 3600,
            mean_watts=(self.watt_seconds - self.read_watt_seconds) // max(1, seconds),
        )
        self.skip(until)
        return interval

    def skip(self, until: datetime) -> None:
        """Let the next interval begin at `until`."""
        self.read_at, self.read_watt_seconds = until, self.watt_seconds


@dataclass(frozen=True, slots=True)
class CountedInterval:
    """What a meter counted over [start, end)."""

    start: datetime
    end: datetime
    register_wh: int
    energy_wh: int
    mean_watts: int


def energy_only(meter: str, interval: CountedInterval) -> MeasurementData:
    """Return the reading of an idle head meter: register, interval, mean power."""
    return _measurement(meter, interval, ())


def with_phases(
    meter: str, interval: CountedInterval, phases: int, rng: Random, *, volts: bool
) -> MeasurementData:
    """Return energy and mean power; current and voltage on one phase, or one of them on three."""
    decivolts = [rng.randint(*_VOLTAGE_DECIVOLTS) for _ in range(phases)]
    centiamperes = [
        1000 * interval.mean_watts // (phases * level) * rng.randint(960, 1000) // 1000
        for level in decivolts
    ]
    currents = tuple(
        _reading("current", phase, fixed(value, 2), "A")
        for phase, value in zip(_PHASES, centiamperes, strict=False)
    )
    voltages = tuple(
        _reading("voltage", phase, fixed(value, 1), "V")
        for phase, value in zip(_PHASES, decivolts, strict=False)
    )
    if phases == 1:
        return _measurement(meter, interval, currents + voltages)
    return _measurement(meter, interval, voltages if volts else currents)


def fixed(value: int, decimals: int) -> str:
    """Format an integer in units of the last decimal: 1187 with 2 decimals is `11.87`."""
    whole, rest = divmod(value, 10**decimals)
    return f"{whole}.{rest:0{decimals}d}"


def _measurement(
    meter: str, interval: CountedInterval, extra: tuple[Reading, ...]
) -> MeasurementData:
    return MeasurementData(
        readings=(
            _reading("energy.import.register", "total", str(interval.register_wh), "Wh"),
            _reading("energy.import.interval", "total", str(interval.energy_wh), "Wh"),
            Reading(
                quantity="power.import",
                phase="total",
                value=str(interval.mean_watts),
                unit="W",
                stat="mean",
            ),
            *extra,
        ),
        meter=meter,
        period=Period(start=instant_text(interval.start), end=instant_text(interval.end)),
        context="clock",
    )


def _reading(quantity: Quantity, phase: Phase, value: str, unit: Unit) -> Reading:
    return Reading(quantity=quantity, phase=phase, value=value, unit=unit)
