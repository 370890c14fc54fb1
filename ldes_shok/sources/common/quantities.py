"""A vendor's number as a reading's value: the same digits, with the decimal point moved.

A number is multiplied only if the settings have a `scale`. Powers of ten of a unit only move the
point: 1284.530 kWh is 1284530 Wh, and no digit is lost or invented.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from types import MappingProxyType
from typing import Final, NamedTuple

from ldes_shok.cabinet.measurement import UNIT_OF

_NUMBER: Final = re.compile(r"^[+-]?[0-9]{1,40}(?:\.[0-9]{1,40})?(?:[eE][+-]?[0-9]{1,2})?\Z")
_BRACKETED: Final = re.compile(r"^\[\s*([^\[\],]+?)\s*\]\Z")
_CANONICAL: Final = re.compile(r"^-?[0-9]{1,12}(?:\.[0-9]{1,6})?\Z")
_DIGITS: Final = 200
"""Precision of a calculation: no product of two numbers as above is rounded."""

_MOST_DECIMALS: Final = Decimal("1e-6")
_UNSCALED: Final = Decimal(1)


class VendorUnit(NamedTuple):
    """A unit: its base unit and the power of ten."""

    base: str
    power: int


def _units() -> Mapping[str, VendorUnit]:
    prefixes = {"m": -3, "": 0, "k": 3, "M": 6, "G": 9}
    units = {
        f"{prefix}{base}": VendorUnit(base, power)
        for base in ("Wh", "W", "VA", "A", "V", "Hz")
        for prefix, power in prefixes.items()
    }
    for celsius in ("Cel", "C", "°C"):
        units[celsius] = VendorUnit("Cel", 0)
    return MappingProxyType(units | {"1": VendorUnit("1", 0), "%": VendorUnit("1", -2)})


UNITS: Final = _units()
"""The units that a vendor may use."""


class ReadingValue(NamedTuple):
    """A reading's value in its quantity's unit. `is_rounded`: it had more than six decimals."""

    text: str
    is_rounded: bool = False


def fits(unit: str, quantity: str) -> bool:
    """Whether this unit can express a quantity."""
    return unit in UNITS and UNITS[unit].base == UNITS[UNIT_OF[quantity]].base


def number_of(value: object) -> Decimal | None:
    """The number of a JSON number, or of text that is a number; None for anything else.

    Text such as `[1284]` counts too: gateways that read registers write a list of one.
    """
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        return None
    text = str(value).strip()
    if isinstance(value, str) and (bracketed := _BRACKETED.match(text)):
        text = bracketed[1]
    return Decimal(text) if _NUMBER.match(text) else None


def is_sentinel(value: object, sentinels: Collection[str]) -> bool:
    """Whether a value is one of those that mean "no value": the same text, or the same number."""
    if not sentinels:
        return False
    if isinstance(value, str) and value in sentinels:
        return True
    number = number_of(value)
    return number is not None and any(number == number_of(sentinel) for sentinel in sentinels)


def converted(
    number: Decimal, unit: str, quantity: str, scale: Decimal = _UNSCALED
) -> ReadingValue | None:
    """A vendor's number in the unit of `quantity`.

    Args:
        number: as the vendor wrote it.
        unit: the vendor's unit.
        quantity: of the reading.
        scale: what the number is multiplied with first.

    Returns:
        The value; None if the unit does not fit the quantity, or if it has more than twelve digits
        before the point.
    """
    if not fits(unit, quantity):
        return None
    shift = UNITS[unit].power - UNITS[UNIT_OF[quantity]].power
    with localcontext() as context:
        context.prec = _DIGITS
        context.rounding = ROUND_HALF_EVEN
        exact = (number if scale == 1 else number * scale).scaleb(shift)
        text = f"{exact:f}"
        is_rounded = False
        if len(text.partition(".")[2]) > 6:
            # A binary fraction written out in full has more digits than were measured.
            near = exact.quantize(_MOST_DECIMALS)
            text, is_rounded = f"{near:f}", near != exact
    return ReadingValue(text, is_rounded) if _CANONICAL.match(text) else None
