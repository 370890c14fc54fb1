"""Every attack on what is public, and how many traders each finds out about."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from tests.privacy.city import City
from tests.privacy.differences import differences
from tests.privacy.equations import Knowledge, knowledge
from tests.privacy.estimates import Estimate, guess, rated_guess, recovered, usual
from tests.privacy.least_squares import non_negative, plain, ridge, with_day_factors
from tests.privacy.likelihood import Belief, most_likely
from tests.privacy.programme import bounds, certain, least_absolute, middle
from tests.privacy.public import Public

SEEDS: Final = (1, 2, 3)
WEEKS: Final = 10
"""What is attacked at size: as many cities, for so long."""

MOST: Final = 0.30
"""No attack may find out about more of the traders."""

TIMES_THE_GUESS: Final = 2
FEW: Final = 0.10
"""So many may be found out in any case: where the guess finds one or none, chance finds two."""

GUESS: Final = "guess"
USUAL: Final = "without any sum"
"""No attack on sums: what kinds of sockets usually give."""


Attack = Callable[[Knowledge], Estimate]


def _without_peaks(known: Knowledge, belief: Belief) -> Estimate:
    return most_likely(replace(known, peaks=[]), belief)


ATTACKS: Final[Mapping[str, Attack]] = {
    "guess by what sockets give": rated_guess,
    "least squares": plain,
    "non-negative least squares": non_negative,
    "least squares, days differ": with_day_factors,
    "ridge, half": partial(ridge, spread=0.5),
    "ridge, once": partial(ridge, spread=1.0),
    "ridge, three times": partial(ridge, spread=3.0),
    "least absolute errors": least_absolute,
    "differences": differences,
    "most likely, steady": partial(most_likely, belief=Belief(0.8, 0.12, 0.15, by_rating=False)),
    "most likely, unsteady": partial(most_likely, belief=Belief(0.8, 0.12, 0.3, by_rating=True)),
    "most likely, different": partial(most_likely, belief=Belief(1.2, 0.12, 0.15, by_rating=True)),
    "most likely, no peaks": partial(_without_peaks, belief=Belief(0.8, 0.12, 0.3, by_rating=True)),
}


@dataclass(frozen=True, slots=True)
class Figures:
    """What was found out, as counts.

    Attributes:
        traders: who has a fixed stall and used something.
        days: on which each did, all together.
        sums: versions of public sums and peaks.
        certain: traders of whom a linear programme leaves 25 % at most.
        recovered: for the guess and each attack, traders and days within 25 % of the truth.
    """

    traders: int
    days: int
    sums: int
    certain: int
    recovered: Mapping[str, tuple[int, int]]

    def share(self, name: str) -> float:
        """Of the traders, by one attack."""
        return self.recovered[name][0] / self.traders

    @property
    def best(self) -> str:
        """The attack that finds out about most traders."""
        return max((name for name in self.recovered if name not in {GUESS, USUAL}), key=self.share)

    @property
    def allowed(self) -> float:
        """The largest share of traders that may be found out about."""
        return min(MOST, max(TIMES_THE_GUESS * self.share(GUESS), FEW))


def attacked(public: Public, city: City) -> Figures:
    """Attack what is public of a city, with the plan of its markets in hand.

    Raises:
        AssertionError: no sum is public, so there is nothing to attack.
    """
    known = knowledge(public, city.plan)
    assert known.sums, "nothing is public: nothing was attacked"
    limits = bounds(known)
    first = {GUESS: guess, USUAL: usual, "linear programme": lambda _: middle(limits)}
    found = found_out(known, city, {**first, **ATTACKS})
    traders = {name for name, _ in city.truth}
    count = len(known.sums) + len(known.peaks)
    return Figures(len(traders), len(city.truth), count, certain(limits), found)


def found_out(
    known: Knowledge, city: City, attacks: Mapping[str, Attack]
) -> Mapping[str, tuple[int, int]]:
    """For each attack, how many traders and days it says within 25 % of the truth."""
    truth = city.truth
    traders = sorted({name for name, _ in truth})
    return {name: recovered(attack(known), truth, traders) for name, attack in attacks.items()}


def together(figures: Sequence[Figures]) -> Figures:
    """Several cities as one."""
    return Figures(
        sum(one.traders for one in figures),
        sum(one.days for one in figures),
        sum(one.sums for one in figures),
        sum(one.certain for one in figures),
        {
            name: (
                sum(one.recovered[name][0] for one in figures),
                sum(one.recovered[name][1] for one in figures),
            )
            for name in figures[0].recovered
        },
    )


def table(columns: Mapping[str, Figures]) -> str:
    """Shares of traders, and of days in brackets, as Markdown: a column for each of `columns`."""
    head = ["", *columns]
    lines = [head, ["---"] + ["---:"] * len(columns)]
    lines.append(["traders", *(str(one.traders) for one in columns.values())])
    lines.append(["public sums and peaks", *(str(one.sums) for one in columns.values())])
    for name in next(iter(columns.values())).recovered:
        cells = (
            f"{one.share(name):.0%} ({one.recovered[name][1] / one.days:.0%})"
            for one in columns.values()
        )
        lines.append([name, *cells])
    lines.append(["certain within 25 %", *(f"{one.certain}" for one in columns.values())])
    lines.append(["allowed", *(f"{one.allowed:.0%}" for one in columns.values())])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
