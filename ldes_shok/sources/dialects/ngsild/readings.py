"""Reads a property's value as readings: one for all phases together, or one for each phase."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ldes_shok.cabinet.flags import DIRECTION_SWAPPED, ROUNDED
from ldes_shok.cabinet.measurement import UNIT_OF, Phase, Quantity, Reading, Unit
from ldes_shok.sources.common.quantities import converted, number_of
from ldes_shok.sources.dialects.ngsild.entity import Attribute
from ldes_shok.sources.dialects.ngsild.rules import PHASES, MeasuredProperty
from ldes_shok.sources.dialects.ngsild.section import NgsiLdPlace

_UNIT_CODES: Final = {
    "WHR": "Wh", "KWH": "kWh", "MWH": "MWh", "WTT": "W", "KWT": "kW", "MAW": "MW", "D46": "VA",
    "KVA": "kVA", "AMP": "A", "4K": "mA", "VLT": "V", "2Z": "mV", "KVT": "kV", "C62": "1",
    "P1": "%", "HTZ": "Hz", "CEL": "Cel",
}  # fmt: skip
"""`unitCode` of a property: UN/CEFACT Recommendation 20, which NGSI-LD requires (4.5.2)."""


@dataclass(frozen=True, slots=True)
class Found:
    """The result of a property.

    Attributes:
        readings: the readable ones.
        is_incomplete: whether a value could not be read.
        is_negative: whether a power is negative, of an entity without a property of export.
    """

    readings: tuple[Reading, ...]
    is_incomplete: bool = False
    is_negative: bool = False


def readings(
    attribute: Attribute, rule: MeasuredProperty, place: NgsiLdPlace, *, exports: bool
) -> Found:
    """The readings in a property.

    Args:
        attribute: the property.
        rule: what it measures.
        place: the place; a register needs a meter.
        exports: whether the entity has a property of export, so that the sign of a power is its
            direction.
    """
    if rule.quantity.endswith(".register") and place.meter is None:
        return Found((), is_incomplete=True)
    value = attribute.value
    values = value if isinstance(value, dict) else {"": value}
    found: list[Reading] = []
    is_negative = False
    for name, each in values.items():
        phase: Phase | None = PHASES.get(name) if name else "total"
        reading = None if phase is None else _reading(attribute, rule, phase, each)
        if reading is None:
            continue
        if reading.value.startswith("-") and rule.quantity == "power.import":
            is_negative = is_negative or not exports
            reading = _turned(reading) if exports else reading
        found.append(reading)
    return Found(tuple(found), len(found) < len(values) or not values, is_negative)


def _reading(
    attribute: Attribute, rule: MeasuredProperty, phase: Phase, value: object
) -> Reading | None:
    number, unit = number_of(value), _unit(attribute, rule)
    if number is None or unit is None or number in rule.sentinels:
        return None
    if number < 0 and rule.quantity.startswith("energy."):
        return None
    # JSON has -0.0; it has no direction.
    ours = converted(number or abs(number), unit, rule.quantity)
    if ours is None:
        return None
    flags = (ROUNDED,) if ours.is_rounded else ()
    return Reading(
        rule.quantity, phase, ours.text, _ours(rule.quantity), stat=rule.stat, flags=flags
    )


def _unit(attribute: Attribute, rule: MeasuredProperty) -> str | None:
    if rule.unit is not None:
        return rule.unit
    if attribute.unit_code is None:
        return rule.assumed_unit
    return _UNIT_CODES.get(attribute.unit_code) if isinstance(attribute.unit_code, str) else None


def _turned(reading: Reading) -> Reading:
    # A negative consumption is an export: the same digits, the other direction.
    flags = (*reading.flags, DIRECTION_SWAPPED)
    return Reading(
        "power.export", reading.phase, reading.value[1:], reading.unit, reading.stat, flags=flags
    )


def _ours(quantity: Quantity) -> Unit:
    unit: Unit = UNIT_OF[quantity]  # the table is of these words
    return unit
