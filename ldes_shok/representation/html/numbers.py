"""Numbers as Dutch writes them: dots between thousands, a comma before decimals."""

from __future__ import annotations

import re
from typing import Final

_DECIMAL: Final = re.compile(r"([+-]?[0-9]+)\.([0-9]+)(?= |$)")


def integer_nl(number: int) -> str:
    """A count with dots between thousands: `12.345`."""
    return f"{number:,}".replace(",", ".")


def counted(number: int, one: str, many: str) -> str:
    """`1 lid`, `12.345 leden`."""
    return f"{integer_nl(number)} {one if number == 1 else many}"


def decimal_comma(text: str) -> str:
    """`2.867 kW` as `2,867 kW`: beside `7.241` for a count, the dot would be read as thousands.

    Only a number at the beginning is meant; all other text stays as it is.
    """
    return _DECIMAL.sub(r"\1,\2", text, count=1) if _DECIMAL.match(text) else text
