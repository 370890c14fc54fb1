"""The sums for the city itself: every sum and peak of a day, by quarter and day.

There is no least number of users, so these sums have their own stream, which needs a token. A sum
is published when its day is over and no new data came for a while, and again after each change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Final, cast

import msgspec

from ldes_shok.cabinet.event import Aggregate
from ldes_shok.derive.contributions import ZONE, of_slot, slot
from ldes_shok.derive.day import (
    Of,
    Stretch,
    SumSubject,
    by_bounds,
    energy,
    highest_quarter,
    is_quarter,
    peak,
)
from ldes_shok.derive.fold_state import Notebook
from ldes_shok.derive.intervals import CORRECTED
from ldes_shok.derive.quarters import day_bounds

MOST_SUMS: Final = 1_000
"""The most sums that one round publishes; the rest follows in the next rounds."""

_PEAK: Final = -1
"""In place of a slot: marks the peak of the day."""


class PublishedSum(msgspec.Struct, frozen=True, array_like=True):
    """A published sum: its value in Wh, and how often it was corrected."""

    wh: str
    revision: int = 0


class CityNotes(msgspec.Struct, frozen=True, array_like=True):
    """The published sums of a subject on a day, by slot."""

    published: dict[int, PublishedSum] = {}


def changes(
    tenant: str, day: date, used: Iterable[Stretch], notebook: Notebook
) -> tuple[list[Aggregate], bool]:
    """The sums that differ from the published ones, and whether these are all.

    The notebook remembers them as published.
    """
    found = _sums(day, used)
    for subject in _published_of(tenant, day, notebook):
        found.setdefault(subject, {})
    changed = list(islice(_changed(tenant, day, found, notebook), MOST_SUMS + 1))
    given: list[Aggregate] = []
    for subject, place, decided in changed[:MOST_SUMS]:
        name = _subject(tenant, day, subject)
        notes = notebook.get(name, CityNotes) or CityNotes()
        notebook.put(name, CityNotes({**notes.published, place: decided}))
        given.append(_event(day, subject, place, decided))
    return given, len(changed) <= MOST_SUMS


def forget(tenant: str, day: date, notebook: Notebook) -> None:
    """Drop the notes of this day: its sums are never corrected again."""
    for subject in _published_of(tenant, day, notebook):
        notebook.drop(_subject(tenant, day, subject))


def _sums(day: date, used: Iterable[Stretch]) -> dict[SumSubject, dict[int, Decimal]]:
    """Wh by subject and slot: the day, its peak, and each stretch that is a quarter of an hour."""
    found: dict[SumSubject, dict[int, Decimal]] = {}
    whole = day_bounds(day, ZONE)
    for subject, by_time in by_bounds(used).items():
        sums = {b: wh for b, wh in by_time.items() if is_quarter(*b)}
        sums[whole] = sum(by_time.values(), Decimal(0))
        found[subject] = {
            place: wh for bounds, wh in sums.items() if (place := slot(day, *bounds)) is not None
        }
        highest = highest_quarter(by_time)
        if highest is not None:
            found[subject][_PEAK] = by_time[highest]
    return found


def _changed(
    tenant: str, day: date, found: dict[SumSubject, dict[int, Decimal]], notebook: Notebook
) -> Iterator[tuple[SumSubject, int, PublishedSum]]:
    for subject, sums in sorted(found.items(), key=lambda item: (item[0].of, item[0].name)):
        notes = notebook.get(_subject(tenant, day, subject), CityNotes) or CityNotes()
        for place in sorted(sums.keys() | notes.published.keys()):
            before = notes.published.get(place)
            wh = f"{sums.get(place, Decimal(0)):f}"
            if before is None or before.wh != wh:
                yield subject, place, PublishedSum(wh, before.revision + 1 if before else 0)


def _event(day: date, subject: SumSubject, place: int, decided: PublishedSum) -> Aggregate:
    wh = Decimal(decided.wh)
    event = (
        peak(subject, day, wh, "city")
        if place == _PEAK
        else energy(subject, of_slot(day, place), wh, "city")
    )
    if not decided.revision:
        return event
    data = msgspec.structs.replace(event.data, revision=decided.revision)
    return msgspec.structs.replace(event, data=data, flags=(CORRECTED,))


def _prefix(tenant: str, day: date) -> str:
    return f"city/{tenant}/{day.isoformat()}/"


def _subject(tenant: str, day: date, subject: SumSubject) -> str:
    return f"{_prefix(tenant, day)}{subject.of}/{subject.name}"


def _published_of(tenant: str, day: date, notebook: Notebook) -> Iterator[SumSubject]:
    prefix = _prefix(tenant, day)
    for name in notebook.all(prefix, CityNotes):
        of, _, subject = name.removeprefix(prefix).partition("/")
        yield SumSubject(cast("Of", of), subject)
