"""Formats numbers in Dutch: dots between thousands, a comma before decimals."""

from __future__ import annotations

import re
from typing import Final

_DECIMAL: Final = re.compile(r"([+-]?[0-9]+)\.([0-9]+)(?= |$)")


def integer_nl(number: int) -> str:
    """Return a count with dots between thousands: `12.345`."""
    return f"{number:,}".replace(",", ".")


def counted(number: int, one: str, many: str) -> str:
    """Return a count with its noun: `1 lid`, `12.345 leden`."""
    return f"{integer_nl(number)} {one if number == 1 else many}"


def decimal_comma(text: str) -> str:
    """Return `2.867 kW` as `2,867 kW`: beside the count `7.241`, the dot would mean thousands.

    Only a number at the beginning changes; all other text stays as it is.
    """
    return _DECIMAL.sub(r"\1,\2", text, count=1) if _DECIMAL.match(text) else text
