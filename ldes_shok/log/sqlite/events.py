"""Events, quarantine and rejections in SQLite's rows."""

from __future__ import annotations

import hashlib
import sqlite3
import zlib
from collections.abc import Iterable, Sequence
from typing import Final

from ldes_shok.errors import LogDamaged
from ldes_shok.log.checksum import checksum
from ldes_shok.log.records import FORGOTTEN, EventRecord, Quarantine, Rejection
from ldes_shok.log.sqlite.rows import first, select

EVENT_QUERY: Final = (
    "SELECT event.id, origin.tenant, event.key, event.digest, event.identity, origin.kind,"
    " origin.source, event.cabinet, event.received_ms, event.payload,"
    " event.checksum, quarantine.code, quarantine.reason, quarantine.stream, quarantine.report,"
    " quarantine.checksum"
    " FROM event JOIN origin ON origin.id = event.origin_id"
    " {join} JOIN quarantine ON quarantine.event_id = event.id WHERE {where}"
)
"""The query of an event with its quarantine. `LEFT` includes events without one."""

_EventRow = tuple[
    int, str, str, bytes, bytes, str, str, str, int, bytes,
    int, str | None, str, str, str, int,
]  # fmt: skip
_Origin = tuple[str, str, str]


class EventRows:
    """Writes events. Knows the origins by number, so that no event repeats their texts."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._origins: dict[_Origin, int] = {}
        self.reload()

    def reload(self) -> None:
        """Read the origins again, after a commit that was not stored."""
        rows = select(self._connection, "SELECT tenant, source, kind, id FROM origin")
        self._origins = {(tenant, source, kind): id_ for tenant, source, kind, id_ in rows}

    def add(self, events: Sequence[EventRecord]) -> None:
        """Store events, and the quarantine of those that have one."""
        self._connection.executemany(
            "INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (e.id, e.identity, self._origin(e), e.key, e.digest, e.cabinet, e.received_ms,
                 e.payload, event_checksum(e))
                for e in events
            ],
        )  # fmt: skip
        self._connection.executemany(
            "INSERT INTO quarantine VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (e.id, e.tenant, e.cabinet, *_columns(e.id, e.quarantine))
                for e in events
                if e.quarantine is not None
            ],
        )

    def release(self, event_ids: Iterable[int]) -> None:
        """Take events out of quarantine."""
        self._connection.executemany(
            "DELETE FROM quarantine WHERE event_id = ?", [(id_,) for id_ in event_ids]
        )

    def requarantine(self, reasons: Iterable[tuple[int, Quarantine]]) -> None:
        """Give events in quarantine another reason."""
        self._connection.executemany(
            "UPDATE quarantine SET code = ?, reason = ?, stream = ?, report = ?, checksum = ?"
            " WHERE event_id = ?",
            [(*_columns(id_, quarantine), id_) for id_, quarantine in reasons],
        )

    def reject(self, rejections: Iterable[Rejection]) -> None:
        """Store rejections."""
        rows = [(r.source, r.received_ms, r.reason, r.payload) for r in rejections]
        self._connection.executemany(
            "INSERT INTO rejection (source, received_ms, reason, payload, checksum)"
            " VALUES (?, ?, ?, ?, ?)",
            [(*row, checksum(*row)) for row in rows],
        )

    def _origin(self, event: EventRecord) -> int:
        origin = (event.tenant, event.source, event.kind)
        number = self._origins.get(origin)
        if number is None:
            cursor = self._connection.execute(
                "INSERT INTO origin (tenant, source, kind) VALUES (?, ?, ?)", origin
            )
            number = self._origins[origin] = cursor.lastrowid or 0
        return number


def read_event(connection: sqlite3.Connection, event_id: int) -> EventRecord | None:
    """A stored event.

    Raises:
        LogDamaged: the event is not what was stored.
    """
    row = first(connection, EVENT_QUERY.format(join="LEFT", where="event.id = ?"), (event_id,))
    return event_of(row) if row else None


def read_waiting(
    connection: sqlite3.Connection,
    place: tuple[str, str],
    codes: frozenset[str],
    after_id: int,
    limit: int,
) -> list[EventRecord]:
    """Quarantined events of a tenant's cabinet with one of these reasons, in order of arrival.

    Raises:
        LogDamaged: an event is not what was stored.
    """
    where = (
        "quarantine.tenant = ? AND quarantine.cabinet = ? AND quarantine.event_id > ?"
        f" AND quarantine.code IN ({_marks(codes)}) ORDER BY quarantine.event_id LIMIT ?"
    )
    query = EVENT_QUERY.format(join="", where=where)
    return [event_of(row) for row in select(connection, query, (*place, after_id, *codes, limit))]


def read_waiting_places(
    connection: sqlite3.Connection, codes: frozenset[str]
) -> list[tuple[str, str]]:
    """The tenants and cabinets that have quarantined events with one of these reasons."""
    query = f"SELECT DISTINCT tenant, cabinet FROM quarantine WHERE code IN ({_marks(codes)})"  # noqa: S608  marks
    return [(tenant, cabinet) for tenant, cabinet in select(connection, query, tuple(codes))]


def _marks(values: frozenset[str]) -> str:
    return ", ".join("?" * len(values))


def event_of(row: _EventRow) -> EventRecord:
    """An event from a row of EVENT_QUERY; without a code it is not in quarantine.

    Raises:
        LogDamaged: the event is not what was stored.
    """
    event = event_record(row)
    if event_checksum(event) != row[10]:
        raise LogDamaged(f"the log is damaged: event {event.id}")
    if event.quarantine is not None and _columns(event.id, event.quarantine)[-1] != row[15]:
        raise LogDamaged(f"the log is damaged: quarantine of event {event.id}")
    return event


def event_record(row: _EventRow) -> EventRecord:
    """An event from a row of EVENT_QUERY, without a check of its checksum."""
    code, reason, stream, report = row[11:15]
    quarantine = None if code is None else Quarantine(code, reason, stream, report)
    return EventRecord(*row[:10], hashlib.sha256(row[9]).digest(), quarantine)


def read_rejections(connection: sqlite3.Connection, limit: int) -> list[Rejection]:
    """Rejections, newest first.

    Raises:
        LogDamaged: a rejection is not what was stored.
    """
    rows = select(
        connection,
        "SELECT id, checksum, source, received_ms, reason, payload FROM rejection"
        " ORDER BY id DESC LIMIT ?",
        (limit,),
    )
    for id_, kept, *values in rows:
        if checksum(*values) != kept:
            raise LogDamaged(f"the log is damaged: rejection {id_}")
    return [Rejection(*values) for _, _, *values in rows]


def empty_rejections(connection: sqlite3.Connection, before_ms: int, at_once: int) -> int:
    """Delete the bytes of rejections before a time, and the reason, which may quote them.

    The row stays, so the count is right. Handles at most `at_once` rows; returns how many.

    Raises:
        LogDamaged: a rejection is not what was stored.
    """
    query = (
        "SELECT id, checksum, source, received_ms, reason, payload FROM rejection"
        " WHERE received_ms < ? AND length(payload) > 0 LIMIT ?"
    )
    rows = select(connection, query, (before_ms, at_once))
    for id_, kept, *fields in rows:
        if checksum(*fields) != kept:
            raise LogDamaged(f"the log is damaged: rejection {id_}")
    connection.executemany(
        "UPDATE rejection SET reason = ?, payload = x'', checksum = ? WHERE id = ?",
        [
            (FORGOTTEN, checksum(source, received_ms, FORGOTTEN, b""), id_)
            for id_, _, source, received_ms, *_ in rows
        ],
    )
    return len(rows)


def event_checksum(event: EventRecord) -> int:
    """CRC-32 of all stored values of an event, its origin's texts included."""
    # Not `checksum`, which takes four times as long: this runs for every event.
    fields = (
        f"{event.id} {event.tenant} {event.source} {event.kind} {event.key} {event.cabinet} "
        f"{event.received_ms}"
    )
    return zlib.crc32(event.payload, zlib.crc32(fields.encode() + event.identity + event.digest))


def _columns(event_id: int, quarantine: Quarantine) -> tuple[str, str, str, str, int]:
    fields = (quarantine.code, quarantine.reason, quarantine.stream, quarantine.report)
    return *fields, checksum(event_id, *fields)
