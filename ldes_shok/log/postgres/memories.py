"""Decoders' memories and transports' raw input in PostgreSQL's rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from ldes_shok.log.postgres.connection import Parameters
from ldes_shok.log.records import MemoryRecord, RawRecord
from ldes_shok.log.storable import is_storable

Select = Callable[[str, Parameters], list[Any]]

DELETE_RAWS: Final = "DELETE FROM raw WHERE received_ms < %s"
EMPTY_REJECTIONS: Final = (
    "UPDATE rejection SET reason = %s, payload = '' WHERE received_ms < %s AND length(payload) > 0"
)
_RAW_COLUMNS: Final = "digest, source, received_ms, body"


def read_memory(select: Select, source: str, subject: str) -> bytes | None:
    """The memory of a subject."""
    if not is_storable(subject):
        return None
    rows = select("SELECT value FROM memory WHERE source = %s AND subject = %s", (source, subject))
    return bytes(rows[0][0]) if rows else None


def read_memories(select: Select, source: str, prefix: str) -> Sequence[MemoryRecord]:
    """All memories of a source whose subjects begin with a prefix, in order."""
    rows = select(
        "SELECT source, subject, value FROM memory WHERE source = %s AND starts_with(subject, %s)"
        ' ORDER BY subject COLLATE "C"',
        (source, prefix),
    )
    return [MemoryRecord(source, subject, bytes(value)) for source, subject, value in rows]


def read_raws(
    select: Select, source: str, limit: int, after_id: int
) -> Sequence[tuple[int, RawRecord]]:
    """Raw input of a source that is still kept, in order of arrival."""
    rows = select(
        f"SELECT id, {_RAW_COLUMNS} FROM raw WHERE id > %s AND source = %s ORDER BY id LIMIT %s",
        (after_id, source, limit),
    )
    return [(row[0], _raw(row[1:])) for row in rows]


def read_raw(select: Select, digest: bytes) -> RawRecord | None:
    """The raw input with this digest; the first if there are several."""
    query = f"SELECT {_RAW_COLUMNS} FROM raw WHERE digest = %b ORDER BY id LIMIT 1"
    rows = select(query, (digest,))
    return _raw(rows[0]) if rows else None


def _raw(row: Any) -> RawRecord:
    digest, source, received_ms, body = row
    return RawRecord(bytes(digest), source, received_ms, bytes(body))
