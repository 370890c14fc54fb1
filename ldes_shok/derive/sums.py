"""The public sums of a day: added up when it is over, told once, corrected where that is allowed.

A day is added up `delay` after its end, once nothing was learned about it for `QUIET_US`. What is
told is decided first and stored by itself (`SumsNotes.pending`); only then is it handed over. So
whatever is killed when, the same is told again, and never two sums that differ by one user.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final, Literal, cast

import msgspec

from ldes_shok.cabinet.aggregate import AggregateData
from ldes_shok.cabinet.event import Aggregate
from ldes_shok.cabinet.incoming import Delivery
from ldes_shok.cabinet.measurement import Period
from ldes_shok.clock import to_microseconds
from ldes_shok.derive.base import delivery
from ldes_shok.derive.claims import Claims, use_of
from ldes_shok.derive.contributions import HEAD, ZONE, Contributions, Days, OpenDay, used_in
from ldes_shok.derive.disclosure import (
    Contribution,
    Disclosure,
    first_disclosure,
    next_disclosure,
)
from ldes_shok.derive.head_meter import report
from ldes_shok.derive.intervals import CORRECTED
from ldes_shok.derive.notebook import Notebook
from ldes_shok.derive.quarters import HOUR_US, QUARTER_US, day_bounds, to_text
from ldes_shok.derive.registers import KEEP_US
from ldes_shok.derive.users import Users
from ldes_shok.log.records import EventRecord

NAME: Final = "sums"
QUIET_US: Final = HOUR_US
_QUARTERS_PER_HOUR: Final = 4
Of = Literal["cabinet", "zone", "activity"]
_ORDER: Final = ("zone", "activity", "cabinet")


@dataclass(frozen=True, slots=True)
class SumRules:
    """What may be told.

    Attributes:
        k: the least users in anything that can be worked out.
        delay: how long after the end of a day.
        zones: by tenant, the cabinets of each zone.
    """

    k: int
    delay: timedelta
    zones: Mapping[str, Mapping[str, Sequence[str]]]


class SumsNotes(msgspec.Struct, frozen=True, array_like=True):
    """What is published of a day, and what was handed over of it: sum to value."""

    disclosure: Disclosure
    told: dict[str, str] = {}


class SumsFold:
    """Adds up what many users used together."""

    def __init__(self, rules: SumRules) -> None:
        self._rules = rules
        self._contributions = Contributions()
        self._delay_us = rules.delay // timedelta(microseconds=1)

    def take(self, event: EventRecord, notebook: Notebook) -> None:  # noqa: ARG002  a Fold
        """Learn from one event."""
        self._contributions.take(event)

    def give(self, now: datetime, notebook: Notebook, *, caught_up: bool) -> Sequence[Delivery]:
        """What is decided and not told yet; then decide what else may be told."""
        self._contributions.store(notebook)
        given: list[Delivery] = []
        if not caught_up:
            return given
        for tenant in self._rules.zones:
            days = notebook.get(f"days/{tenant}", Days)
            if days is None:
                continue
            for name, known in days.open.items():
                given += self._work(tenant, date.fromisoformat(name), known, now, notebook)
        return given

    def forget(self) -> None:
        """What was taken will come again."""
        self._contributions.forget()

    def _work(
        self, tenant: str, day: date, known: OpenDay, now: datetime, notebook: Notebook
    ) -> Iterator[Delivery]:
        """The next step of one day."""
        now_us, name = to_microseconds(now), day.isoformat()
        if known.pending:
            yield from self._tell(tenant, day, now, notebook)
            self._put(tenant, name, notebook, pending=False)
        elif self._is_due(day, known, now_us):
            if not known.planned_us:
                yield from _differences(tenant, day, known, now, notebook)
            self._decide(tenant, day, known, notebook)
            self._put(tenant, name, notebook, pending=True, planned_us=now_us)
        elif self._is_over(day, known, now_us):
            self._close(tenant, name, known, notebook)

    def _is_due(self, day: date, known: OpenDay, now_us: int) -> bool:
        end_us = day_bounds(day, ZONE)[1]
        return known.changed and now_us >= max(end_us + self._delay_us, known.touched_us + QUIET_US)

    def _is_over(self, day: date, known: OpenDay, now_us: int) -> bool:
        end_us = day_bounds(day, ZONE)[1] + self._delay_us
        return now_us >= max(end_us, known.touched_us) + KEEP_US

    def _decide(self, tenant: str, day: date, known: OpenDay, notebook: Notebook) -> None:
        found = list(self._found(tenant, day, known, notebook))
        subject = f"sums/{tenant}/{day.isoformat()}"
        notes = notebook.get(subject, SumsNotes)
        if notes is None:
            order = sorted({name for item in found for name in item.sums}, key=_rank)
            disclosure = first_disclosure(found, order, self._rules.k)
            notebook.put(subject, SumsNotes(disclosure))
        else:
            disclosure = next_disclosure(notes.disclosure, found, self._rules.k)
            notebook.put(subject, SumsNotes(disclosure, notes.told))

    def _found(
        self, tenant: str, day: date, known: OpenDay, notebook: Notebook
    ) -> Iterator[Contribution]:
        bounds = day_bounds(day, ZONE)
        zones = self._rules.zones[tenant]
        everybody = {
            cabinet: notebook.get(f"claims/{tenant}/{cabinet}", Claims) or Claims()
            for cabinet in known.cabinets
        }
        users = Users(everybody, *bounds)
        for cabinet, claims in everybody.items():
            places = [("zone", zone) for zone, within in zones.items() if cabinet in within]
            places.append(("cabinet", cabinet))
            for outlet, meter, start_us, end_us, wh in used_in(tenant, day, cabinet, notebook):
                if outlet == HEAD:
                    continue
                use = use_of(claims, outlet, start_us, end_us)
                sums = {_name(of, subject, *bounds) for of, subject in places}
                if use.activity:
                    sums.add(_name("activity", use.activity, *bounds))
                if _is_quarter(start_us, end_us):
                    sums |= {_name(of, subject, start_us, end_us) for of, subject in places}
                user = users.of(cabinet, outlet, use.user, in_session=use.in_session)
                id_ = f"{cabinet}/{outlet}/{meter}/{start_us}/{end_us}"
                yield Contribution(id_, user, wh, frozenset(sums))

    def _tell(
        self, tenant: str, day: date, now: datetime, notebook: Notebook
    ) -> Iterator[Delivery]:
        subject = f"sums/{tenant}/{day.isoformat()}"
        notes = notebook.get(subject, SumsNotes)
        if notes is None:
            return
        told = dict(notes.told)
        for name, (event, value) in _said(notes.disclosure, day).items():
            if notes.told.get(name) != value:
                flags = (CORRECTED,) if name in notes.told else ()
                yield delivery(msgspec.structs.replace(event, flags=flags), tenant, NAME, now)
                told[name] = value
        notebook.put(subject, SumsNotes(notes.disclosure, told))

    @staticmethod
    def _put(
        tenant: str, name: str, notebook: Notebook, *, pending: bool, planned_us: int = 0
    ) -> None:
        days = notebook.get(f"days/{tenant}", Days) or Days()
        known = days.open[name]
        changed = (
            msgspec.structs.replace(known, pending=True, changed=False, planned_us=planned_us)
            if pending
            else msgspec.structs.replace(known, pending=False)
        )
        notebook.put(f"days/{tenant}", Days({**days.open, name: changed}, days.closed_until))

    @staticmethod
    def _close(tenant: str, name: str, known: OpenDay, notebook: Notebook) -> None:
        """Forget who used what: the sums stand, and are never corrected again."""
        for cabinet in known.cabinets:
            notebook.drop(f"day/{tenant}/{name}/{cabinet}")
        notebook.drop(f"sums/{tenant}/{name}")
        days = notebook.get(f"days/{tenant}", Days) or Days()
        rest = {day: open_day for day, open_day in days.open.items() if day != name}
        notebook.put(f"days/{tenant}", Days(rest, max(days.closed_until, name)))


def _differences(
    tenant: str, day: date, known: OpenDay, now: datetime, notebook: Notebook
) -> Iterator[Delivery]:
    for cabinet in known.cabinets:
        found = report(tenant, day, cabinet, now, notebook)
        if found is not None:
            yield found


def _said(disclosure: Disclosure, day: date) -> dict[str, tuple[Aggregate, str]]:
    """The event of each published sum, and of the peaks that follow from them."""
    said: dict[str, tuple[Aggregate, str]] = {}
    values = disclosure.values()
    day_us = day_bounds(day, ZONE)
    for name, wh in values.items():
        of, subject, start, end = name.split("/")
        bounds = int(start), int(end)
        said[name] = _event(of, subject, bounds, f"{wh:f}", wh_unit=True), f"{wh:f}"
        if bounds == day_us:
            peak = _peak(disclosure, name, values)
            if peak is not None:
                watts = f"{peak:f}"
                said[f"peak/{name}"] = _event(of, subject, bounds, watts, wh_unit=False), watts
    return said


def _peak(disclosure: Disclosure, name: str, values: Mapping[str, Decimal]) -> Decimal | None:
    """The highest mean power of a quarter of the day, W, if that quarter's sum is published.

    It says of the others that they were not higher, and nothing else that is not published.
    """
    quarters: dict[tuple[int, int], Decimal] = {}
    for part in disclosure.parts:
        if name in part.sums:
            for id_, told in part.releases[-1].items():
                start, end = map(int, id_.rsplit("/", 2)[1:])
                quarters[start, end] = quarters.get((start, end), Decimal(0)) + Decimal(told.wh)
    if not quarters or not all(_is_quarter(*bounds) for bounds in quarters):
        return None
    highest = max(quarters, key=lambda bounds: (quarters[bounds], -bounds[0]))
    of, subject, _, _ = name.split("/")
    wh = values.get(_name(of, subject, *highest))
    return None if wh is None else wh * _QUARTERS_PER_HOUR


def _event(
    of: str, subject: str, bounds: tuple[int, int], value: str, *, wh_unit: bool
) -> Aggregate:
    start, end = map(to_text, bounds)
    return Aggregate(
        v=1,
        # The envelope asks for a cabinet: of a zone or an activity, its own name stands there.
        cabinet=subject,
        observed_at=end,
        clock="S",
        data=AggregateData(
            of=cast("Of", of),
            subject=subject,
            quantity="energy.import" if wh_unit else "power.peak",
            period=Period(start, end),
            value=value,
            unit="Wh" if wh_unit else "W",
        ),
    )


def _name(of: str, subject: str, start_us: int, end_us: int) -> str:
    return f"{of}/{subject}/{start_us}/{end_us}"


def _rank(name: str) -> tuple[bool, int, int, str]:
    """Whole days first, zones before activities before cabinets; a later one gives way."""
    of, subject, start, end = name.split("/")
    is_quarter = _is_quarter(int(start), int(end))
    return is_quarter, _ORDER.index(of), int(start), subject


def _is_quarter(start_us: int, end_us: int) -> bool:
    return end_us - start_us == QUARTER_US and start_us % QUARTER_US == 0
