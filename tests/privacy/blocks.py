"""Equations that have quarters in common: what can be solved by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from tests.privacy.equations import Equation, Floats, Ints, Knowledge


@dataclass(frozen=True, slots=True)
class Block:
    """Equations that share cells with each other and with no others.

    Attributes:
        cells: that they are of, ascending.
        inside: for each sum (row) 1 where a cell (column) is in it.
        wh: of each sum.
        peaks: for each peak the same rows, one for each quarter that it may be of, and its Wh.
    """

    cells: Ints
    inside: Floats
    wh: Floats
    peaks: Sequence[tuple[Floats, float]]


def blocks(known: Knowledge) -> list[Block]:
    """All equations, grouped by the cells that they have in common."""
    equations = (*known.sums, *known.peaks)
    found = []
    for group in connected([equation.cells for equation in equations]):
        of_group = [equations[number] for number in group]
        sums = [equation for equation in of_group if not equation.of.is_peak]
        found.append(_block(known, sums, [e for e in of_group if e.of.is_peak]))
    return found


def connected(sets: Sequence[Ints]) -> list[list[int]]:
    """The numbers of the sets, in groups that have no element in common with other groups."""
    if not sets:
        return []
    rows = np.repeat(np.arange(len(sets)), [len(each) for each in sets])
    columns = np.concatenate(sets)
    inside = csr_array((np.ones(len(rows)), (rows, columns)))
    count, labels = connected_components(inside @ inside.T, directed=False)
    return [np.flatnonzero(labels == label).tolist() for label in range(count)]


def _block(known: Knowledge, sums: Sequence[Equation], peaks: Sequence[Equation]) -> Block:
    cells = np.unique(np.concatenate([equation.cells for equation in (*sums, *peaks)]))
    inside = np.array([np.isin(cells, equation.cells) for equation in sums], dtype=np.float64)
    quarters = known.cells.quarters[cells]
    choices = []
    for peak in peaks:
        within = np.isin(cells, peak.cells)
        rows = [within & (quarters == quarter) for quarter in np.unique(quarters[within])]
        choices.append((np.array(rows, dtype=np.float64), peak.wh))
    wh = np.array([equation.wh for equation in sums])
    return Block(cells, inside.reshape(len(sums), len(cells)), wh, choices)
