"""Titles of nodes: `2026/05/12/18/p3` is the hour 18-19 of 12 May 2026, sheet 3."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ldes_shok.representation.html.dates import MONTHS
from ldes_shok.representation.html.pages import Link

_EN_DASH = "\u2013"
_HOURS: Final = 24


def _is_leaf(segment: str) -> bool:
    return segment.startswith("p") and segment[1:].isdigit()


def _clock(numbers: Sequence[int]) -> str:
    """Return the bucket `[hour]`, or the start of `[hour, minute]` or `[hour, minute, second]`."""
    if len(numbers) == 1:
        return f"{numbers[0]}{_EN_DASH}{numbers[0] % _HOURS + 1} u (UTC)"
    return ":".join(f"{number:02d}" for number in numbers) + " (UTC)"


def period_words(path: str) -> str:
    """Return the period of a node: `2026`, `mei 2026`, `12 mei 2026 18-19 u (UTC)`.

    Empty for the root. A sheet adds `, blad 3`. A path of another pattern stays as it is.
    """
    segments = path.split("/") if path else []
    sheet = ""
    if segments and _is_leaf(segments[-1]):
        sheet = f"blad {segments.pop()[1:]}"
    if not all(segment.isdigit() for segment in segments):
        return path
    numbers = [int(segment) for segment in segments]
    match numbers:
        case []:
            words = ""
        case [year]:
            words = f"{year:04d}"
        case [year, month]:
            words = f"{MONTHS[month - 1]} {year:04d}"
        case [year, month, day_number]:
            words = f"{day_number} {MONTHS[month - 1]} {year:04d}"
        case [year, month, day_number, *rest]:
            words = f"{day_number} {MONTHS[month - 1]} {year:04d} {_clock(rest)}"
        case _:
            words = path
    return ", ".join(part for part in (words, sheet) if part)


def node_title(stream_title: str, path: str) -> str:
    """Return `Kasten, 12 mei 2026 18-19 u (UTC), blad 3`; the root: `Kasten, alles in de tijd`."""
    return f"{stream_title}, {period_words(path) or 'alles in de tijd'}"


def segment_label(path: str) -> str:
    """Return the last step of a path: `2026`, `mei`, `12 mei`, `blad 3`."""
    segments = path.split("/")
    last = segments[-1]
    if _is_leaf(last):
        return f"blad {last[1:]}"
    if not all(segment.isdigit() for segment in segments):
        return last
    match [int(segment) for segment in segments]:
        case [_, month]:
            return MONTHS[month - 1]
        case [_, month, day_number]:
            return f"{day_number} {MONTHS[month - 1]}"
        case [_, _, _, *clock]:
            return _clock(clock)
        case _:
            return last


def breadcrumb(home: Link, stream: Link, view: Link, path: str) -> tuple[Link, ...]:
    """Return links to catalogue, stream, view and every node down to the page itself."""
    crumbs = [home, stream, view]
    segments = path.split("/") if path else []
    for depth in range(1, len(segments) + 1):
        here = "/".join(segments[:depth])
        crumbs.append(Link(segment_label(here), f"{view.url}/{here}"))
    return tuple(crumbs)
