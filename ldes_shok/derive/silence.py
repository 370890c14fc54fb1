"""Finds cabinets that fell silent, and sessions without an end.

A cabinet is offline after three of its reporting intervals without a report. Its source's
configuration gives that time. Else it is three times the longest silence of the last eight days,
once the cabinet was watched for a day (at night an idle cabinet reports less). It is online again
when it has reported for a minute. Two changes are at least five minutes apart, so a flapping link
does not give a stream of versions. Reports from a buffer (`historical`) do not count. The time of a
change follows from the reports alone, so a repeated round after a crash gives the same event.

A station that speaks OCPP is not watched here: its heartbeats are no events, and its source reports
the loss itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final, Literal

import msgspec

from ldes_shok.cabinet.event import Session, SessionData, Status, StatusData
from ldes_shok.cabinet.incoming import Delivery
from ldes_shok.cabinet.stored_event import stored_event, stored_measurement, stored_session
from ldes_shok.clock import to_microseconds
from ldes_shok.derive.base import counts, delivery, is_derived
from ldes_shok.derive.fold_state import Notebook
from ldes_shok.derive.quarters import HOUR_US, SECOND_US, to_text, to_us
from ldes_shok.log.records import EventRecord

NAME: Final = "watch"
INFERRED: Final = "inferred"
MISSED_INTERVALS: Final = 3
UP_US: Final = 60 * SECOND_US
CHANGE_US: Final = 300 * SECOND_US
IDLE_US: Final = 24 * HOUR_US
_DAY_US: Final = 24 * HOUR_US
_LEARNED_DAYS: Final = 8
_SAME_REPORT_US: Final = 20 * SECOND_US
"""Reports this close together count as one."""

_PREFIX: Final = "watch/"
_REPORTS: Final = frozenset({"measurement", "status", "session", "fault"})


class OpenSession(msgspec.Struct, frozen=True, array_like=True):
    """A session that has no end yet."""

    outlet: str
    started_at: str
    last_us: int


class CabinetReports(msgspec.Struct, frozen=True, array_like=True):
    """The memory of a cabinet's reports.

    Attributes:
        last_us: when the last one came, by the service's clock.
        first_us: when the first one came.
        silences_us: the longest silence of each of the last days (of UTC, since 1970).
        after_us: as configured for its source; 0 to learn it.
        offline: whether the last status was offline.
        changed_us: the time of the last status; 0 if there was none.
        back_us: since when an offline cabinet reports again.
        sessions: those that are open.
        announced: whether one of its sources reports the loss of the cabinet itself.
    """

    last_us: int = 0
    first_us: int = 0
    silences_us: dict[int, int] = {}
    after_us: int = 0
    offline: bool = False
    changed_us: int = 0
    back_us: int = 0
    sessions: dict[str, OpenSession] = {}
    announced: bool = False

    @property
    def patience_us(self) -> int | None:
        """The silence after which the cabinet is offline; None while that is not known."""
        if self.announced:
            return None
        if self.after_us:
            return self.after_us
        if not self.silences_us or self.last_us - self.first_us < _DAY_US:
            return None
        return MISSED_INTERVALS * max(self.silences_us.values())


class WatchFold:
    """Watches all cabinets of all tenants."""

    def __init__(
        self,
        after_seconds: Mapping[str, int],
        started: datetime,
        announcing: frozenset[str] = frozenset(),
    ) -> None:
        """Watch from `started` on.

        Args:
            after_seconds: the configured time, by source.
            started: when the service started, aware UTC.
            announcing: the sources that report the loss of a cabinet themselves.
        """
        self._after_seconds = after_seconds
        self._announcing = announcing
        self._started_us = to_microseconds(started)
        self._seen: dict[str, CabinetReports] | None = None

    def take(self, event: EventRecord, notebook: Notebook) -> None:
        """Note a report."""
        if event.kind not in _REPORTS or not counts(event) or is_derived(event):
            return
        subject = f"{_PREFIX}{event.tenant}/{event.cabinet}"
        known = self._all(notebook).get(subject, CabinetReports())
        sessions = _sessions(known, event)
        is_old = b'"historical"' in event.payload and stored_event(event.payload).historical
        changed = known if is_old else self._after_report(known, event)
        changed = msgspec.structs.replace(changed, sessions=sessions)
        if changed != known:
            self._put(subject, changed, notebook)

    def give(self, now: datetime, notebook: Notebook, *, caught_up: bool) -> Sequence[Delivery]:
        """The changes that are due."""
        given: list[Delivery] = []
        if not caught_up:
            return given
        now_us = to_microseconds(now)
        for subject, seen in list(self._all(notebook).items()):
            _, tenant, cabinet = subject.split("/")
            changed = self._changed(seen, now_us)
            if changed.offline != seen.offline:
                at_us = changed.changed_us
                given.append(_status(tenant, cabinet, at_us, now, offline=changed.offline))
            if changed is not seen:
                self._put(subject, changed, notebook)
            given += self._ended(subject, changed, now, notebook)
        return given

    def forget(self) -> None:
        """Drop the cache: the memory is read again from the log."""
        self._seen = None

    def _after_report(self, known: CabinetReports, event: EventRecord) -> CabinetReports:
        at_us = event.received_ms * 1000
        silence_us = at_us - known.last_us
        silences = known.silences_us
        # The silence of an outage is not a usual one.
        if known.last_us and silence_us > _SAME_REPORT_US and not known.offline:
            day = at_us // _DAY_US
            longest = {**silences, day: max(silence_us, silences.get(day, 0))}
            silences = {d: us for d, us in longest.items() if d > day - _LEARNED_DAYS}
        back_us = known.back_us or at_us if known.offline else 0
        after_us = self._after_seconds.get(event.source, 0) * SECOND_US
        return msgspec.structs.replace(
            known,
            last_us=max(known.last_us, at_us),
            first_us=known.first_us or at_us,
            silences_us=silences,
            after_us=after_us,
            back_us=back_us,
            announced=known.announced or event.source in self._announcing,
        )

    def _changed(self, seen: CabinetReports, now_us: int) -> CabinetReports:
        """The state of a cabinet's reports now; the same object if nothing changed."""
        patience_us = seen.patience_us
        if patience_us is None:
            return seen
        earliest_us = seen.changed_us + CHANGE_US if seen.changed_us else 0
        if seen.offline:
            return _rise(seen, patience_us, earliest_us, now_us)
        at_us = max(seen.last_us + patience_us, earliest_us)
        # While the service was down, no report could come in.
        if now_us < max(at_us, self._started_us + patience_us):
            return seen
        return msgspec.structs.replace(seen, offline=True, changed_us=at_us)

    def _ended(
        self, subject: str, seen: CabinetReports, now: datetime, notebook: Notebook
    ) -> Iterator[Delivery]:
        """End the sessions that were idle for a day, at the time of their last report."""
        idle = {
            name: session
            for name, session in seen.sessions.items()
            if to_microseconds(now) >= session.last_us + IDLE_US
        }
        if not idle:
            return
        _, tenant, cabinet = subject.split("/")
        for name, session in idle.items():
            event = Session(
                v=1,
                cabinet=cabinet,
                outlet=session.outlet or None,
                observed_at=to_text(session.last_us + IDLE_US),
                clock="S",
                quality="estimated",
                flags=(INFERRED,),
                data=SessionData(
                    session_id=name,
                    event="ended",
                    started_at=session.started_at,
                    ended_at=to_text(session.last_us),
                    stop_reason="unknown",
                ),
            )
            yield delivery(event, tenant, NAME, now)
        rest = {name: s for name, s in seen.sessions.items() if name not in idle}
        self._put(subject, msgspec.structs.replace(seen, sessions=rest), notebook)

    def _all(self, notebook: Notebook) -> dict[str, CabinetReports]:
        if self._seen is None:
            self._seen = notebook.all(_PREFIX, CabinetReports)
        return self._seen

    def _put(self, subject: str, seen: CabinetReports, notebook: Notebook) -> None:
        self._all(notebook)[subject] = seen
        notebook.put(subject, seen)


