"""Numbers and times of a notification, exactly as they were written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation, localcontext
from typing import Final

import msgspec

from ldes_shok.cabinet.measurement import UNIT_OF
from ldes_shok.cabinet.syntax import check_depth, check_encoding, check_names
from ldes_shok.errors import EventRejected
from ldes_shok.sources.decoder import Refusal

MAX_BYTES: Final = 5_000_000
_MOST_DIGITS: Final = 40
_MOST_DECIMALS: Final = Decimal("1e-6")
_NUMBER: Final = re.compile(r"^[+-]?[0-9]{1,40}(?:\.[0-9]{1,40})?(?:[eE][+-]?[0-9]{1,2})?\Z")
_CANONICAL: Final = re.compile(r"^-?[0-9]{1,12}(?:\.[0-9]{1,6})?\Z")
_INSTANT: Final = re.compile(
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.,][0-9]{1,9})?"
    r"(Z|[+-][0-9]{2}:?[0-9]{2})?\Z"
)
_POWER_OF_TEN: Final = {
    "Wh": ("Wh", 0), "kWh": ("Wh", 3), "MWh": ("Wh", 6),
    "W": ("W", 0), "kW": ("W", 3), "MW": ("W", 6),
    "VA": ("VA", 0), "kVA": ("VA", 3),
    "A": ("A", 0), "mA": ("A", -3),
    "V": ("V", 0), "mV": ("V", -3), "kV": ("V", 3),
    "1": ("1", 0), "%": ("1", -2), "Hz": ("Hz", 0), "Cel": ("Cel", 0),
}  # fmt: skip
UNIT_CODES: Final = {
    "WHR": "Wh", "KWH": "kWh", "MWH": "MWh", "WTT": "W", "KWT": "kW", "MAW": "MW", "D46": "VA",
    "KVA": "kVA", "AMP": "A", "4K": "mA", "VLT": "V", "2Z": "mV", "KVT": "kV", "C62": "1",
    "P1": "%", "HTZ": "Hz", "CEL": "Cel",
}  # fmt: skip
"""`unitCode` of a property, UN/CEFACT Recommendation 20, which NGSI-LD asks for (4.5.2)."""

UNITS: Final = frozenset(_POWER_OF_TEN)


def _exact(text: str) -> Decimal | str:
    # An exponent of a million digits is no number of ours, and no reason to fail either.
    try:
        return Decimal(text)
    except InvalidOperation:
        return text


_DECODER: Final = msgspec.json.Decoder(float_hook=_exact)


@dataclass(frozen=True, slots=True)
class Value:
    """A reading's value in its quantity's unit; `is_rounded`: it had more than six decimals."""

    text: str
    is_rounded: bool = False


def read(payload: bytes) -> object | Refusal:
    """The value of a body; numbers with a fraction are Decimal, others int."""
    if len(payload) > MAX_BYTES:
        return Refusal("too_large", f"a notification has at most {MAX_BYTES} bytes")
    try:
        check_encoding(payload)
        check_depth(payload)
        value: object = _DECODER.decode(payload)
        check_names(payload)
    except EventRejected as error:
        return Refusal("not_json", str(error))
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        return Refusal("not_json", f"the body is not JSON: {error}")
    return value


def number_of(value: object) -> Decimal | None:
    """A JSON number, or text that is one; None of everything else."""
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        return None
    text = str(value)
    return Decimal(text) if _NUMBER.match(text) else None


def converted(number: Decimal, unit: str, quantity: str) -> Value | None:
    """A number in the unit of a quantity, its point moved.

    Returns:
        The value; None if the unit is not one of this quantity, or there are too many digits.
    """
    base, power = _POWER_OF_TEN.get(unit, ("", 0))
    wanted, wanted_power = _POWER_OF_TEN[UNIT_OF[quantity]]
    if base != wanted:
        return None
    with localcontext() as context:
        context.prec = 4 * _MOST_DIGITS
        exact = number.scaleb(power - wanted_power)
        text = f"{exact:f}"
        is_rounded = False
        if len(text.partition(".")[2]) > 6:
            # A binary fraction written out in full has more digits than anybody measured.
            near = exact.quantize(_MOST_DECIMALS)
            text, is_rounded = f"{near:f}", near != exact
    return Value(text, is_rounded) if _CANONICAL.match(text) else None


def instant(text: object) -> tuple[datetime, bool] | None:
    """A time in UTC, and whether it names its zone; None if it is no time.

    A time without a zone comes back as if it were UTC: whoever takes it must hold it back.
    """
    if not isinstance(text, str) or not _INSTANT.match(text):
        return None
    try:
        at = datetime.fromisoformat(text)
        return (at.replace(tzinfo=UTC), False) if at.tzinfo is None else (at.astimezone(UTC), True)
    except (ValueError, OverflowError):
        return None
