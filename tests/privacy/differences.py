"""Differences of public sums that are of one trader, within a day and from week to week."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from itertools import combinations, permutations
from typing import Final

import numpy as np

from tests.privacy.equations import Equation, Ints, Knowledge
from tests.privacy.estimates import Estimate, from_cells
from tests.privacy.plan import QUARTER

_WEEK: Final = timedelta(weeks=1) // QUARTER


def differences(known: Knowledge) -> Estimate:
    """What every pair of sums says of one trader; the mean where several pairs do."""
    count = len(known.cells.sockets)
    wh, times = np.zeros(count), np.zeros(count)
    for cells, energy in (*_nested(known), *_from_week_to_week(known)):
        minutes = known.cells.minutes[cells]
        wh[cells] += energy * minutes / minutes.sum()
        times[cells] += 1
    return from_cells(known, np.where(times > 0, wh / np.maximum(times, 1), np.nan))


def _nested(known: Knowledge) -> Iterator[tuple[Ints, float]]:
    """One sum has all that another has, and one trader more."""
    by_day: defaultdict[int, list[Equation]] = defaultdict(list)
    for equation in known.sums:
        by_day[known.days[int(equation.cells[0])].toordinal()].append(equation)
    for equations in by_day.values():
        ordered = sorted(equations, key=lambda equation: len(equation.cells))
        for small, large in combinations(ordered, 2):
            rest = np.setdiff1d(large.cells, small.cells, assume_unique=True)
            if 0 < len(rest) == len(large.cells) - len(small.cells) and _is_one(known, rest):
                yield rest, max(large.wh - small.wh, 0.0)
    for equation in known.sums:
        if _is_one(known, equation.cells):
            yield equation.cells, equation.wh


def _is_one(known: Knowledge, cells: Ints) -> bool:
    holders = np.unique(known.cells.holders[cells])
    return len(holders) == 1 and int(holders[0]) < known.traders


def _from_week_to_week(known: Knowledge) -> Iterator[tuple[Ints, float]]:
    """The same sum in two weeks, and one trader is there in only one of them."""
    alike: defaultdict[tuple[str, str, int, int], list[Equation]] = defaultdict(list)
    for equation in known.sums:
        of = equation.of
        alike[of.of, of.subject, of.start % _WEEK, of.end - of.start].append(equation)
    minutes, holders = known.cells.minutes, known.cells.holders
    for equations in alike.values():
        there = [set(np.unique(holders[equation.cells]).tolist()) for equation in equations]
        for one, other in permutations(range(len(equations)), 2):
            more = {holder for holder in there[one] - there[other] if holder < known.traders}
            fewer = {holder for holder in there[other] - there[one] if holder < known.traders}
            if len(more) != 1 or fewer:
                continue
            here, without = equations[one], equations[other]
            is_own = holders[here.cells] == more.pop()
            common = float(minutes[here.cells[~is_own]].sum())
            scale = common / float(minutes[without.cells].sum())
            yield here.cells[is_own], max(here.wh - scale * without.wh, 0.0)
