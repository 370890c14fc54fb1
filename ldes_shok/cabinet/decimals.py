"""Decimals as text: what a meter sent keeps its digits, and only the point moves."""

from __future__ import annotations


def point_moved(lexical: str, places: int) -> str:
    """A decimal with its point moved to the right, to the left if `places` is negative.

    kWh become Wh by 3: `1284.530` is `1284530`; Wh become kWh by -3. No digit changes or is lost.
    Zeros in front stay where the point moves left, for they are digits of the meter; where it does
    not, they go.
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