def _rise(seen: CabinetReports, patience_us: int, earliest_us: int, now_us: int) -> CabinetReports:
    """The state of an offline cabinet: online after enough reports, or silent again."""
    at_us = max(seen.back_us + UP_US, earliest_us)
    if not seen.back_us or now_us < at_us:
        return seen
    if now_us - seen.last_us > patience_us:
        return msgspec.structs.replace(seen, back_us=0)
    return msgspec.structs.replace(seen, offline=False, changed_us=at_us, back_us=0)


def _sessions(known: CabinetReports, event: EventRecord) -> dict[str, OpenSession]:
    """The open sessions after an event."""
    if event.kind == "session":
        session = stored_session(event.payload)
        rest = {n: s for n, s in known.sessions.items() if n != session.data.session_id}
        if session.data.event == "ended":
            return rest
        last_us = max(event.received_ms * 1000, to_us(session.data.started_at))
        opened = OpenSession(session.outlet or "", session.data.started_at, last_us)
        return {**rest, session.data.session_id: opened}
    if event.kind == "measurement" and known.sessions and b'"session"' in event.payload:
        name = stored_measurement(event.payload).data.session
        used = known.sessions.get(name or "")
        if name and used:
            last_us = max(used.last_us, event.received_ms * 1000)
            used = msgspec.structs.replace(used, last_us=last_us)
            return {**known.sessions, name: used}
    return known.sessions


def _status(tenant: str, cabinet: str, at_us: int, now: datetime, *, offline: bool) -> Delivery:
    connectivity: Literal["offline", "online"] = "offline" if offline else "online"
    event = Status(
        v=1,
        cabinet=cabinet,
        observed_at=to_text(at_us),
        clock="S",
        flags=(INFERRED,),
        data=StatusData(
            connectivity=connectivity, cause="heartbeat_lost" if offline else "inferred"
        ),
    )
    return delivery(event, tenant, NAME, now)
