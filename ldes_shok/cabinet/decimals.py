"""Decimals as text: a meter's value keeps its digits, and only the point moves."""

from __future__ import annotations


def point_moved(lexical: str, places: int) -> str:
    """A decimal with its point moved to the right, or to the left if `places` is negative.

    From kWh to Wh the point moves by 3: `1284.530` becomes `1284530`. From Wh to kWh it moves by
    -3. No digit changes or is lost. Zeros in front stay if the point moves left, because they are
    digits of the meter; otherwise they are removed.
    """
    sign = "-" if lexical.startswith("-") else ""
    whole, _, fraction = lexical.removeprefix("-").partition(".")
    if places < 0:
        whole = whole.rjust(1 - places, "0")
        whole, fraction = whole[:places], whole[places:] + fraction
    else:
        fraction = fraction.ljust(places, "0")
        whole, fraction = (whole + fraction[:places]).lstrip("0") or "0", fraction[places:]
    return f"{sign}{whole}.{fraction}" if fraction else f"{sign}{whole}"
