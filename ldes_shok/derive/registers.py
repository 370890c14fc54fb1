"""A meter's register over time: which readings count, and where a new epoch begins. Pure.

A register only grows. Every fall is judged here, and never published as negative use:

- It falls and comes back (a controller that starts reports 0): the low readings do not count. The
  difference is booked when it is back.
- It falls and a configuration event gives a new start value: a new epoch begins. Nothing is
  counted across epochs.
- It falls within 1 % of its configured rollover: it rolled over.
- It falls and stays low: after `LOW_READINGS` readings in a row, over `LOW_US`, a new epoch is
  inferred. What happened between the two epochs is unknown.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final

import msgspec

from ldes_shok.derive.quarters import HOUR_US, floor_quarter

LOW: Final = -1
"""The epoch of a reading that does not count."""

LOW_READINGS: Final = 3
LOW_US: Final = HOUR_US
ROLLOVER_MARGIN: Final = Decimal("0.99")
KEEP_US: Final = 8 * 24 * HOUR_US
"""How late a reading may be and still change an interval: a week without a link, plus a day."""

_LEAST_POINTS: Final = 4


class Point(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A reading: its time (microseconds since 1970), its value (Wh) and its epoch.

    `laps` counts how often the register rolled over before.
    """

    at_us: int
    value: str
    epoch: int = 0
    laps: int = 0


class RegisterStart(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A configuration says that the register starts from `value` (Wh) at `at_us`."""

    at_us: int
    value: str


class Register(msgspec.Struct, frozen=True, array_like=True):
    """The memory of one register.

    Attributes:
        points: judged, ascending by time.
        starts: configured, ascending by time.
        rollover_wh: where it rolls over, empty if that is not configured.
        inferred: epochs that no configuration announced.
        tells: the meter reports its intervals itself, so none is derived.
    """

    points: tuple[Point, ...] = ()
    starts: tuple[RegisterStart, ...] = ()
    rollover_wh: str = ""
    inferred: tuple[int, ...] = ()
    tells: bool = False

    def height(self, point: Point) -> Decimal:
        """The value in Wh, with all laps before it."""
        value = Decimal(point.value)
        return value + point.laps * Decimal(self.rollover_wh) if point.laps else value


def with_points(register: Register, new: Iterable[Point]) -> Register:
    """The register with more readings; readings whose epoch may change are judged again."""
    fresh = {point.at_us: point for point in new}
    known = register.points
    newest_us = max([*fresh, *(point.at_us for point in known[-1:])], default=0)
    fresh = {at_us: p for at_us, p in fresh.items() if at_us > newest_us - KEEP_US}
    if not fresh:
        return register
    is_late = bool(known) and min(fresh) <= known[-1].at_us
    if is_late:
        merged = {**{point.at_us: point for point in known}, **fresh}
        return _judged_from(register, [merged[at_us] for at_us in sorted(merged)], 0)
    return _judged_from(register, [*known, *(fresh[at] for at in sorted(fresh))], len(known) - 1)


def _judged_from(register: Register, points: list[Point], index: int) -> Register:
    """The register with these readings, judged from the last counting one before `index`."""
    index = max(index, 0)
    while index > 0 and points[index].epoch == LOW:
        index -= 1
    judged, inferred = _judged(register, points[index:])
    start = max(index - 1, 0)
    kept = points[:start] + _compact(points[start:index] + judged)
    too_old = bisect_left(kept, kept[-1].at_us - KEEP_US, key=lambda p: p.at_us)
    kept = kept[max(0, min(too_old, len(kept) - _LEAST_POINTS)) :]
    return msgspec.structs.replace(
        register, points=tuple(kept), inferred=(*register.inferred, *inferred)
    )


def with_start(register: Register, start: RegisterStart) -> Register:
    """The register with the initial value from a configuration."""
    starts = {known.at_us: known for known in register.starts}
    starts[start.at_us] = start
    register = msgspec.structs.replace(register, starts=tuple(starts[at] for at in sorted(starts)))
    return _judged_from(register, list(register.points), 0) if register.points else register


def _judged(register: Register, points: Sequence[Point]) -> tuple[list[Point], list[int]]:
    judged: list[Point] = []
    inferred: list[int] = []
    low: list[int] = []
    last: Point | None = None
    next_epoch = max((p.epoch for p in register.points), default=0) + 1
    for index, point in enumerate(points):
        if last is None:
            last = point if point.epoch != LOW else msgspec.structs.replace(point, epoch=0)
            judged.append(last)
            continue
        good = _following(register, last, point, next_epoch)
        if good is not None:
            next_epoch = max(next_epoch, good.epoch + 1)
            judged.append(good)
            last, low = good, []
            continue
        judged.append(Point(point.at_us, point.value, LOW))
        if low and Decimal(point.value) < Decimal(points[low[-1]].value):
            low = []
        low.append(index)
        if len(low) >= LOW_READINGS and point.at_us - points[low[0]].at_us >= LOW_US:
            for place in low:
                judged[place] = Point(points[place].at_us, points[place].value, next_epoch)
            inferred.append(next_epoch)
            next_epoch += 1
            last, low = judged[-1], []
    return judged, [epoch for epoch in inferred if epoch not in register.inferred]


def _following(register: Register, last: Point, point: Point, next_epoch: int) -> Point | None:
    """The reading after `last`, judged; None if it is lower and nothing explains it."""
    value = Decimal(point.value)
    if value >= Decimal(last.value):
        return Point(point.at_us, point.value, last.epoch, last.laps)
    for start in register.starts:
        if last.at_us < start.at_us <= point.at_us and value >= Decimal(start.value):
            return Point(point.at_us, point.value, next_epoch)
    if register.rollover_wh:
        round_wh = Decimal(register.rollover_wh)
        if Decimal(last.value) >= round_wh * ROLLOVER_MARGIN:
            return Point(point.at_us, point.value, last.epoch, last.laps + 1)
    return None


def _compact(points: Sequence[Point]) -> list[Point]:
    """The readings without those inside a quarter: intervals need only its first and last."""
    kept: list[Point] = []
    for index, point in enumerate(points):
        if kept and index < len(points) - 1:
            before, after = kept[-1], points[index + 1]
            same_epoch = before.epoch == point.epoch == after.epoch
            if same_epoch and floor_quarter(before.at_us) == floor_quarter(after.at_us):
                continue
        kept.append(point)
    return kept
