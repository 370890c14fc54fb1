"""What people do at a cabinet, beside what its meters count: reserve, begin, end and repair.

Holders and users are fictional pseudonyms: random letters.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Final, Literal

from ldes_shok.cabinet.encode import instant_text
from ldes_shok.cabinet.event import (
    Activity,
    Fault,
    FaultData,
    Reservation,
    ReservationData,
    Session,
    SessionData,
)
from ldes_shok.cabinet.measurement import Period
from ldes_shok.demo.city import report
from ldes_shok.demo.city.calendar import local_instant
from ldes_shok.demo.city.plan import CabinetPlan
from ldes_shok.demo.city.report import ControllerReport
from ldes_shok.demo.city.usage import PlannedUse

_MOVED_AT: Final = time(9, 0)
_NO_SHOW_AFTER: Final = timedelta(minutes=90)
_LETTERS: Final = "0123456789abcdefghijklmnopqrstuv"
_RIGHT_LASTS: Final = timedelta(days=365)

ReservationState = Literal["confirmed", "active", "used", "no_show"]


def access_right(cabinet: CabinetPlan, at: datetime, rng: Random) -> ControllerReport:
    """Report that the first socket belongs to a fixed stall for a year (use case 2.3)."""
    outlet = cabinet.sockets[0].id
    data = ReservationData(
        reservation_id=f"standplaats-{cabinet.id}-{outlet}",
        state="confirmed",
        period=Period(instant_text(at), instant_text(at + _RIGHT_LASTS)),
        holder=_pseudonym(rng),
        activity=Activity(id=f"standplaats-{cabinet.id}-{outlet}", type="standing_trade"),
    )
    return _reservation(cabinet, outlet, at, data)


def moves(cabinet: CabinetPlan, day: date) -> Iterator[ControllerReport]:
    """Yield where a movable cabinet is taken on this day."""
    stand = cabinet.stands.get(day.weekday())
    if stand is not None:
        yield report.moved(cabinet, stand, local_instant(day, _MOVED_AT))


def reports_of(cabinet: CabinetPlan, use: PlannedUse, rng: Random) -> Iterator[ControllerReport]:
    """Yield the reservation, session and fault of one use."""
    user = _pseudonym(rng)
    if use.reserved_at is not None:
        yield from _reserved(cabinet, use, use.reserved_at, user)
    if not use.shows_up:
        return
    yield _session(cabinet, use, use.start, "started", user)
    yield _session(cabinet, use, use.end, "ended", user)
    if use.repaired_at is not None:
        yield _fault(cabinet, use, use.end, "raised")
        yield _fault(cabinet, use, use.repaired_at, "cleared")


def _reserved(
    cabinet: CabinetPlan, use: PlannedUse, reserved_at: datetime, holder: str
) -> Iterator[ControllerReport]:
    states: list[tuple[datetime, ReservationState]] = [(reserved_at, "confirmed")]
    if use.shows_up:
        states += [(use.start, "active"), (use.end, "used")]
    else:
        states.append((use.start + _NO_SHOW_AFTER, "no_show"))
    for at, state in states:
        data = ReservationData(
            reservation_id=_reservation_id(cabinet, use),
            state=state,
            period=Period(instant_text(use.start), instant_text(use.end)),
            holder=holder,
            activity=use.activity,
        )
        yield _reservation(cabinet, use.socket.id, at, data)


def _reservation_id(cabinet: CabinetPlan, use: PlannedUse) -> str:
    return f"R-{cabinet.id}-{use.socket.id}-{use.start:%Y%m%dT%H%M%S}"


def _reservation(
    cabinet: CabinetPlan, outlet: str, at: datetime, data: ReservationData
) -> ControllerReport:
    event = Reservation(
        v=1, cabinet=cabinet.id, outlet=outlet, observed_at=instant_text(at), clock="S", data=data
    )
    return ControllerReport(event, at, at, live=True)


def _session(
    cabinet: CabinetPlan,
    use: PlannedUse,
    at: datetime,
    what: Literal["started", "ended"],
    user: str,
) -> ControllerReport:
    ended = what == "ended"
    event = Session(
        v=1,
        cabinet=cabinet.id,
        outlet=use.socket.id,
        observed_at=instant_text(at),
        clock="S",
        data=SessionData(
            session_id=f"{cabinet.id}.{use.socket.id}.{use.start:%Y%m%dT%H%M%S}",
            event=what,
            started_at=instant_text(use.start),
            ended_at=instant_text(use.end) if ended else None,
            user=user,
            method="app",
            reservation_id=None if use.reserved_at is None else _reservation_id(cabinet, use),
            stop_reason=("fault" if use.trips else "local") if ended else None,
        ),
    )
    return ControllerReport(event, at, at)


def _fault(
    cabinet: CabinetPlan, use: PlannedUse, at: datetime, state: Literal["raised", "cleared"]
) -> ControllerReport:
    """Report that a residual-current device tripped, or was reset."""
    event = Fault(
        v=1,
        cabinet=cabinet.id,
        outlet=use.socket.id,
        observed_at=instant_text(at),
        clock="S",
        data=FaultData(
            fault_id=f"rcd_trip.{cabinet.id}.{use.socket.id}.{use.end:%Y%m%dT%H%M%S}",
            code="rcd_trip",
            state=state,
            severity="error",
        ),
    )
    return ControllerReport(event, at, at)


def _pseudonym(rng: Random) -> str:
    return "p1:" + "".join(rng.choice(_LETTERS) for _ in range(26))
