"""`rekey` in SQLite's rows: in several transactions; then the whole file is rewritten."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any, Final

from ldes_shok.log.checksum import checksum
from ldes_shok.log.records import MemoryRecord, RawRecord, Rejection
from ldes_shok.log.rekeying import AT_ONCE, UNKEYED, Rekeyed, Rekeying
from ldes_shok.log.sqlite.events import EVENT_QUERY, event_checksum, event_record
from ldes_shok.log.sqlite.rows import first, select

# `raw` as a member's name, or anything behind a JSON escape.
_EVENTS: Final = EVENT_QUERY.format(
    join="LEFT",
    where="event.id > ? AND (instr(payload, CAST('raw\"' AS BLOB)) OR instr(payload, x'5C75'))"
    " ORDER BY event.id LIMIT ?",
)
_RAWS: Final = (
    "SELECT id, checksum, digest, source, received_ms, body FROM raw WHERE id > ?"
    " ORDER BY id LIMIT ?"
)
_REJECTIONS: Final = (
    "SELECT id, checksum, source, received_ms, reason, payload FROM rejection WHERE id > ?"
    " AND length(payload) > 0 ORDER BY id LIMIT ?"
)
_MEMORIES: Final = "SELECT source, subject, value, checksum FROM memory"

_Transaction = Callable[[], AbstractContextManager[None]]


def is_unkeyed(connection: sqlite3.Connection) -> bool:
    """Whether the log holds rows of an older version."""
    return first(connection, "SELECT 1 FROM meta WHERE name = ?", (UNKEYED,)) is not None


def rekey_rows(
    connection: sqlite3.Connection, rekeying: Rekeying, transaction: _Transaction
) -> Rekeyed:
    """Bring every row under keys; `transaction` opens a transaction of the writer.

    A damaged row stays damaged: its new checksum is as wrong as the old one.
    """
    counts: Counter[str] = Counter()
    for rows in _batches(connection, _EVENTS):
        with transaction():
            counts["events"] += _events(connection, rows, rekeying)
    for rows in _batches(connection, _RAWS):
        with transaction():
            counts += _raws(connection, rows, rekeying)
    for rows in _batches(connection, _REJECTIONS):
        with transaction():
            counts["rejections"] += _rejections(connection, rows, rekeying)
    with transaction():
        counts["memories"] += _memories(connection, rekeying)
    return Rekeyed(**counts)


def write_anew(connection: sqlite3.Connection, transaction: _Transaction) -> None:
    """Rewrite the whole file, so that no free page holds overwritten data.

    Raises:
        sqlite3.Error, LogUnavailable: there is no room for it.
    """
    connection.execute("VACUUM")
    with transaction():
        connection.execute("DELETE FROM meta WHERE name = ?", (UNKEYED,))


def _batches(connection: sqlite3.Connection, query: str) -> Iterator[Sequence[Any]]:
    last = 0
    while rows := select(connection, query, (last, AT_ONCE)):
        last = rows[-1][0]
        yield rows


def _events(connection: sqlite3.Connection, rows: Sequence[Any], rekeying: Rekeying) -> int:
    changed = []
    for row in rows:
        event = event_record(row)
        payload = rekeying.event(event.payload, event.received_ms)
        if payload != event.payload:
            after = event_checksum(replace(event, payload=payload))
            kept = row[10] ^ event_checksum(event) ^ after
            changed.append((payload, kept, event.id))
    connection.executemany("UPDATE event SET payload = ?, checksum = ? WHERE id = ?", changed)
    return len(changed)


def _raws(connection: sqlite3.Connection, rows: Sequence[Any], rekeying: Rekeying) -> Counter[str]:
    counts: Counter[str] = Counter()
    for id_, kept, *old in rows:
        before = RawRecord(*old)
        after = rekeying.raw(before)
        if after is None:
            counts["deleted_raws"] += 1
            connection.execute("DELETE FROM raw WHERE id = ?", (id_,))
        elif after != before:
            counts["raws"] += 1
            now = (after.digest, after.source, after.received_ms, after.body)
            connection.execute(
                "UPDATE raw SET digest = ?, body = ?, checksum = ? WHERE id = ?",
                (after.digest, after.body, kept ^ checksum(id_, *old) ^ checksum(id_, *now), id_),
            )
    return counts


def _rejections(connection: sqlite3.Connection, rows: Sequence[Any], rekeying: Rekeying) -> int:
    changed = []
    for id_, kept, *old in rows:
        before = Rejection(*old)
        after = rekeying.rejection(before)
        if after != before:
            now = (after.source, after.received_ms, after.reason, after.payload)
            kept_now = kept ^ checksum(*old) ^ checksum(*now)
            changed.append((after.reason, after.payload, kept_now, id_))
    connection.executemany(
        "UPDATE rejection SET reason = ?, payload = ?, checksum = ? WHERE id = ?", changed
    )
    return len(changed)


def _memories(connection: sqlite3.Connection, rekeying: Rekeying) -> int:
    changed = []
    for *old, kept in select(connection, _MEMORIES):
        before = MemoryRecord(*old)
        value = rekeying.memory(before).value
        if value != before.value:
            kept_now = kept ^ checksum(*old) ^ checksum(before.source, before.subject, value)
            changed.append((value, kept_now, before.source, before.subject))
    connection.executemany(
        "UPDATE memory SET value = ?, checksum = ? WHERE source = ? AND subject = ?", changed
    )
    return len(changed)
