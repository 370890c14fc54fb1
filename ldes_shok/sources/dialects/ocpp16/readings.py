"""One sampled value: its quantity, its unit and its digits (OCPP 1.6, 7.43 and 7.31).

Quantities that this service does not publish (reactive energy, charge of a car) are skipped. A
value that should be a reading and is not is dropped alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, Final

from ldes_shok.cabinet import flags
from ldes_shok.cabinet.decimals import point_moved
from ldes_shok.cabinet.measurement import Phase, Quantity, Reading, Unit
from ldes_shok.sources.dialects.ocpp16.frame import text

ENERGY: Final = "Energy.Active.Import.Register"
_NUMBER: Final = re.compile(r"-?[0-9]{1,12}(?:\.[0-9]{1,12})?")
_LONG: Final = re.compile(r"-?[0-9]{1,12}\.[0-9]{4,40}")
_DECIMALS: Final = 6
_LEAST: Final = Decimal("1e-6")
_DIGITS: Final = 12


@dataclass(frozen=True, slots=True)
class _Measurand:
    """The conversion of a measurand to a reading.

    Attributes:
        units: each allowed unit, and the number of places that the point moves for our unit.
        default: the unit when none is given; the protocol has one for energy only.
    """

    quantity: Quantity
    unit: Unit
    units: Mapping[str, int]
    default: str
    is_default_ours: bool = True


_MEASURANDS: Final[Mapping[str, _Measurand]] = {
    ENERGY: _Measurand(
        "energy.import.register", "Wh", {"Wh": 0, "kWh": 3}, "Wh", is_default_ours=False
    ),
    "Energy.Active.Export.Register": _Measurand(
        "energy.export.register", "Wh", {"Wh": 0, "kWh": 3}, "Wh", is_default_ours=False
    ),
    "Power.Active.Import": _Measurand("power.import", "W", {"W": 0, "kW": 3}, "W"),
    "Power.Active.Export": _Measurand("power.export", "W", {"W": 0, "kW": 3}, "W"),
    "Power.Factor": _Measurand("power.factor", "1", {"": 0, "Percent": -2}, "", False),
    "Current.Import": _Measurand("current", "A", {"A": 0}, "A"),
    "Voltage": _Measurand("voltage", "V", {"V": 0}, "V"),
    # The protocol has no unit Hz, so a missing unit is not odd.
    "Frequency": _Measurand("frequency", "Hz", {"": 0, "Hz": 0}, "", False),
    # OCPP 1.6 first had the spelling "Celcius".
    "Temperature": _Measurand("temperature", "Cel", {"Celsius": 0, "Celcius": 0}, "Celsius"),
}
_PASSED_OVER: Final = frozenset({
    "Current.Export", "Current.Offered", "Energy.Reactive.Export.Register",
    "Energy.Reactive.Import.Register", "Energy.Active.Export.Interval",
    "Energy.Active.Import.Interval", "Energy.Reactive.Export.Interval",
    "Energy.Reactive.Import.Interval", "Power.Offered", "Power.Reactive.Export",
    "Power.Reactive.Import", "RPM", "SoC",
})  # fmt: skip
"""Not of a cabinet, or over an interval whose length the frame does not give."""

_PHASES: Final[Mapping[str, Phase]] = {
    "": "total", "L1": "L1", "L2": "L2", "L3": "L3", "N": "N", "L1-N": "L1", "L2-N": "L2",
    "L3-N": "L3", "L1-L2": "L1-L2", "L2-L3": "L2-L3", "L3-L1": "L3-L1",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sample:
    """A reading, or the sentence why it must be dropped."""

    reading: Reading | None
    dropped: str = ""


_NOTHING: Final = Sample(None)


def read_sample(sample: Mapping[str, Any], *, whole_station: bool) -> Sample:
    """The reading of a `sampledValue`; neither reading nor sentence if it is skipped.

    Args:
        sample: as sent.
        whole_station: whether it is the station's meter, at its inlet.
    """
    name = text(sample, "measurand", 64) or ENERGY
    measurand = _MEASURANDS.get(name)
    if name in _PASSED_OVER or not _is_ours(sample, name, whole_station=whole_station):
        return _NOTHING
    if measurand is None:
        return Sample(None, "a measurand is not one of OCPP 1.6")
    given = text(sample, "unit", 20)
    unit = given or measurand.default
    if unit not in measurand.units:
        return Sample(None, f"the unit of {name} must be {_words(measurand.units)}")
    phase = _PHASES.get(text(sample, "phase", 10))
    if phase is None:
        return Sample(None, f"the phase of {name} is not one of OCPP 1.6")
    odd = (flags.UNIT_DEFAULTED,) if measurand.is_default_ours and not given else ()
    value = shifted(sample.get("value"), measurand.units[unit])
    if value is None:
        value = rounded(sample.get("value"), measurand.units[unit])
        odd = (*odd, flags.ROUNDED)
    if value is None:
        return Sample(None, f"the value of {name} must be a decimal number, such as 1284.530")
    return Sample(Reading(measurand.quantity, phase, value, measurand.unit, flags=odd))


def _is_ours(sample: Mapping[str, Any], name: str, *, whole_station: bool) -> bool:
    """Whether it is measured at the outlet, and not signed data (which is not a number)."""
    if text(sample, "format", 20) == "SignedData":
        return False
    location = text(sample, "location", 20)
    return (
        location in {"", "Outlet"}
        or (location == "Inlet" and whole_station)
        or (location == "Body" and name == "Temperature")
    )


def shifted(value: object, places: int) -> str | None:
    """The digits of a number with the point moved right, left if negative; None without a number.

    No digit changes. NaN, an empty text, a comma, an exponent and more digits than an event may
    have give None.
    """
    match = _NUMBER.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        return None
    moved = point_moved(point_moved(match[0], 0), places) if places else match[0]
    digits, _, fraction = moved.partition(".")
    # Trailing zeros of a float have no meaning.
    fraction = fraction[:_DECIMALS] + fraction[_DECIMALS:].rstrip("0")
    if len(digits.removeprefix("-")) > _DIGITS or len(fraction) > _DECIMALS:
        return None
    return f"{digits}.{fraction}" if fraction else digits


def rounded(value: object, places: int) -> str | None:
    """A number with too many decimals for an event, rounded to six; None without a number.

    A float of 32 bits written out in full has more digits than were measured.
    """
    match = _LONG.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        return None
    exact = Decimal(point_moved(match[0], places))
    return shifted(f"{exact.quantize(_LEAST, ROUND_HALF_EVEN):f}", 0)


def _words(units: Mapping[str, int]) -> str:
    return " or ".join(unit or "left out" for unit in units)
