"""From a register's readings to the use in each quarter of an hour of UTC. Pure.

A boundary takes the value of the nearest reading within 30 s. Without one, its value is
interpolated between the readings around it, and its intervals have a flag for that. A boundary
counts once there is a reading at or after it. So the intervals in a row add up to the difference of
the register, whatever the order of the readings.

An idle meter gives one interval of zero when its use stops, and then none.
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
    """The Wh, as text, counted in the quarter of an hour from `start_us`."""

    start_us: int
    wh: str
    flags: tuple[str, ...] = ()

    @property
    def end_us(self) -> int:
        """The end of the interval."""
        return self.start_us + QUARTER_US


@dataclass(frozen=True, slots=True)
class _Boundary:
    height: Decimal
    epoch: int
    interpolated: bool


def news(before: Register, after: Register) -> list[Interval]:
    """The intervals that new readings give: new ones, and those with a changed value."""
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
    # The quarter before tells the first zero from later ones; it needs a reading before it.
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
        return None  # no reading at or after the boundary yet: a nearer one may still come
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
    """The time from which intervals may differ: that of the reading before the first change."""
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
