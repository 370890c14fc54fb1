"""All use in a city on a day: where, when, how much, and for which activity."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final, Literal

from ldes_shok.cabinet.aggregate import AggregateData, Audience
from ldes_shok.cabinet.event import Aggregate
from ldes_shok.cabinet.measurement import Period
from ldes_shok.derive.claims import Claims, use_of
from ldes_shok.derive.contributions import HEAD, ZONE, used_in
from ldes_shok.derive.fold_state import Notebook
from ldes_shok.derive.quarters import QUARTER_US, day_bounds, to_text

Of = Literal["zone", "activity", "cabinet"]
OFS: Final[tuple[Of, ...]] = ("zone", "activity", "cabinet")
_QUARTERS_PER_HOUR: Final = 4
Zones = Mapping[str, Sequence[str]]
"""The cabinets of each zone."""


@dataclass(frozen=True, slots=True)
class SumSubject:
    """The subject of a sum: a zone, an activity or a cabinet."""

    of: Of
    name: str


@dataclass(frozen=True, slots=True)
class Stretch:
    """The use that one meter counted at an outlet in one stretch of time.

    Attributes:
        cabinet, outlet, meter: where.
        start_us, end_us: when, microseconds since 1970.
        wh: how much; more than zero.
        since_us: when its user came.
        subjects: all subjects that it belongs to.
    """

    cabinet: str
    outlet: str
    meter: str
    start_us: int
    end_us: int
    wh: Decimal
    since_us: int
    subjects: tuple[SumSubject, ...]

    @property
    def id(self) -> str:
        """Unique within a day."""
        return f"{self.cabinet}/{self.outlet}/{self.meter}/{self.start_us}/{self.end_us}"

    @property
    def is_quarter(self) -> bool:
        """Whether it is exactly a quarter of an hour."""
        return is_quarter(self.start_us, self.end_us)


def stretches(
    tenant: str, day: date, cabinets: Iterable[str], zones: Zones, notebook: Notebook
) -> Iterator[Stretch]:
    """The use at the outlets of these cabinets; head meters would count it twice."""
    for cabinet in cabinets:
        claims = notebook.get(f"claims/{tenant}/{cabinet}", Claims) or Claims()
        places = [SumSubject("zone", zone) for zone, within in zones.items() if cabinet in within]
        places.append(SumSubject("cabinet", cabinet))
        for outlet, meter, start_us, end_us, wh in used_in(tenant, day, cabinet, notebook):
            if outlet == HEAD:
                continue
            use = use_of(claims, outlet, start_us, end_us)
            activity = [SumSubject("activity", use.activity)] if use.activity else []
            yield Stretch(
                cabinet, outlet, meter, start_us, end_us, wh, use.since_us, (*places, *activity)
            )


def by_bounds(
    used: Iterable[Stretch],
) -> dict[SumSubject, dict[tuple[int, int], Decimal]]:
    """The use of each subject in each stretch of time, Wh by start and end."""
    found: dict[SumSubject, dict[tuple[int, int], Decimal]] = {}
    for stretch in used:
        bounds = stretch.start_us, stretch.end_us
        for subject in stretch.subjects:
            sums = found.setdefault(subject, {})
            sums[bounds] = sums.get(bounds, Decimal(0)) + stretch.wh
    return found


def highest_quarter(quarters: Mapping[tuple[int, int], Decimal]) -> tuple[int, int] | None:
    """The quarter of an hour with the highest use, the first of equal ones.

    Args:
        quarters: Wh by start and end.

    Returns:
        Its bounds; None if some use is not known by the quarter.
    """
    if not quarters or not all(is_quarter(*bounds) for bounds in quarters):
        return None
    return max(quarters, key=lambda bounds: (quarters[bounds], -bounds[0]))


def is_quarter(start_us: int, end_us: int) -> bool:
    """Whether the bounds are those of a quarter of an hour."""
    return end_us - start_us == QUARTER_US and start_us % QUARTER_US == 0


def energy(
    subject: SumSubject, bounds: tuple[int, int], wh: Decimal, audience: Audience
) -> Aggregate:
    """The energy that a subject used within `bounds`, microseconds since 1970."""
    return _aggregate(subject, bounds, f"{wh:f}", audience, is_energy=True)


def peak(subject: SumSubject, day: date, wh: Decimal, audience: Audience) -> Aggregate:
    """The highest mean power in a quarter of the day; this quarter used `wh`. Dated by the day."""
    bounds = day_bounds(day, ZONE)
    return _aggregate(subject, bounds, f"{wh * _QUARTERS_PER_HOUR:f}", audience, is_energy=False)


def _aggregate(
    subject: SumSubject, bounds: tuple[int, int], value: str, audience: Audience, *, is_energy: bool
) -> Aggregate:
    start, end = map(to_text, bounds)
    return Aggregate(
        v=1,
        # The envelope needs a cabinet. For a zone or an activity, its own name takes that place.
        cabinet=subject.name,
        observed_at=end,
        clock="S",
        data=AggregateData(
            of=subject.of,
            subject=subject.name,
            quantity="energy.import" if is_energy else "power.peak",
            period=Period(start, end),
            value=value,
            unit="Wh" if is_energy else "W",
            audience=audience,
        ),
    )
