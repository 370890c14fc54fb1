"""The sums of a day: added up after its end, published once, corrected where that is allowed.

There are two audiences. The city gets every sum when its day is over and no new data came for
`QUIET_US` (`city_sums`). The public gets what `disclosure` allows, `delay` after the day's end. The
decision what is public is stored first and by itself (`PublicNotes` and `OpenDay.pending`). Only
then the sums are submitted. So after a crash at any point the same sums are published again, and
never two sums that differ by one user.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import msgspec

from ldes_shok.cabinet.incoming import Delivery
from ldes_shok.cabinet.period_keys import KeyPeriod
from ldes_shok.clock import to_microseconds
from ldes_shok.derive import city_sums
from ldes_shok.derive.base import delivery
from ldes_shok.derive.claims import Claims
from ldes_shok.derive.contributions import ZONE, Contributions, Days, OpenDay
from ldes_shok.derive.day import Stretch, Zones, stretches
from ldes_shok.derive.disclosure import (
    Contribution,
    Disclosure,
    first_disclosure,
    next_disclosure,
)
from ldes_shok.derive.fold_state import Notebook
from ldes_shok.derive.head_meter import report
from ldes_shok.derive.intervals import CORRECTED
from ldes_shok.derive.public_sums import PublicRules, as_events, candidates, contributions
from ldes_shok.derive.quarters import HOUR_US, day_bounds
from ldes_shok.derive.registers import KEEP_US
from ldes_shok.derive.users import Users
from ldes_shok.log.records import EventRecord

NAME: Final = "sums"
QUIET_US: Final = HOUR_US


@dataclass(frozen=True, slots=True)
class SumRules:
    """What is published, and when.

    Attributes:
        public: the rules for public sums.
        delay: the time from the end of a day to its public sums.
        zones: by tenant, the cabinets of each zone.
        period: how long a key of pseudonyms is used.
    """

    public: PublicRules
    delay: timedelta
    zones: Mapping[str, Zones]
    period: KeyPeriod


class PublicNotes(msgspec.Struct, frozen=True, array_like=True):
    """The disclosure of a day, and the sums that were submitted: name to value."""

    disclosure: Disclosure
    published: dict[str, str] = {}


class EarlierNotes(msgspec.Struct, frozen=True, array_like=True):
    """A day that an earlier version published by another rule: no more of it is published."""

    disclosure: Any = None


class SumsFold:
    """Derives the sums over many users."""

    def __init__(self, rules: SumRules) -> None:
        self._rules = rules
        self._contributions = Contributions()
        self._delay_us = rules.delay // timedelta(microseconds=1)

    def take(self, event: EventRecord, notebook: Notebook) -> None:  # noqa: ARG002  a Fold
        """Learn from one event."""
        self._contributions.take(event)

    def give(self, now: datetime, notebook: Notebook, *, caught_up: bool) -> Sequence[Delivery]:
        """Submit the sums that are decided; then decide the next ones."""
        self._contributions.store(notebook)
        given: list[Delivery] = []
        if not caught_up:
            return given
        for tenant in self._rules.zones:
            days = notebook.get(f"days/{tenant}", Days)
            if days is None:
                continue
            for name, known in days.open.items():
                if len(given) >= city_sums.MOST_SUMS:
                    return given
                day = date.fromisoformat(name)
                given += self._city(tenant, day, known, now, notebook)
                given += self._public(tenant, day, known, now, notebook)
        return given

    def forget(self) -> None:
        """Drop what was taken: it comes again."""
        self._contributions.forget()

    def _city(
        self, tenant: str, day: date, known: OpenDay, now: datetime, notebook: Notebook
    ) -> Iterator[Delivery]:
        """The next sums of one day for the city."""
        due_us = max(day_bounds(day, ZONE)[1], known.touched_us) + QUIET_US
        if not known.city_due or to_microseconds(now) < due_us:
            return
        used = self._used(tenant, day, known, notebook)
        changed, is_all = city_sums.changes(tenant, day, used, notebook)
        for event in changed:
            yield delivery(event, tenant, NAME, now)
        if is_all:
            _put(tenant, day, notebook, city_due=False)

    def _public(
        self, tenant: str, day: date, known: OpenDay, now: datetime, notebook: Notebook
    ) -> Iterator[Delivery]:
        """The next step of one day for the public."""
        now_us = to_microseconds(now)
        if known.pending:
            yield from _publish(tenant, day, now, notebook)
            _put(tenant, day, notebook, pending=False)
        elif self._is_due(day, known, now_us):
            if not known.planned_us:
                yield from _differences(tenant, day, known, now, notebook)
            self._decide(tenant, day, known, notebook)
            _put(tenant, day, notebook, pending=True, changed=False, planned_us=now_us)
        elif self._is_over(day, known, now_us):
            _close(tenant, day, known, notebook)

    def _is_due(self, day: date, known: OpenDay, now_us: int) -> bool:
        end_us = day_bounds(day, ZONE)[1]
        return known.changed and now_us >= max(end_us + self._delay_us, known.touched_us + QUIET_US)

    def _is_over(self, day: date, known: OpenDay, now_us: int) -> bool:
        end_us = day_bounds(day, ZONE)[1] + self._delay_us
        return not known.city_due and now_us >= max(end_us, known.touched_us) + KEEP_US

    def _decide(self, tenant: str, day: date, known: OpenDay, notebook: Notebook) -> None:
        if notebook.get(_earlier(tenant, day), EarlierNotes) is not None:
            return
        used = list(self._used(tenant, day, known, notebook))
        claims = {
            name.rpartition("/")[2]: found
            for name, found in notebook.all(f"claims/{tenant}/", Claims).items()
        }
        users = Users(claims, *day_bounds(day, ZONE), self._rules.period)
        rules = self._rules.public
        found = contributions(day, used, users, rules)
        notes = notebook.get(_subject(tenant, day), PublicNotes)
        if notes is None:
            disclosure = first_disclosure(found, candidates(found, rules), rules.rule)
            notebook.put(_subject(tenant, day), PublicNotes(disclosure))
        else:
            gone = _gone(notes.disclosure, found, users)
            disclosure = next_disclosure(notes.disclosure, (*found, *gone), rules.rule)
            notebook.put(_subject(tenant, day), PublicNotes(disclosure, notes.published))

    def _used(
        self, tenant: str, day: date, known: OpenDay, notebook: Notebook
    ) -> Iterator[Stretch]:
        return stretches(tenant, day, known.cabinets, self._rules.zones[tenant], notebook)


def _gone(
    published: Disclosure, found: Sequence[Contribution], users: Users
) -> Iterator[Contribution]:
    """The published contributions that are zero now, with the user that is known now."""
    known = {item.id for item in found}
    for id_ in sorted({i for p in published.parts for r in p.releases for i in r} - known):
        cabinet, outlet, rest = id_.split("/", 2)
        user = users.of(cabinet, outlet, int(rest.rsplit("/", 2)[1]))
        yield Contribution(id_, user, Decimal(0), frozenset())


def _publish(tenant: str, day: date, now: datetime, notebook: Notebook) -> Iterator[Delivery]:
    notes = notebook.get(_subject(tenant, day), PublicNotes)
    if notes is None:
        return
    published = dict(notes.published)
    for name, event in as_events(notes.disclosure, day).items():
        if published.get(name) != event.data.value:
            flags = (CORRECTED,) if name in published else ()
            yield delivery(msgspec.structs.replace(event, flags=flags), tenant, NAME, now)
            published[name] = event.data.value
    notebook.put(_subject(tenant, day), PublicNotes(notes.disclosure, published))


def _differences(
    tenant: str, day: date, known: OpenDay, now: datetime, notebook: Notebook
) -> Iterator[Delivery]:
    for cabinet in known.cabinets:
        found = report(tenant, day, cabinet, now, notebook)
        if found is not None:
            yield found


def _put(tenant: str, day: date, notebook: Notebook, **changes: bool | int) -> None:
    days = notebook.get(f"days/{tenant}", Days) or Days()
    changed = msgspec.structs.replace(days.open[day.isoformat()], **changes)
    opened = {**days.open, day.isoformat(): changed}
    notebook.put(f"days/{tenant}", Days(opened, days.closed_until))


def _close(tenant: str, day: date, known: OpenDay, notebook: Notebook) -> None:
    """Drop the use of each user. The sums stay as they are, and are never corrected again."""
    name = day.isoformat()
    for cabinet in known.cabinets:
        notebook.drop(f"day/{tenant}/{name}/{cabinet}")
    notebook.drop(_subject(tenant, day))
    notebook.drop(_earlier(tenant, day))
    city_sums.forget(tenant, day, notebook)
    days = notebook.get(f"days/{tenant}", Days) or Days()
    rest = {other: open_day for other, open_day in days.open.items() if other != name}
    notebook.put(f"days/{tenant}", Days(rest, max(days.closed_until, name)))


def _subject(tenant: str, day: date) -> str:
    return f"public/{tenant}/{day.isoformat()}"


def _earlier(tenant: str, day: date) -> str:
    return f"sums/{tenant}/{day.isoformat()}"
