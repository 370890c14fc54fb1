"""Linear programmes over all that is public: what is certain, and the least absolute error."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array, hstack, vstack

from tests.privacy.blocks import Block, blocks
from tests.privacy.equations import Floats, Knowledge
from tests.privacy.estimates import Estimate, from_watts
from tests.privacy.least_squares import weighted_system

_ROUNDED_WH: Final = 1.0


@dataclass(frozen=True, slots=True)
class Bounds:
    """The least and the most that a trader can have used on a day, Wh."""

    least: float
    most: float


def bounds(known: Knowledge) -> dict[tuple[str, date], Bounds]:
    """What is consistent with every sum, every peak, and what a socket can give.

    Sums of different times may contradict each other after a correction; they are taken to be
    wrong by as little as possible, all together.
    """
    return {key: found for block in blocks(known) for key, found in _of_block(known, block)}


def middle(found: dict[tuple[str, date], Bounds]) -> Estimate:
    """Halfway between them."""
    return {key: (bound.least + bound.most) / 2 for key, bound in found.items()}


def certain(found: dict[tuple[str, date], Bounds]) -> int:
    """How many traders' totals are certain within 25 %."""
    totals: dict[str, Bounds] = {}
    for (name, _), bound in found.items():
        so_far = totals.get(name, Bounds(0, 0))
        totals[name] = Bounds(so_far.least + bound.least, so_far.most + bound.most)
    return sum(
        bound.most - bound.least <= (bound.least + bound.most) / 4 for bound in totals.values()
    )


def least_absolute(known: Knowledge) -> Estimate:
    """Mean powers that make the errors of all sums together as small as possible."""
    rows, wh, covered = weighted_system(known)
    sums, holders = rows.shape
    costs = np.concatenate([np.zeros(holders), np.ones(2 * sums)])
    both = np.hstack([rows, np.eye(sums), -np.eye(sums)])
    solution = linprog(costs, A_eq=both, b_eq=wh, method="highs")
    watts = np.full(len(known.names), np.nan)
    watts[covered] = solution.x[:holders]
    return from_watts(known, watts)


def _of_block(known: Knowledge, block: Block) -> Iterator[tuple[tuple[str, date], Bounds]]:
    count, quarters = len(block.cells), [csr_array(rows) for rows, _ in block.peaks]
    inside = csr_array(block.inside)
    above: Any = vstack([inside, -inside, *quarters]).tocsr()
    sizes = [rows.shape[0] for rows in quarters]
    highest = np.repeat([wh for _, wh in block.peaks], sizes)
    right = np.concatenate([block.wh, -block.wh, highest])
    limits = [(0.0, float(most)) for most in known.cells.most_wh[block.cells]]
    # First by how little what was told must be wrong for all of it to be possible.
    figures = len(block.wh) + len(block.peaks)
    of_figure = np.concatenate(
        [np.tile(np.arange(len(block.wh)), 2), np.repeat(np.arange(len(block.wh), figures), sizes)]
    ).astype(np.int64)
    wrong = csr_array((np.ones(len(of_figure)), (np.arange(len(of_figure)), of_figure)))
    costs = np.concatenate([np.zeros(count), np.ones(figures)])
    free = [*limits, *[(0.0, None)] * figures]
    first = linprog(costs, hstack([above, -wrong]).tocsr(), right, bounds=free, method="highs")
    left, right = above, right + np.maximum(first.x[count:], 0)[of_figure] + _ROUNDED_WH
    place = {int(cell): n for n, cell in enumerate(block.cells)}
    for key, cells in known.by_trader_day.items():
        within = [place[cell] for cell in cells.tolist() if cell in place]
        if within:
            aim = np.zeros(count)
            aim[within] = 1
            least, most = (_extreme(aim * sign, left, right, limits) for sign in (1, -1))
            yield key, Bounds(least, -most)


def _extreme(aim: Floats, left: Any, right: Floats, limits: list[tuple[float, float]]) -> float:
    solution = linprog(aim, left, right, bounds=limits, method="highs")
    return float(solution.fun)
