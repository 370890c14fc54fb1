"""The sums of a day for the public: which may be published, and the events of those that are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final, cast

from ldes_shok.cabinet.event import Aggregate
from ldes_shok.derive.contributions import ZONE
from ldes_shok.derive.day import (
    OFS,
    Of,
    Stretch,
    SumSubject,
    by_bounds,
    energy,
    highest_quarter,
    is_quarter,
    peak,
)
from ldes_shok.derive.disclosure import Candidate, Contribution, Disclosure, Rule
from ldes_shok.derive.quarters import day_bounds
from ldes_shok.derive.users import Users

_PEAK: Final = "/peak"


@dataclass(frozen=True, slots=True)
class PublicRules:
    """The rules for public sums.

    Attributes:
        rule: for every part.
        quarters: whether sums of quarters of an hour may be public; else only those of a day.
        cabinets: whether sums of a cabinet may be public; else only zones and activities.
        fine_k: the least users in each part that such a finer sum cuts.
    """

    rule: Rule
    quarters: bool = False
    cabinets: bool = False
    fine_k: int = 20


def contributions(
    day: date, used: Sequence[Stretch], users: Users, rules: PublicRules
) -> Sequence[Contribution]:
    """The use of a day, each stretch with its user and the sums that it could be in."""
    bounds = day_bounds(day, ZONE)
    highest = {subject: highest_quarter(sums) for subject, sums in by_bounds(used).items()}
    return [
        Contribution(
            stretch.id,
            users.of(stretch.cabinet, stretch.outlet, stretch.since_us),
            stretch.wh,
            frozenset(_sums(stretch, bounds, highest, rules)),
        )
        for stretch in used
    ]


def _sums(
    stretch: Stretch,
    day_us: tuple[int, int],
    highest: Mapping[SumSubject, tuple[int, int] | None],
    rules: PublicRules,
) -> Iterator[str]:
    bounds = stretch.start_us, stretch.end_us
    for subject in stretch.subjects:
        if subject.of == "cabinet" and not rules.cabinets:
            continue
        yield _name(subject, day_us)
        if highest[subject] == bounds:
            yield f"{_name(subject, bounds)}{_PEAK}"
        if rules.quarters and stretch.is_quarter:
            yield _name(subject, bounds)


def candidates(found: Iterable[Contribution], rules: PublicRules) -> list[Candidate]:
    """The sums in the order in which they are tried; a later one is suppressed.

    Days come first, then their peaks, then finer sums: cabinets, quarters of an hour.
    """
    names = sorted({name for item in found for name in item.sums}, key=_rank)
    return [Candidate(name, rules.fine_k if _is_fine(name) else 0) for name in names]


def _is_fine(name: str) -> bool:
    subject, bounds, is_peak = _read(name)
    return subject.of == "cabinet" or (is_quarter(*bounds) and not is_peak)


def _rank(name: str) -> tuple[bool, bool, int, int, str]:
    subject, bounds, is_peak = _read(name)
    return _is_fine(name), is_peak, OFS.index(subject.of), bounds[0], name


def as_events(disclosure: Disclosure, day: date) -> dict[str, Aggregate]:
    """The event of each published sum and peak, by the name of the sum.

    A peak is included while its quarter is the highest in the published data. A correction may make
    another quarter the highest. That quarter has other users, so the published peak stays.
    """
    found: dict[str, Aggregate] = {}
    values = disclosure.values()
    for name, wh in values.items():
        subject, bounds, is_peak = _read(name)
        if not is_peak:
            found[name] = energy(subject, bounds, wh, "public")
        elif _published_highest(disclosure, subject, day) == bounds:
            found[name] = peak(subject, day, wh, "public")
    return found


def _published_highest(
    disclosure: Disclosure, subject: SumSubject, day: date
) -> tuple[int, int] | None:
    whole = _name(subject, day_bounds(day, ZONE))
    quarters: dict[tuple[int, int], Decimal] = {}
    for part in disclosure.parts:
        if whole in part.sums:
            for id_, released in part.releases[-1].items():
                start, end = map(int, id_.rsplit("/", 2)[1:])
                quarters[start, end] = quarters.get((start, end), Decimal(0)) + Decimal(released.wh)
    return highest_quarter(quarters)


def _name(subject: SumSubject, bounds: tuple[int, int]) -> str:
    return f"{subject.of}/{subject.name}/{bounds[0]}/{bounds[1]}"


def _read(name: str) -> tuple[SumSubject, tuple[int, int], bool]:
    of, subject, start, end = name.removesuffix(_PEAK).split("/")
    return SumSubject(cast("Of", of), subject), (int(start), int(end)), name.endswith(_PEAK)
