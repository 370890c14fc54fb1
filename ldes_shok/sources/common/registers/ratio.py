"""Detects a register in the wrong unit: compares its change with the power over the same time.

Kilowatt-hours sent as watt-hours change a thousand times too slowly. One comparison may be wrong
for many reasons, so three in a row must agree. Numbers are floats: the compared values differ by
orders of magnitude, and none of them is published.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Final

from ldes_shok.sources.common.registers.memory import Ratio, ReadingWindow, Span

ENOUGH: Final = 3
"""Comparisons in a row."""

_LEAST_WH: Final = 100.0
_MOST_WH: Final = 10_000.0
"""A window without a verdict up to here never gets one; a register may move in steps of 1 kWh."""

_LONGEST_GAP: Final = timedelta(minutes=20)
"""Readings every quarter of an hour, one of them late."""

_REST: Final = timedelta(hours=1)
"""How long a meter that was right is not checked: people change units by hand."""

_THOUSANDFOLD: Final = (500.0, 2000.0)
_SOUND: Final = 20.0
"""Coarse registers, and power that changes between two readings, deviate less than this."""

_MOST_SPANS: Final = 8
_SECONDS_PER_HOUR: Final = 3600


class _Verdict(Enum):
    """The verdict of a window on the unit. A window that never gets one starts anew."""

    SOUND = auto()
    THOUSANDFOLD = auto()
    NONE_YET = auto()
    NEVER = auto()


def is_suspect(known: Ratio, at: datetime) -> bool:
    """Whether the register of a reading has the wrong unit."""
    return any(span.holds(at) for span in known.spans)


def seen(known: Ratio, at: datetime) -> Ratio:
    """The evidence after a reading that cannot be compared; earlier readings no longer count."""
    if (known.window is None and not known.evidence) or not _counts(known, at):
        return known
    return Ratio(at, known.window, known.evidence, known.spans)


def compared(known: Ratio, at: datetime, register_wh: float, watts: float) -> Ratio:
    """The evidence after a reading.

    Args:
        known: the evidence before it.
        at: its time, aware UTC; if it is not later than the times before, it proves nothing.
        register_wh: its register.
        watts: the power then.
    """
    window = known.window
    is_idle = window is None and not watts and not known.evidence
    if is_idle or not _counts(known, at):
        return known
    fresh = ReadingWindow(register_wh, at, watts) if watts > 0 else None
    if window is None or at - window.at > _LONGEST_GAP or register_wh < window.register_wh:
        return Ratio(at, fresh, known.evidence, known.spans)
    grown = _grown(window, at, watts)
    match _verdict(grown.expected_wh, register_wh - window.register_wh):
        case _Verdict.SOUND:
            return Ratio(at + _REST, None, 0, _closed(known.spans, at))
        case _Verdict.THOUSANDFOLD:
            evidence = min(known.evidence + 1, ENOUGH)
            spans = _opened(known.spans, at) if evidence == ENOUGH else known.spans
            return Ratio(at, fresh, evidence, spans)
        case _Verdict.NONE_YET:
            return Ratio(at, grown, known.evidence, known.spans)
        case _Verdict.NEVER:
            return Ratio(at, fresh, known.evidence, known.spans)


def _grown(window: ReadingWindow, at: datetime, watts: float) -> ReadingWindow:
    hours = (at - window.at).total_seconds() / _SECONDS_PER_HOUR
    expected_wh = window.expected_wh + (window.watts + watts) / 2 * hours
    return ReadingWindow(window.register_wh, at, watts, expected_wh)


def _verdict(expected_wh: float, moved_wh: float) -> _Verdict:
    if expected_wh < _LEAST_WH:
        return _Verdict.NONE_YET
    low, high = _THOUSANDFOLD
    if moved_wh:
        ratio = max(expected_wh / moved_wh, moved_wh / expected_wh)
        if ratio < _SOUND:
            return _Verdict.SOUND
        if low < ratio < high:
            return _Verdict.THOUSANDFOLD
    # A leap is a change of the meter or of its unit, or the return from 0.
    is_leap = moved_wh > high * expected_wh
    return _Verdict.NEVER if is_leap or expected_wh > _MOST_WH else _Verdict.NONE_YET


def _counts(known: Ratio, at: datetime) -> bool:
    return known.after is None or at > known.after


def _opened(spans: tuple[Span, ...], at: datetime) -> tuple[Span, ...]:
    if spans and spans[-1].until is None:
        return spans
    return (*spans, Span(at))[-_MOST_SPANS:]


def _closed(spans: tuple[Span, ...], at: datetime) -> tuple[Span, ...]:
    if not spans or spans[-1].until is not None:
        return spans
    return (*spans[:-1], Span(spans[-1].since, at))
