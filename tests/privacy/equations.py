"""Public figures as equations over the quarters of an hour in which a socket was in use."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

import numpy as np
import numpy.typing as npt

from tests.privacy.plan import QUARTER, Plan, date_of, quarter_of, start_of
from tests.privacy.public import Public, Sum

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Cells:
    """What is unknown: how much went through a socket in a quarter in which it was in use.

    Attributes:
        sockets: of each cell, `cabinet/outlet`.
        quarters: since 1970.
        minutes: for how long it was in use in that quarter.
        most_wh: what the socket can give in that time.
        holders: a number for who stands there: a trader of the plan, or an unknown one.
        known: seconds since 1970 at which it was public that the socket was in use.
    """

    sockets: Sequence[str]
    quarters: Ints
    minutes: Floats
    most_wh: Floats
    holders: Ints
    known: Floats


@dataclass(frozen=True, slots=True)
class Equation:
    """One version of a sum: the cells that it is of, and Wh.

    `peak` has instead the mean power times a quarter of the highest of those quarters.
    """

    of: Sum
    cells: Ints
    wh: float
    is_newest: bool


@dataclass(frozen=True)
class Knowledge:
    """The cells, whose they are, and the equations."""

    cells: Cells
    names: Sequence[str]
    traders: int
    sums: Sequence[Equation]
    peaks: Sequence[Equation]

    @cached_property
    def days(self) -> Sequence[date]:
        """The day of each cell."""
        return [date_of(int(quarter)) for quarter in self.cells.quarters]

    @cached_property
    def by_trader_day(self) -> Mapping[tuple[str, date], Ints]:
        """The cells of each trader of the plan on each day."""
        found: defaultdict[tuple[str, date], list[int]] = defaultdict(list)
        for cell, day in enumerate(self.days):
            holder = int(self.cells.holders[cell])
            if holder < self.traders:
                found[self.names[holder], day].append(cell)
        return {key: np.array(cells) for key, cells in found.items()}

    def matrix(self, equations: Sequence[Equation], weights: Floats) -> Floats:
        """For each equation (row) the sum of the weights of each holder's cells (column)."""
        rows = np.zeros((len(equations), len(self.names)))
        for row, equation in enumerate(equations):
            np.add.at(rows[row], self.cells.holders[equation.cells], weights[equation.cells])
        return rows


def knowledge(public: Public, plan: Plan) -> Knowledge:
    """Put together what an outsider knows."""
    found: dict[tuple[str, int], list[float]] = {}
    for stay in public.stays:
        for quarter in range(quarter_of(stay.start), quarter_of(stay.end) + 1):
            begin, over = start_of(quarter), start_of(quarter) + QUARTER
            seconds = (min(stay.end, over) - max(stay.start, begin)).total_seconds()
            if seconds > 0:
                cell = found.setdefault((stay.socket, quarter), [0.0, 0.0])
                cell[0] += seconds / 60
                cell[1] = max(cell[1], stay.known.timestamp())
    places = sorted(found)
    traders = plan.traders
    holders = {name: number for number, name in enumerate(traders)}
    for socket, quarter in places:
        if (socket, date_of(quarter)) not in plan.stalls:
            holders.setdefault(f"?{socket}", len(holders))
    cells = Cells(
        [socket for socket, _ in places],
        np.array([quarter for _, quarter in places]),
        np.array([found[place][0] for place in places]),
        np.array([public.rated_watts[s] * found[s, q][0] / 60 for s, q in places]),
        np.array([holders[plan.stalls.get((s, date_of(q)), f"?{s}")] for s, q in places]),
        np.array([found[place][1] for place in places]),
    )
    equations = _equations(public, plan, cells)
    return Knowledge(
        cells,
        list(holders),
        len(traders),
        [equation for equation in equations if not equation.of.is_peak],
        [equation for equation in equations if equation.of.is_peak],
    )


def _equations(public: Public, plan: Plan, cells: Cells) -> list[Equation]:
    newest = {said.entity: said.published for said in sorted(public.sums, key=_published)}
    by_subject = {(said.of, said.subject) for said in public.sums}
    within = {key: _within(*key, public, plan, cells) for key in by_subject}
    found = []
    for said in public.sums:
        inside = within[said.of, said.subject] & (said.start <= cells.quarters)
        inside &= cells.quarters < said.end
        # What was late in `kasten` was late for the sum too: it is in a later version, or in none.
        inside &= cells.known <= said.published.timestamp()
        wh = said.value / 4 if said.is_peak else said.value
        is_newest = newest[said.entity] == said.published
        if inside.any():
            found.append(Equation(said, np.flatnonzero(inside), wh, is_newest))
    return found


def _published(said: Sum) -> datetime:
    return said.published


def _within(of: str, subject: str, public: Public, plan: Plan, cells: Cells) -> Flags:
    """The cells of a zone, a cabinet or an activity, at whatever time."""
    if of == "activity":
        booked: set[tuple[str, int]] = set()
        for booking in public.bookings:
            if booking.activity == subject:
                quarters = range(quarter_of(booking.start), quarter_of(booking.end))
                booked.update((booking.place, quarter) for quarter in quarters)
        pairs = zip(cells.sockets, cells.quarters.tolist(), strict=True)
        return np.array(
            [(s, q) in booked or (s.partition("/")[0], q) in booked for s, q in pairs], dtype=bool
        )
    cabinets = plan.zones[subject] if of == "zone" else (subject,)
    return np.array([s.partition("/")[0] in cabinets for s in cells.sockets], dtype=bool)
