"""A figure: what each run gave, and the middle of it."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

import msgspec


class Figure(msgspec.Struct, frozen=True):
    """One thing that was measured.

    Attributes:
        name: what, in words.
        unit: of every number here.
        runs: what each run gave, in order.
        median: the middle of the runs.
        note: how it was measured, where the name does not say.
    """

    name: str
    unit: str
    runs: tuple[float, ...]
    median: float
    note: str = ""


def figure(name: str, unit: str, runs: Sequence[float], note: str = "") -> Figure:
    """The figure of these runs."""
    return Figure(name, unit, tuple(round(run, 3) for run in runs), round(median(runs), 3), note)


def percentile(sorted_values: Sequence[float], share: float) -> float:
    """The value that `share` of the values do not exceed (nearest rank)."""
    rank = max(0, min(len(sorted_values) - 1, round(share * len(sorted_values) + 0.5) - 1))
    return sorted_values[rank]
