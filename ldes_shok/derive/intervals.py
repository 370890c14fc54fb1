"""From a register's readings to what was used in each quarter of an hour of UTC. Pure.

A boundary has the value of the reading nearest to it, within 30 s; else it lies on the line
between the readings around it, and the intervals that it bounds say so. A boundary counts once
there is a reading at or after it. So the intervals in a row add up to the difference of the
register, whatever the order in which the readings came.

Of an idle meter nothing is said but one zero, when it falls silent.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Final

from ldes_shok.derive.quarters import (
    QUARTER_US,
    SNAP_US,
    ceil_quarter,
    floor_quarter,
    nearest_quarter,
)
from ldes_shok.derive.registers import KEEP_US, LOW, Point, Register

INTERPOLATED: Final = "interpolated"
REGISTER_DIP: Final = "register_dip"
RESET_INFERRED: Final = "reset_inferred"
CORRECTED: Final = "corrected"


@dataclass(frozen=True, slots=True)
class Interval:
    """What was counted from `start_us` for a quarter of an hour; `wh` as text."""

    start_us: int
    wh: str
    flags: tuple[str, ...] = ()

    @property
    def end_us(self) -> int:
        """When it is over."""
        return self.start_us + QUARTER_US


@dataclass(frozen=True, slots=True)
class _Boundary:
    height: Decimal
    epoch: int
    interpolated: bool


def news(before: Register, after: Register) -> list[Interval]:
    """The intervals that readings brought: new ones, and those that now say something else."""
    from_us = _first_difference(before.points, after.points)
    if from_us is None:
        return []
    known, now = intervals(before, from_us), intervals(after, from_us)
    return [
        _corrected(interval) if start_us in known else interval
        for start_us, interval in sorted(now.items())
        if known.get(start_us) != interval
    ]


def intervals(register: Register, from_us: int = 0) -> Mapping[int, Interval]:
    """The intervals that end after `from_us`, by their start."""
    # The quarter before is needed to tell the first zero from the others, and before it a reading.
    look_us = floor_quarter(from_us) - 2 * QUARTER_US
    points = register.points
    first = max(0, bisect_left(points, look_us, key=lambda p: p.at_us) - 1)
    while first > 0 and points[first].epoch == LOW:
        first -= 1
    good = [point for point in points[first:] if point.epoch != LOW]
    low = [point.at_us for point in points[first:] if point.epoch == LOW]
    bounds = _boundaries(register, good)
    found: dict[int, Interval] = {}
    previous: Decimal | None = None
    previous_us = 0
    for start_us, start in bounds.items():
        end = bounds.get(start_us + QUARTER_US)
        if end is None or end.epoch != start.epoch:
            continue
        used = end.height - start.height
        was_used = previous_us == start_us - QUARTER_US and bool(previous)
        previous, previous_us = used, start_us
        if start_us + QUARTER_US > from_us and (used or was_used):
            flags = _flags(register, (start, end), start_us, low, bounds)
            found[start_us] = Interval(start_us, f"{used:f}", flags)
    return found


def _flags(
    register: Register,
    ends: tuple[_Boundary, _Boundary],
    start_us: int,
    low: Sequence[int],
    bounds: Mapping[int, _Boundary],
) -> tuple[str, ...]:
    flags = [INTERPOLATED] if any(end.interpolated for end in ends) else []
    place = bisect_left(low, start_us)
    if place < len(low) and low[place] < start_us + QUARTER_US:
        flags.append(REGISTER_DIP)
    epoch = ends[0].epoch
    if epoch in register.inferred:
        earlier = bounds.get(start_us - QUARTER_US)
        if earlier is None or earlier.epoch != epoch:
            flags.append(RESET_INFERRED)
    return tuple(flags)


def _boundaries(register: Register, good: Sequence[Point]) -> dict[int, _Boundary]:
    """The value at every boundary that has one, ascending."""
    times = [point.at_us for point in good]
    wanted: set[int] = set()
    for at_us in times:
        near_us = nearest_quarter(at_us)
        if near_us % QUARTER_US == 0:
            wanted.add(near_us)
    for before, after in pairwise(good):
        if before.epoch == after.epoch and after.at_us - before.at_us <= KEEP_US:
            wanted.update(range(ceil_quarter(before.at_us), after.at_us + 1, QUARTER_US))
    found: dict[int, _Boundary] = {}
    for boundary_us in sorted(wanted):
        value = _value_at(register, good, times, boundary_us)
        if value is not None:
            found[boundary_us] = value
    return found


def _value_at(
    register: Register, good: Sequence[Point], times: Sequence[int], boundary_us: int
) -> _Boundary | None:
    place = bisect_left(times, boundary_us)
    if place == len(good):
        return None  # nothing was read at or after it: a nearer reading may still come
    after, before = good[place], good[place - 1] if place else None
    near = [p for p in (before, after) if p and abs(p.at_us - boundary_us) <= SNAP_US]
    if near:
        nearest = min(near, key=lambda p: abs(p.at_us - boundary_us))
        return _Boundary(register.height(nearest), nearest.epoch, interpolated=False)
    if before is None or before.epoch != after.epoch:
        return None
    low, high = register.height(before), register.height(after)
    share = (high - low) * (boundary_us - before.at_us) / (after.at_us - before.at_us)
    unit = Decimal(1).scaleb(min(_exponent(low), _exponent(high)))
    return _Boundary((low + share).quantize(unit), before.epoch, interpolated=True)


def _exponent(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return min(exponent, 0) if isinstance(exponent, int) else 0


def _first_difference(before: Sequence[Point], after: Sequence[Point]) -> int | None:
    """From when on intervals may differ: the reading before the first that is other than it was."""
    if not before:
        return 0 if after else None
    if not after:
        return None
    old = {point.at_us: point for point in before}
    oldest_us = after[0].at_us
    changed = [p.at_us for p in after if old.get(p.at_us) != p]
    new = {point.at_us for point in after}
    changed += [
        p.at_us for p in before if p.at_us not in new and p.at_us >= oldest_us and p.epoch == LOW
    ]
    if not changed:
        return None
    place = bisect_left(before, min(changed), key=lambda p: p.at_us)
    while place > 0 and before[place - 1].epoch == LOW:
        place -= 1
    return before[place - 1].at_us if place else 0


def _corrected(interval: Interval) -> Interval:
    return Interval(interval.start_us, interval.wh, (*interval.flags, CORRECTED))
