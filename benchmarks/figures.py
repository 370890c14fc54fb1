"""A figure: what each run gave, and the middle of it."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

import msgspec


class Goal(msgspec.Struct, frozen=True):
    """What a figure must reach: at least, or at most, so much."""

    bound: float
    at_most: bool = False

    def reached_by(self, value: float) -> bool:
        """Whether `value` is good enough."""
        return value <= self.bound if self.at_most else value >= self.bound


class Figure(msgspec.Struct, frozen=True):
    """One thing that was measured.

    Attributes:
        name: what, in words.
        unit: of every number here.
        runs: what each run gave, in order.
        median: the middle of the runs.
        note: how it was measured, where the name does not say.
        goal: what it must reach; None for a limit, or for what is only told.
    """

    name: str
    unit: str
    runs: tuple[float, ...]
    median: float
    note: str = ""
    goal: Goal | None = None


def figure(
    name: str, unit: str, runs: Sequence[float], note: str = "", goal: Goal | None = None
) -> Figure:
    """The figure of these runs."""
    rounded = tuple(round(run, 3) for run in runs)
    return Figure(name, unit, rounded, round(median(runs), 3), note, goal)


def ratio(name: str, figure_of: Figure, limit: Figure, bound: float, note: str = "") -> Figure:
    """How much of a limit was reached: run by run, and at least `bound` of it."""
    runs = [one / other for one, other in zip(figure_of.runs, limit.runs, strict=True)]
    return figure(name, "of it", runs, note, Goal(bound))


def percentile(sorted_values: Sequence[float], share: float) -> float:
    """The value that `share` of the values do not exceed (nearest rank)."""
    rank = max(0, min(len(sorted_values) - 1, round(share * len(sorted_values) + 0.5) - 1))
    return sorted_values[rank]
