"""`rekey` in PostgreSQL: in several transactions; then the tables are rewritten."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from ldes_shok.log.postgres.commit import SqlStatement
from ldes_shok.log.postgres.connection import translated
from ldes_shok.log.postgres.packs import decode_events, encode_events
from ldes_shok.log.postgres.session import WriterSession
from ldes_shok.log.records import MemoryRecord, RawRecord, Rejection
from ldes_shok.log.rekeying import AT_ONCE, UNKEYED, Rekeyed, Rekeying

_PACKS_AT_ONCE: Final = 16
_TABLES: Final = ("event_pack", "raw", "rejection", "memory")
_EVENTS: Final = (
    "SELECT first_id, month, body FROM event_pack WHERE first_id > %s ORDER BY first_id LIMIT %s"
)
_RAWS: Final = (
    "SELECT id, digest, source, received_ms, body FROM raw WHERE id > %s ORDER BY id LIMIT %s"
)
_REJECTIONS: Final = (
    "SELECT id, month, source, received_ms, reason, payload FROM rejection"
    " WHERE id > %s AND length(payload) > 0 ORDER BY id LIMIT %s"
)


def is_unkeyed(session: WriterSession) -> bool:
    """Whether the log holds rows of an older version."""
    return bool(session.select("SELECT 1 FROM meta WHERE name = %s", (UNKEYED,)))


def rekey_rows(session: WriterSession, rekeying: Rekeying) -> Rekeyed:
    """Bring every row under keys.

    Raises:
        WriterReplaced, LogUnavailable: not all rows are under keys; the next start begins again.
    """
    counts: Counter[str] = Counter()
    for rows in _batches(session, _EVENTS, _PACKS_AT_ONCE):
        session.transaction([_events(rows, rekeying, counts)])
    for rows in _batches(session, _RAWS, AT_ONCE):
        session.transaction(_raws(rows, rekeying, counts))
    for rows in _batches(session, _REJECTIONS, AT_ONCE):
        session.transaction([_rejections(rows, rekeying, counts)])
    rows = session.select("SELECT source, subject, value FROM memory")
    session.transaction([_memories(rows, rekeying, counts)])
    return Rekeyed(**counts)


def write_anew(session: WriterSession) -> None:
    """Rewrite the changed tables, so that their files hold no old version of a row.

    Raises:
        LogUnavailable: there is no room for it, or another session holds a table.
    """
    with translated("written"):
        for table in _TABLES:
            session.alone(f"VACUUM (FULL) {table}")
    with session.changing() as connection:
        connection.execute("DELETE FROM meta WHERE name = %s", (UNKEYED,))


def _batches(session: WriterSession, query: str, at_once: int) -> Iterator[Sequence[Any]]:
    last = 0
    while rows := session.select(query, (last, at_once)):
        last = rows[-1][0]
        yield rows


def _events(rows: Sequence[Any], rekeying: Rekeying, counts: Counter[str]) -> SqlStatement:
    changed = []
    for first_id, month, body in rows:
        before = decode_events(first_id, body)
        after = [replace(e, payload=rekeying.event(e.payload, e.received_ms)) for e in before]
        differing = sum(
            one.payload != other.payload for one, other in zip(before, after, strict=True)
        )
        if differing:
            counts["events"] += differing
            changed.append((encode_events(after), month, first_id))
    return SqlStatement(
        "UPDATE event_pack SET body = %b WHERE month = %s AND first_id = %s", changed
    )


def _raws(rows: Sequence[Any], rekeying: Rekeying, counts: Counter[str]) -> Sequence[SqlStatement]:
    changed, deleted = [], []
    for id_, digest, source, received_ms, body in rows:
        before = RawRecord(bytes(digest), source, received_ms, bytes(body))
        after = rekeying.raw(before)
        if after is None:
            deleted.append((id_,))
        elif after != before:
            changed.append((after.digest, after.body, id_))
    counts["raws"] += len(changed)
    counts["deleted_raws"] += len(deleted)
    return (
        SqlStatement("UPDATE raw SET digest = %b, body = %b WHERE id = %s", changed),
        SqlStatement("DELETE FROM raw WHERE id = %s", deleted),
    )


def _rejections(rows: Sequence[Any], rekeying: Rekeying, counts: Counter[str]) -> SqlStatement:
    changed = []
    for id_, month, source, received_ms, reason, payload in rows:
        before = Rejection(source, received_ms, reason, bytes(payload))
        after = rekeying.rejection(before)
        if after != before:
            changed.append((after.reason, after.payload, month, id_))
    counts["rejections"] += len(changed)
    return SqlStatement(
        "UPDATE rejection SET reason = %s, payload = %b WHERE month = %s AND id = %s", changed
    )


def _memories(rows: Sequence[Any], rekeying: Rekeying, counts: Counter[str]) -> SqlStatement:
    changed = []
    for source, subject, value in rows:
        before = MemoryRecord(source, subject, bytes(value))
        after = rekeying.memory(before)
        if after != before:
            changed.append((after.value, source, subject))
    counts["memories"] += len(changed)
    return SqlStatement("UPDATE memory SET value = %b WHERE source = %s AND subject = %s", changed)
