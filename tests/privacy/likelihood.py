"""The strongest of the attacks: what is most likely, given everything that is public.

A trader has a power, each of his days its own around it, each quarter its own around that. Powers
are log-normal. All sums are exact, so what two of them share they share to the last watt-hour:
their errors are correlated as the quarters in them are (generalised least squares). Gauss-Newton on
the logarithms; then what the sums still say of single quarters is given back to those quarters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tests.privacy.blocks import Block, blocks, connected
from tests.privacy.equations import Floats, Knowledge
from tests.privacy.estimates import Estimate, from_cells, holder_watts, split

_ROUNDS = 60
_LARGEST_STEP = 0.4
_SMALL_STEP = 1e-3
_ROUNDED_WH = 1.0
_OTHERWISE_OFF = 0.002
"""A part of each sum: what was corrected since, and may not be published again."""

_HIGHER_BY = 0.2
"""A part of each peak: the highest of many quarters is higher than what is expected of one."""


@dataclass(frozen=True, slots=True)
class Belief:
    """What an attacker takes for granted, all of logarithms.

    Attributes:
        traders: how different traders are.
        days: how different the days of one trader are.
        quarters: how different the quarters of a day are.
        by_rating: whether traders are taken to differ as their sockets do.
    """

    traders: float
    days: float
    quarters: float
    by_rating: bool


def most_likely(known: Knowledge, belief: Belief) -> Estimate:
    """The most likely energy of every trader on every day."""
    weights = known.cells.most_wh if belief.by_rating else known.cells.minutes
    watts = holder_watts(known, split(known, weights))
    wh = np.full(len(weights), np.nan)
    every = blocks(known)
    for group in connected([np.unique(known.cells.holders[block.cells]) for block in every]):
        search = _Search(known, belief, watts, [every[number] for number in group])
        search.put(wh)
    return from_cells(known, wh)


class _Search:
    """For the most likely powers of holders who are in the same sums, on whatever days."""

    def __init__(
        self, known: Knowledge, belief: Belief, watts: Floats, group: Sequence[Block]
    ) -> None:
        self._belief, self._blocks = belief, group
        self._hours = known.cells.minutes / 60
        cells = np.unique(np.concatenate([block.cells for block in group])).tolist()
        keys = [(int(known.cells.holders[cell]), known.days[cell]) for cell in cells]
        units = {key: number for number, key in enumerate(sorted(set(keys)))}
        self._unit = np.full(len(self._hours), -1)
        self._unit[cells] = [units[key] for key in keys]
        holders = sorted({holder for holder, _ in units})
        place = {holder: number for number, holder in enumerate(holders)}
        self._owner = np.array([place[holder] for holder, _ in units])
        self._centre = np.log(np.maximum(np.nan_to_num(watts[holders]), 1.0))

    def put(self, wh: Floats) -> None:
        """Put the most likely energy of every cell, Wh."""
        units = len(self._owner)
        logarithms = np.concatenate([self._centre[self._owner], self._centre])
        prior, towards = self._prior()
        for _ in range(_ROUNDS):
            normal, right = prior.copy(), towards - prior @ logarithms
            for block in self._blocks:
                self._add(block, np.exp(logarithms[:units]), normal, right)
            step = np.linalg.solve(normal, right)
            logarithms = logarithms + np.clip(step, -_LARGEST_STEP, _LARGEST_STEP)
            if np.abs(step).max() < _SMALL_STEP:
                break
        for block in self._blocks:
            wh[block.cells] = self._given_back(block, np.exp(logarithms[:units]))

    def _prior(self) -> tuple[Floats, Floats]:
        """Days are near their trader, traders near the guess."""
        units, people = len(self._owner), len(self._centre)
        day, trader = 1 / self._belief.days**2, 1 / self._belief.traders**2
        links = np.zeros((units, units + people))
        links[np.arange(units), np.arange(units)] = 1
        links[np.arange(units), units + self._owner] = -1
        prior = day * links.T @ links
        prior[units:, units:] += trader * np.eye(people)
        return prior, np.concatenate([np.zeros(units), trader * self._centre])

    def _add(self, block: Block, watts: Floats, normal: Floats, right: Floats) -> None:
        expected, inside, rest, spread = self._residual(block, watts)
        unit = self._unit[block.cells]
        own, at = np.unique(unit, return_inverse=True)
        by_unit = np.zeros((len(own), len(unit)))
        by_unit[at, np.arange(len(unit))] = expected
        slopes = inside @ by_unit.T
        solved = np.linalg.solve(spread, np.column_stack([slopes, rest]))
        normal[np.ix_(own, own)] += slopes.T @ solved[:, :-1]
        right[own] += slopes.T @ solved[:, -1]

    def _residual(self, block: Block, watts: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """What is expected of each cell; the equations, what they lack, and by what they vary."""
        expected = watts[self._unit[block.cells]] * self._hours[block.cells]
        highest = [rows[int(np.argmax(rows @ expected))] for rows, _ in block.peaks]
        inside = np.vstack([block.inside, *highest])
        wh = np.concatenate([block.wh, [wh for _, wh in block.peaks]])
        varies = (self._belief.quarters * expected) ** 2
        off = np.maximum(_OTHERWISE_OFF * wh, _ROUNDED_WH)
        off[len(block.wh) :] += _HIGHER_BY * wh[len(block.wh) :]
        spread = (inside * varies) @ inside.T + np.diag(off**2)
        return expected, inside, wh - inside @ expected, spread

    def _given_back(self, block: Block, watts: Floats) -> Floats:
        expected, inside, rest, spread = self._residual(block, watts)
        varies = (self._belief.quarters * expected) ** 2
        more = varies * (inside.T @ np.linalg.solve(spread, rest))
        return np.maximum(expected + more, 0)
