"""What an attack says, and the guess that anybody can make without one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np

from tests.privacy.city import RATED_WATTS, TYPICAL
from tests.privacy.equations import Floats, Knowledge

Estimate = Mapping[tuple[str, date], float]
"""Wh of a trader on a day; no entry where there is nothing to go by."""


def from_watts(known: Knowledge, watts: Floats) -> Estimate:
    """Every holder has one mean power (W) while the sockets are in use; NaN: not known."""
    hours = known.cells.minutes / 60
    return _without_nan(
        {
            (name, day): float(watts[known.names.index(name)] * hours[cells].sum())
            for (name, day), cells in known.by_trader_day.items()
        }
    )


def from_cells(known: Knowledge, wh: Floats) -> Estimate:
    """Every cell has its own energy; a trader's days without any have his mean of the others."""
    watts = holder_watts(known, wh)
    found: dict[tuple[str, date], float] = {}
    for (name, day), cells in known.by_trader_day.items():
        mean = watts[known.names.index(name)] * known.cells.minutes[cells] / 60
        found[name, day] = float(np.where(np.isnan(wh[cells]), mean, wh[cells]).sum())
    return _without_nan(found)


def holder_watts(known: Knowledge, wh: Floats) -> Floats:
    """The mean power of each holder over the cells whose energy is given; NaN where none is."""
    given = ~np.isnan(wh)
    count, holders = len(known.names), known.cells.holders[given]
    energy = np.bincount(holders, wh[given], count)
    hours = np.bincount(holders, known.cells.minutes[given] / 60, count)
    return np.where(hours > 0, energy / np.where(hours > 0, hours, 1), np.nan)


def split(known: Knowledge, weights: Floats) -> Floats:
    """Each cell's share of the narrowest sum that it is in, by weight; NaN where it is in none."""
    wh = np.full(len(weights), np.nan)
    newest = [equation for equation in known.sums if equation.is_newest]
    for equation in sorted(newest, key=lambda e: -len(e.cells)):
        shares = weights[equation.cells]
        wh[equation.cells] = equation.wh * shares / shares.sum()
    return wh


def guess(known: Knowledge) -> Estimate:
    """Every public sum is split by the minutes that its sockets were publicly in use."""
    return from_cells(known, split(known, known.cells.minutes))


def rated_guess(known: Knowledge) -> Estimate:
    """The same, by what the sockets can give in those minutes."""
    return from_cells(known, split(known, known.cells.most_wh))


def usual(known: Knowledge) -> Estimate:
    """No guess from any sum: everybody draws what whoever asks for such a socket usually draws."""
    watts = {RATED_WATTS[kind]: median for kind, median, _ in TYPICAL}
    hours = known.cells.minutes / 60
    rated = known.cells.most_wh / hours
    drawn = np.array([watts[round(each)] for each in rated])
    return from_cells(known, drawn * hours)


def recovered(
    estimate: Estimate, truth: Mapping[tuple[str, date], int], traders: Sequence[str]
) -> tuple[int, int]:
    """How many traders' totals, and how many of their days, are within 25 % of the truth."""
    days = sum(_near(estimate.get(key), wh) for key, wh in truth.items())
    found = 0
    for name in traders:
        own = {key: wh for key, wh in truth.items() if key[0] == name}
        # A day that is public nowhere is nothing: the attacker cannot know of it.
        said = [estimate[key] for key in own if key in estimate]
        found += bool(said) and _near(sum(said), sum(own.values()))
    return found, days


def _near(estimate: float | None, truth: float) -> bool:
    return estimate is not None and abs(estimate - truth) <= truth / 4


def _without_nan(found: Mapping[tuple[str, date], float]) -> Estimate:
    return {key: value for key, value in found.items() if not np.isnan(value)}
