"""The latest report on each session, fault and reservation, as a cabinet's state keeps it.

Reports are ordered by their own time, never by their arrival. So the same events leave the same
state in any order. The number of reports is bounded, because a sender decides how many faults and
reservations there are. Reports that are over are dropped first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final, TypeVar

import msgspec

from ldes_shok.cabinet.event import FaultData, ReservationData, SessionData
from ldes_shok.cabinet.instants import parse_instant
from ldes_shok.mapping.precedence import Rank, ReportedBy, life_step

W = TypeVar("W")
_MOST_FAULTS: Final = 64
_MOST_RESERVATIONS: Final = 512
_OVER_FOR: Final = timedelta(days=7)
_GRAVE: Final = frozenset({"error", "critical"})
_HOLDS: Final = frozenset({"confirmed", "active"})


class SessionReport(msgspec.Struct, frozen=True, omit_defaults=True):
    """The session that started last at an outlet. Instants as the controller gave them."""

    session_id: str
    started_at: str
    observed_at: str
    key: str
    ended_at: str = ""
    digest: str = ""

    def runs_at(self, instant: datetime) -> bool:
        """Whether the session was running at an instant."""
        if instant < parse_instant(self.started_at):
            return False
        return not self.ended_at or instant < parse_instant(self.ended_at)

    @property
    def rank(self) -> tuple[datetime, str, bool, datetime, str, str]:
        """The sort key: a later start wins; of one session, its end wins."""
        ended = bool(self.ended_at)
        started, observed = parse_instant(self.started_at), parse_instant(self.observed_at)
        return (started, self.session_id, ended, observed, self.key, self.digest)

    def later(self, other: SessionReport | None) -> SessionReport:
        """The session that started last; of one session, the report of its end."""
        return self if other is None or self.rank > other.rank else other


class FaultReport(msgspec.Struct, frozen=True, omit_defaults=True):
    """One fault: when it was last raised, its severity, and when it was last cleared."""

    raised_at: str = ""
    raised_key: str = ""
    severity: str = ""
    cleared_at: str = ""
    raised_digest: str = ""

    def stands_at(self, instant: datetime) -> bool:
        """Whether it was raised, makes its place defect by its severity, and is not cleared."""
        if not self.raised_at or self.severity not in _GRAVE:
            return False
        raised = parse_instant(self.raised_at)
        if instant < raised:
            return False
        cleared = parse_instant(self.cleared_at) if self.cleared_at else None
        return cleared is None or cleared < raised or instant < cleared


class ReservationReport(msgspec.Struct, frozen=True, omit_defaults=True):
    """The latest report on one reservation."""

    state: str
    start: str
    end: str
    observed_at: str
    key: str
    digest: str = ""

    def holds_at(self, instant: datetime) -> bool:
        """Whether the reservation was agreed and the instant is within its period."""
        if self.state not in _HOLDS:
            return False
        return parse_instant(self.start) <= instant < parse_instant(self.end)

    @property
    def rank(self) -> Rank:
        """The sort key: a later observation wins; at one instant, the later step of its life."""
        return (parse_instant(self.observed_at), life_step(self.state), self.key, self.digest)


class LatestReports(msgspec.Struct, frozen=True, omit_defaults=True):
    """The reports on one place, a cabinet or an outlet, beside its status axes."""

    session: SessionReport | None = None
    faults: dict[str, FaultReport] = {}
    reservations: dict[str, ReservationReport] = {}

    def is_defect(self, instant: datetime) -> bool:
        """Whether a grave fault was not cleared at an instant."""
        return any(fault.stands_at(instant) for fault in self.faults.values())

    def is_reserved(self, instant: datetime) -> bool:
        """Whether a reservation held at an instant."""
        return any(word.holds_at(instant) for word in self.reservations.values())

    def is_observed_at(self, instant: datetime) -> bool:
        """Whether one of the reports is of exactly this instant."""
        instants: list[str] = []
        if self.session is not None:
            instants += (self.session.started_at, self.session.ended_at)
        for fault in self.faults.values():
            instants += (fault.raised_at, fault.cleared_at)
        instants += (word.observed_at for word in self.reservations.values())
        return any(parse_instant(text) == instant for text in instants if text)


def with_session(words: LatestReports, data: SessionData, by: ReportedBy) -> LatestReports:
    """`words` after a session event."""
    ended_at = data.ended_at if data.event == "ended" and data.ended_at else ""
    new = SessionReport(data.session_id, data.started_at, by.at, by.key, ended_at, by.digest)
    return msgspec.structs.replace(words, session=new.later(words.session))


def with_fault(words: LatestReports, data: FaultData, by: ReportedBy) -> LatestReports:
    """`words` after a fault was raised or cleared; each of the two only moves forward in time."""
    known = words.faults.get(data.fault_id, FaultReport())
    at = parse_instant(by.at)
    if data.state == "cleared":
        if not known.cleared_at or at > parse_instant(known.cleared_at):
            known = msgspec.structs.replace(known, cleared_at=by.at)
    elif not known.raised_at or (at, by.key, by.digest) > (
        parse_instant(known.raised_at),
        known.raised_key,
        known.raised_digest,
    ):
        known = msgspec.structs.replace(
            known,
            raised_at=by.at,
            raised_key=by.key,
            raised_digest=by.digest,
            severity=data.severity,
        )
    faults = {**words.faults, data.fault_id: known}
    return msgspec.structs.replace(words, faults=_bounded(faults, _MOST_FAULTS, _fault_order))


def with_reservation(words: LatestReports, data: ReservationData, by: ReportedBy) -> LatestReports:
    """`words` after a reservation event; reservations that ended a week before it are dropped."""
    period = data.period
    new = ReservationReport(data.state, period.start, period.end, by.at, by.key, by.digest)
    known = words.reservations.get(data.reservation_id)
    if known is not None and known.rank > new.rank:
        return words
    long_ago = parse_instant(by.at) - _OVER_FOR
    reservations = {
        name: word
        for name, word in words.reservations.items()
        if parse_instant(word.end) >= long_ago
    }
    reservations[data.reservation_id] = new
    kept = _bounded(reservations, _MOST_RESERVATIONS, _reservation_order)
    return msgspec.structs.replace(words, reservations=kept)


def _fault_order(item: tuple[str, FaultReport]) -> tuple[bool, str, str, str]:
    name, fault = item
    stands = bool(fault.raised_at) and fault.cleared_at < fault.raised_at
    return stands, fault.raised_at, fault.cleared_at, name


def _reservation_order(item: tuple[str, ReservationReport]) -> tuple[bool, str, str]:
    name, word = item
    return word.state in _HOLDS, word.end, name


def _bounded(
    words: Mapping[str, W], most: int, order: Callable[[tuple[str, W]], tuple[object, ...]]
) -> dict[str, W]:
    """The last `most` of `words` in `order`."""
    if len(words) <= most:
        return dict(words)
    return dict(sorted(words.items(), key=order)[-most:])
