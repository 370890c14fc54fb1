"""Converts the texts in cells to values of the canonical event; a ValueError says what to do.

The digits of a reading never change. Only its decimal sign changes, and the place of the point if
the unit differs.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from ldes_shok.cabinet.encode import instant_text
from ldes_shok.sources.common.clocks import in_zone

_PLAIN: Final = re.compile(r"-?[0-9]+(?:[.,][0-9]+)?", re.ASCII)
_GROUPED: Final = re.compile(r"-?[0-9]{1,3}([.,'\u00a0\u202f ])[0-9]{3}(?:\1[0-9]{3})*", re.ASCII)
_GROUPED_DECIMAL: Final = re.compile(
    r"(-?[0-9]{1,3}(?:([.,'\u00a0\u202f ])[0-9]{3})(?:\2[0-9]{3})*)([.,])([0-9]+)", re.ASCII
)
_SIGNS: Final = {"comma": ",", "point": "."}
_ISO: Final = re.compile(
    r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})"
    r"(?:[T ]+([0-9]{1,2})[:uh]([0-9]{2})(?::([0-9]{2})(?:[.]0+)?)?\s*"
    r"(Z|[+-][0-9]{2}:?[0-9]{2})?)?",
    re.ASCII,
)
_LOCAL: Final = re.compile(
    r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})"
    r"(?:[T ,]+([0-9]{1,2})[:uh.]([0-9]{2})(?::([0-9]{2}))?)?",
    re.ASCII,
)
_CLOCK: Final = re.compile(r"([0-9]{1,2})[:uh.]([0-9]{2})(?::([0-9]{2}))?", re.ASCII)


def number(text: str) -> str:
    """A number in which nothing separates thousands (a position, a current).

    Raises:
        ValueError: it is no number.
    """
    if _PLAIN.fullmatch(text) is None:
        raise ValueError(f"{shown(text)} is not a number: write digits with one decimal sign")
    return text.replace(",", ".")


def reading(text: str, decimal: str, delimiter: str) -> str:
    """A meter's register with a point as its decimal sign and unchanged digits.

    `1.234` is 1234 to some people and 1,234 to others. `auto` reads such a number only if the file
    decides: a comma is decimal in a file of semicolons, a point in a file of commas.

    Args:
        text: the cell.
        decimal: `comma`, `point` or `auto`.
        delimiter: between the cells of its file.

    Raises:
        ValueError: it is no number, or it can be read in two ways.
    """
    both = _GROUPED_DECIMAL.fullmatch(text)
    if both and both[2] != both[3]:
        if _SIGNS.get(decimal, both[3]) != both[3]:
            raise ValueError(f"{shown(text)} has its decimal sign in an unexpected place")
        return f"{_digits(both[1])}.{both[4]}"
    grouped = _GROUPED.fullmatch(text)
    if grouped and (grouped[1] not in ",." or text.count(grouped[1]) > 1):
        return _digits(text)
    if grouped:
        sign = _SIGNS.get(decimal) or {";": ",", "\t": ",", ",": "."}.get(delimiter)
        if decimal == "auto" and sign != grouped[1]:
            raise ValueError(
                f"{shown(text)} can be read in two ways: write it without a sign between the "
                "thousands, or set the source's `decimal`"
            )
        if sign != grouped[1]:
            return _digits(text)
    plain = number(text)
    if plain != text and decimal == "point":
        raise ValueError(f"{shown(text)} has a comma, and the source's `decimal` is point")
    if "." in text and decimal == "comma":
        raise ValueError(f"{shown(text)} has a point, and the source's `decimal` is comma")
    return plain


def instant(
    date: str, time: str, zone: str, order: str, *, at_midnight: bool = False
) -> tuple[str, tuple[str, ...]]:
    """A moment in UTC, and flags for what is odd about it.

    An hour that comes twice, when the clock is put back, counts as the first one.

    Args:
        date: a date, or a date and a time.
        time: a time of day; empty if `date` has it.
        zone: IANA name, for times without an offset.
        order: `dmy` or `mdy`, for dates that end with the year.
        at_midnight: whether a date alone means its beginning.

    Raises:
        ValueError: it cannot be read, or does not exist.
    """
    local, offset, has_time = _parts(date, order)
    if time:
        clock = _CLOCK.fullmatch(time)
        if clock is None:
            raise ValueError(f"{shown(time)} is not a time of day: write it as 14:30")
        local = (*local[:3], int(clock[1]), int(clock[2]), int(clock[3] or 0))
    elif not has_time and not at_midnight:
        raise ValueError("says a day and no time: add a column with the time, or a default for it")
    if offset:
        text = "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}".format(*local)
        return instant_text(_existing(f"{text}{offset}").astimezone(UTC)), ()
    naive = _existing("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}".format(*local))
    at, odd = in_zone(naive, ZoneInfo(zone))
    return instant_text(at), odd


def shown(text: str) -> str:
    """A cell, cut short for an error message."""
    return text if len(text) <= 40 else f"{text[:39]}…"


def _existing(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        # No zone can be applied within a day of the first and the last year.
        if not 1970 <= moment.year <= 9998:
            raise ValueError("year out of range")  # noqa: TRY301  one sentence for both
    except ValueError as error:
        raise ValueError(f"{text} is a time that does not exist") from error
    return moment


def _parts(text: str, order: str) -> tuple[tuple[int, int, int, int, int, int], str, bool]:
    if iso := _ISO.fullmatch(text):
        year, month, day = int(iso[1]), int(iso[2]), int(iso[3])
        found, offset = iso, iso[7] or ""
    elif local := _LOCAL.fullmatch(text):
        first, second, year = int(local[1]), int(local[2]), int(local[3])
        day, month = (first, second) if order == "dmy" else (second, first)
        found, offset = local, ""
    else:
        raise ValueError(
            f"{shown(text)} is not a date: write it as 2026-05-12, or as 12/05/2026, with four "
            "digits for the year"
        )
    offset = "+00:00" if offset == "Z" else offset
    clock = int(found[4] or 0), int(found[5] or 0), int(found[6] or 0)
    return (year, month, day, *clock), offset, found[4] is not None


def _digits(text: str) -> str:
    return re.sub(r"[^0-9-]", "", text)
