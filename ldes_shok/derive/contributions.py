"""The use of every outlet, by local day and cabinet: the input of public sums.

Reads intervals, both reported and derived, and the sessions and reservations that name the users.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from ldes_shok.cabinet.event import GATHERINGS
from ldes_shok.cabinet.stored_event import (
    StoredMeasurement,
    StoredSession,
    stored_measurement,
    stored_reservation,
    stored_session,
)
from ldes_shok.derive.base import counts
from ldes_shok.derive.claims import (
    GONE,
    LONGEST_SESSION_US,
    Claims,
    OutletClaim,
    claim_key,
    reservation_id,
    session_id,
    with_claims,
)
from ldes_shok.derive.fold_state import Notebook
from ldes_shok.derive.quarters import SECOND_US, day_bounds, local_day, to_us
from ldes_shok.log.records import EventRecord

ZONE: Final = ZoneInfo("Europe/Brussels")
"""The zone of the calendar days that are added up: days of 92, 96 or 100 quarters."""

HEAD: Final = ""
"""In place of an outlet: the head meter, which measures the whole cabinet."""

_MINUTE_US: Final = 60 * SECOND_US
_INTERVAL: Final = "energy.import.interval"
_RADIX: Final = 10_000


class CabinetDay(msgspec.Struct, frozen=True, array_like=True):
    """Wh by `outlet/meter` and by time: see `slot`."""

    used: dict[str, dict[int, str]] = {}


class OpenDay(msgspec.Struct, frozen=True, array_like=True):
    """A day whose sums may still change.

    Attributes:
        cabinets: those with some use.
        touched_us: when the last data about the day was received.
        changed: whether there is new data that is not added up.
        planned_us: when the day was last added up; 0 if never.
        pending: whether the result is still to be published.
        city_due: whether the new data is still to be published for the city.
    """

    cabinets: tuple[str, ...] = ()
    touched_us: int = 0
    changed: bool = False
    planned_us: int = 0
    pending: bool = False
    city_due: bool = True


class Days(msgspec.Struct, frozen=True, array_like=True):
    """The open days of a tenant; `closed_until` is the last day whose sums are final."""

    open: dict[str, OpenDay] = {}
    closed_until: str = ""


class Contributions:
    """Collects from events what public sums need, until it is stored."""

    def __init__(self) -> None:
        self._used: dict[tuple[str, str, str], list[tuple[str, int, str]]] = {}
        self._claims: dict[tuple[str, str], list[OutletClaim | str]] = {}
        self._received_us = 0

    def take(self, event: EventRecord) -> None:
        """Learn from one event."""
        if not counts(event):
            return
        self._received_us = max(self._received_us, event.received_ms * 1000)
        if event.kind == "measurement":
            if _INTERVAL.encode() in event.payload:
                self._measured(event, stored_measurement(event.payload))
        elif event.kind == "session":
            self._claim(event, _of_session(stored_session(event.payload)))
        elif event.kind == "reservation":
            self._claim(event, claim_of_reservation(event.payload))

    def store(self, notebook: Notebook) -> None:
        """Put what was taken into the notebook."""
        for (tenant, day, cabinet), used in self._used.items():
            self._store_day(tenant, day, cabinet, used, self._received_us, notebook)
        for (tenant, cabinet), claims in self._claims.items():
            subject = f"claims/{tenant}/{cabinet}"
            known = notebook.get(subject, Claims) or Claims()
            now_us = self._received_us
            open_since_us = _open_since_us(tenant, now_us, notebook)
            changed = with_claims(known, claims, now_us, open_since_us)
            notebook.put(subject, changed)
            if changed.contents != known.contents:
                self._touch(tenant, cabinet, claims, now_us, notebook)
        self.forget()

    def forget(self) -> None:
        """Drop what was taken: it comes again."""
        self._used.clear()
        self._claims.clear()

    def _measured(self, event: EventRecord, measured: StoredMeasurement) -> None:
        period = measured.data.period
        if period is None or measured.quality == "bad":
            return
        start_us, end_us = to_us(period.start), to_us(period.end)
        day = local_day(start_us, ZONE)
        place = slot(day, start_us, end_us)
        if place is None:
            return
        name = f"{measured.outlet or HEAD}/{measured.data.meter or ''}"
        key = event.tenant, day.isoformat(), event.cabinet
        for reading in measured.data.readings:
            if reading.quantity == _INTERVAL and reading.phase == "total":
                self._used.setdefault(key, []).append((name, place, reading.value))

    def _claim(self, event: EventRecord, claim: OutletClaim | str) -> None:
        self._claims.setdefault((event.tenant, event.cabinet), []).append(claim)

    @staticmethod
    def _store_day(
        tenant: str,
        day: str,
        cabinet: str,
        used: list[tuple[str, int, str]],
        received_us: int,
        notebook: Notebook,
    ) -> None:
        days = notebook.get(f"days/{tenant}", Days) or Days()
        if day <= days.closed_until:
            return
        subject = f"day/{tenant}/{day}/{cabinet}"
        known = notebook.get(subject, CabinetDay) or CabinetDay()
        changed = {name: dict(values) for name, values in known.used.items()}
        for name, place, wh in used:
            if Decimal(wh) > 0:
                changed.setdefault(name, {})[place] = wh
            else:
                changed.get(name, {}).pop(place, None)
        if changed == known.used:
            return
        notebook.put(subject, CabinetDay(changed))
        open_day = days.open.get(day, OpenDay())
        cabinets = tuple(sorted({*open_day.cabinets, cabinet}))
        opened = msgspec.structs.replace(_touched(open_day, received_us), cabinets=cabinets)
        notebook.put(f"days/{tenant}", Days({**days.open, day: opened}, days.closed_until))

    @staticmethod
    def _touch(
        tenant: str,
        cabinet: str,
        claims: list[OutletClaim | str],
        received_us: int,
        notebook: Notebook,
    ) -> None:
        """Mark the days of changed claims, so that they are added up again."""
        days = notebook.get(f"days/{tenant}", Days)
        if days is None:
            return
        about = {
            local_day(us, ZONE).isoformat()
            for c in claims
            if isinstance(c, OutletClaim)
            for us in (c.start_us, c.end_us - 1)
        }
        changed = {
            day: _touched(known, received_us)
            if cabinet in known.cabinets and (day in about or not about)
            else known
            for day, known in days.open.items()
        }
        if changed != days.open:
            notebook.put(f"days/{tenant}", Days(changed, days.closed_until))


def _open_since_us(tenant: str, now_us: int, notebook: Notebook) -> int:
    """The start of the first day of a tenant whose sums may change; now if there is none."""
    days = notebook.get(f"days/{tenant}", Days) or Days()
    starts = (day_bounds(date.fromisoformat(name), ZONE)[0] for name in days.open)
    return min(starts, default=now_us)


def _touched(day: OpenDay, received_us: int) -> OpenDay:
    latest_us = max(day.touched_us, received_us)
    return msgspec.structs.replace(day, touched_us=latest_us, changed=True, city_due=True)


def slot(day: date, start_us: int, end_us: int) -> int | None:
    """A stretch of a day as one number: its start in minutes of the day, and its length in minutes.

    None if it is not in whole minutes, or not within the day.
    """
    first_us, last_us = day_bounds(day, ZONE)
    if not first_us <= start_us < end_us <= last_us:
        return None
    offset, rest = divmod(start_us - first_us, _MINUTE_US)
    minutes, more = divmod(end_us - start_us, _MINUTE_US)
    return None if rest or more else offset * _RADIX + minutes


def of_slot(day: date, place: int) -> tuple[int, int]:
    """Start and end of a slot, microseconds since 1970."""
    offset, minutes = divmod(place, _RADIX)
    start_us = day_bounds(day, ZONE)[0] + offset * _MINUTE_US
    return start_us, start_us + minutes * _MINUTE_US


def used_in(
    tenant: str, day: date, cabinet: str, notebook: Notebook
) -> Iterator[tuple[str, str, int, int, Decimal]]:
    """Outlet, meter, start, end and Wh of all use at a cabinet on a day."""
    known = notebook.get(f"day/{tenant}/{day.isoformat()}/{cabinet}", CabinetDay)
    for name, values in sorted((known or CabinetDay()).used.items()):
        outlet, _, meter = name.partition("/")
        for place, wh in sorted(values.items()):
            yield outlet, meter, *of_slot(day, place), Decimal(wh)


def _of_session(session: StoredSession) -> OutletClaim:
    data = session.data
    start_us = to_us(data.started_at)
    return OutletClaim(
        session_id(data.session_id),
        session.outlet or "",
        start_us,
        to_us(data.ended_at) if data.ended_at else start_us + LONGEST_SESSION_US,
        data.user or "",
        via=reservation_id(data.reservation_id) if data.reservation_id else "",
    )


def claim_of_reservation(payload: bytes) -> OutletClaim | str:
    """The claim of a reservation; only its key if the reservation is not used.

    Sums are made only for activities of many people. The identifier of another activity, such as a
    fixed stall, may stand for a person.
    """
    reservation = stored_reservation(payload)
    data = reservation.data
    name, outlet = reservation_id(data.reservation_id), reservation.outlet or ""
    if data.state in GONE:
        return claim_key(name, outlet)
    return OutletClaim(
        name,
        outlet,
        to_us(data.period.start),
        to_us(data.period.end),
        data.holder or "",
        data.activity.id if data.activity and data.activity.type in GATHERINGS else "",
    )
