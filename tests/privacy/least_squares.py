"""Least squares over all that is public: a trader has a mean power while his sockets are in use."""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.optimize import nnls

from tests.privacy.equations import Flags, Floats, Knowledge
from tests.privacy.estimates import Estimate, from_watts, holder_watts, split

_QUARTER_VARIES: Final = 0.3
"""What an attacker takes a quarter's power to vary by, of itself."""

_DAY_VARIES: Final = 0.1
"""What he takes the power of all on a day to vary by, together."""

_TURNS: Final = 8


def plain(known: Knowledge) -> Estimate:
    """Ordinary least squares; the shortest of all solutions where there are many."""
    system, wh, covered = weighted_system(known)
    watts = np.full(len(known.names), np.nan)
    watts[covered] = np.linalg.lstsq(system, wh, rcond=None)[0]
    return from_watts(known, watts)


def non_negative(known: Knowledge) -> Estimate:
    """The same, and nobody gives back."""
    system, wh, covered = weighted_system(known)
    watts = np.full(len(known.names), np.nan)
    watts[covered] = nnls(system, wh, maxiter=20 * system.shape[1])[0]
    return from_watts(known, watts)


def ridge(known: Knowledge, *, spread: float) -> Estimate:
    """Towards the guess: `spread` is how far a trader may be from it, as a part of it."""
    system, wh, covered = weighted_system(known)
    near = holder_watts(known, split(known, known.cells.minutes))[covered]
    scaled = system * near * spread
    step = np.linalg.lstsq(
        np.vstack([scaled, np.eye(len(near))]),
        np.concatenate([wh - system @ near, np.zeros(len(near))]),
        rcond=None,
    )[0]
    watts = np.full(len(known.names), np.nan)
    watts[covered] = np.maximum(near * (1 + spread * step), 0)
    return from_watts(known, watts)


def with_day_factors(known: Knowledge) -> Estimate:
    """Powers and a factor of each day that all share, by turns."""
    rows, wh, covered = weighted_system(known)
    days = np.array([known.days[int(e.cells[0])].toordinal() for e in known.sums])
    factors = np.ones(len(wh))
    power = np.zeros(rows.shape[1])
    for _ in range(_TURNS):
        power = nnls(rows * factors[:, None], wh, maxiter=20 * rows.shape[1])[0]
        expected = rows @ power
        for day in np.unique(days):
            of_day = days == day
            near = 1 / _DAY_VARIES**2
            factors[of_day] = (expected[of_day] @ wh[of_day] + near) / (
                expected[of_day] @ expected[of_day] + near
            )
    watts = np.full(len(known.names), np.nan)
    watts[covered] = power
    by_day = dict(zip(days.tolist(), factors.tolist(), strict=True))
    return {
        (name, day): wh * by_day.get(day.toordinal(), 1.0)
        for (name, day), wh in from_watts(known, watts).items()
    }


def weighted_system(known: Knowledge) -> tuple[Floats, Floats, Flags]:
    """Rows and values in units of what each sum may be off by; which holders are in any."""
    rows = known.matrix(known.sums, known.cells.minutes / 60)
    covered: Flags = np.abs(rows).sum(axis=0) > 0
    near = np.nan_to_num(holder_watts(known, split(known, known.cells.minutes)))
    off = np.maximum(_QUARTER_VARIES * np.linalg.norm(rows * near, axis=1), 1.0)
    wh = np.array([equation.wh for equation in known.sums])
    return rows[:, covered] / off[:, None], wh / off, covered
