"""Decoders' memories and transports' raw input in SQLite's rows."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any, Final

from ldes_shok.errors import LogDamaged
from ldes_shok.log.checksum import checksum
from ldes_shok.log.records import MemoryRecord, RawRecord
from ldes_shok.log.sqlite.events import empty_rejections
from ldes_shok.log.sqlite.rows import first, select
from ldes_shok.log.storable import is_storable

_RAW_COLUMNS: Final = "id, checksum, digest, source, received_ms, body"

_DELETED_BYTES: Final = 1024 * 1024
"""How much one transaction deletes: all of it is overwritten with zeroes first."""


def add_memories(connection: sqlite3.Connection, memories: Iterable[MemoryRecord]) -> None:
    """Store memories. The later of two memories of one subject counts; an empty one is deleted."""
    values = {(m.source, m.subject): m.value for m in memories}
    rows = [(*place, value) for place, value in values.items() if value]
    connection.executemany(
        "INSERT OR REPLACE INTO memory VALUES (?, ?, ?, ?)",
        [(*row, checksum(*row)) for row in rows],
    )
    connection.executemany(
        "DELETE FROM memory WHERE source = ? AND subject = ?",
        [place for place, value in values.items() if not value],
    )


def read_memory(connection: sqlite3.Connection, source: str, subject: str) -> bytes | None:
    """The memory of a subject.

    Raises:
        LogDamaged: the memory is not what was stored.
    """
    if not is_storable(subject):
        return None
    row = first(
        connection,
        "SELECT source, subject, value, checksum FROM memory WHERE source = ? AND subject = ?",
        (source, subject),
    )
    return None if row is None else _memory_of(row).value


def read_memories(
    connection: sqlite3.Connection, source: str, prefix: str
) -> Sequence[MemoryRecord]:
    """All memories of a source whose subjects begin with a prefix, in order.

    Raises:
        LogDamaged: a memory is not what was stored.
    """
    rows = select(
        connection,
        "SELECT source, subject, value, checksum FROM memory WHERE source = ?"
        " AND substr(subject, 1, length(?)) = ? AND subject >= ? ORDER BY subject",
        (source, prefix, prefix, prefix),
    )
    return [_memory_of(row) for row in rows]


def add_raws(connection: sqlite3.Connection, raws: Iterable[RawRecord]) -> None:
    """Store raw input. A row that is there already stays as it is."""
    last = first(connection, "SELECT max(seq) FROM sqlite_sequence WHERE name = 'raw'")[0] or 0
    rows = [
        (number, r.digest, r.source, r.received_ms, r.body)
        for number, r in enumerate(raws, last + 1)
    ]
    connection.executemany(
        "INSERT INTO raw (id, digest, source, received_ms, body, checksum)"
        " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (digest, source, received_ms) DO NOTHING",
        [(*row, checksum(*row)) for row in rows],
    )


def read_raws(
    connection: sqlite3.Connection, source: str, limit: int, after_id: int
) -> Sequence[tuple[int, RawRecord]]:
    """Raw input of a source that is still kept, in order of arrival.

    Raises:
        LogDamaged: a row is not what was stored.
    """
    rows = select(
        connection,
        f"SELECT {_RAW_COLUMNS} FROM raw WHERE id > ? AND source = ? ORDER BY id LIMIT ?",  # noqa: S608
        (after_id, source, limit),
    )
    return [(row[0], raw_of(row)) for row in rows]


def read_raw(connection: sqlite3.Connection, digest: bytes) -> RawRecord | None:
    """The raw input with this digest; the first if there are several.

    Raises:
        LogDamaged: the row is not what was stored.
    """
    row = first(
        connection,
        f"SELECT {_RAW_COLUMNS} FROM raw WHERE digest = ? ORDER BY id LIMIT 1",  # noqa: S608
        (digest,),
    )
    return None if row is None else raw_of(row)


def delete_raws(connection: sqlite3.Connection, before_ms: int, at_once: int) -> tuple[int, int]:
    """Delete some of the raw input received before a time, and the bytes of some rejections.

    Returns:
        How many of each; zero of both means that nothing is left.

    Raises:
        LogDamaged: a rejection is not what was stored.
    """
    # Overwrite the bytes with zeroes; a DELETE alone only marks the page as free.
    connection.execute("PRAGMA secure_delete = ON")
    try:
        emptied = empty_rejections(connection, before_ms, at_once)
        query = "SELECT id, length(body) FROM raw WHERE received_ms < ? LIMIT ?"
        rows, size_bytes = select(connection, query, (before_ms, at_once)), 0
        deleted: list[tuple[int]] = []
        for id_, body_bytes in rows:
            deleted.append((id_,))
            size_bytes += body_bytes
            if size_bytes >= _DELETED_BYTES:
                break
        connection.executemany("DELETE FROM raw WHERE id = ?", deleted)
        return len(deleted), emptied
    finally:
        connection.execute("PRAGMA secure_delete = OFF")


def raw_of(row: Any) -> RawRecord:
    """A row of `raw`: id, checksum, digest, source, received_ms, body.

    Raises:
        LogDamaged: the row is not what was stored.
    """
    id_, kept, *fields = row
    if checksum(id_, *fields) != kept:
        raise LogDamaged(f"the log is damaged: raw {id_}")
    return RawRecord(*fields)


def _memory_of(row: Any) -> MemoryRecord:
    *fields, kept = row
    if checksum(*fields) != kept:
        raise LogDamaged(f"the log is damaged: memory of {fields[0]} {fields[1]}")
    return MemoryRecord(*fields)
