"""Months as numbers, YYYYMM: the names of the log's partitions."""

from __future__ import annotations

from typing import Final

from ldes_shok.clock import from_milliseconds

NO_MONTH: Final = 0
"""The number for rows that belong to a year or to the whole stream."""

_YEAR_LENGTH = 4
_MONTH_LENGTH = 7


def month_of(milliseconds: int) -> int:
    """The month in UTC of an instant, milliseconds since 1970."""
    instant = from_milliseconds(milliseconds)
    return instant.year * 100 + instant.month


def month_of_path(path: str) -> int:
    """The month that a node's path lies in (`2026/05/12/p1`); NO_MONTH above a month."""
    if len(path) < _MONTH_LENGTH or not path[_YEAR_LENGTH + 1 : _MONTH_LENGTH].isdigit():
        return NO_MONTH
    return int(path[:_YEAR_LENGTH]) * 100 + int(path[_YEAR_LENGTH + 1 : _MONTH_LENGTH])


def after(month: int) -> int:
    """The next month."""
    year, number = divmod(month, 100)
    return (year + 1) * 100 + 1 if number == 12 else month + 1


def year_of(month: int) -> int:
    """The year of a month."""
    return month // 100
