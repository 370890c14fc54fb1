"""Calendar intervals in UTC as path segments: `2026/05/12/18`, zero-padded, half-open."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from enum import IntEnum

from ldes_shok.clock import from_milliseconds, to_milliseconds

_SEGMENTS = re.compile(r"\d{4}(?:/\d{2}){0,5}\Z", re.ASCII)
_LEAF = re.compile(r"p[1-9][0-9]*\Z")


class Level(IntEnum):
    """The number of segments of a calendar path."""

    ROOT = 0
    YEAR = 1
    MONTH = 2
    DAY = 3
    HOUR = 4
    MINUTE = 5
    SECOND = 6


_FORMATS = {
    Level.YEAR: "%Y",
    Level.MONTH: "%Y/%m",
    Level.DAY: "%Y/%m/%d",
    Level.HOUR: "%Y/%m/%d/%H",
    Level.MINUTE: "%Y/%m/%d/%H/%M",
    Level.SECOND: "%Y/%m/%d/%H/%M/%S",
}
_LENGTHS = {
    Level.DAY: timedelta(days=1),
    Level.HOUR: timedelta(hours=1),
    Level.MINUTE: timedelta(minutes=1),
    Level.SECOND: timedelta(seconds=1),
}


def path_of(milliseconds: int, level: Level) -> str:
    """The path of the interval at `level` that holds an instant."""
    return from_milliseconds(milliseconds).strftime(_FORMATS[level])


def bounds_of(path: str) -> tuple[int, int]:
    """The half-open interval of a calendar path, in milliseconds since 1970.

    Raises:
        ValueError: not a calendar path, or a day that does not exist.
    """
    if not _SEGMENTS.match(path):
        raise ValueError(f"not a calendar path: {path!r}")
    parts = [int(part) for part in path.split("/")]
    level = Level(len(parts))
    year, month, day, hour, minute, second = parts + [1, 1, 1, 0, 0, 0][len(parts) :]
    start = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    if level is Level.YEAR:
        end = start.replace(year=year + 1)
    elif level is Level.MONTH:
        end = start.replace(year=year + month // 12, month=month % 12 + 1)
    else:
        try:
            end = start + _LENGTHS[level]
        except OverflowError as error:
            raise ValueError(f"past the end of the calendar: {path!r}") from error
    return to_milliseconds(start), to_milliseconds(end)


def is_leaf_segment(segment: str) -> bool:
    """Whether a path segment names a leaf: `p1`, `p2`."""
    return _LEAF.match(segment) is not None


def is_node_path(path: str) -> bool:
    """Whether `path` can be a node's path: calendar segments that exist, then perhaps a leaf."""
    calendar, _, last = path.rpartition("/")
    if is_leaf_segment(last):
        path = calendar
    try:
        bounds_of(path)
    except ValueError:
        return False
    return True
