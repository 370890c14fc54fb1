"""Decimals as text: what a meter said keeps its digits."""

from __future__ import annotations


def point_right(lexical: str, places: int) -> str:
    """A decimal with its point moved to the right: kWh as Wh. No digit changes or is lost."""
    sign = "-" if lexical.startswith("-") else ""
    whole, _, fraction = lexical.removeprefix("-").partition(".")
    fraction = fraction.ljust(places, "0")
    whole = (whole + fraction[:places]).lstrip("0") or "0"
    rest = fraction[places:]
    return f"{sign}{whole}.{rest}" if rest else f"{sign}{whole}"
