"""The embedded log: one SQLite file, WAL, synchronous=FULL, one writer.

A commit returns after SQLite has synced the WAL, so what is acknowledged survives a power cut.
Batching the callers (group commit) is what makes that affordable: one sync for all of them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from ldes_shok.cabinet.instants import parse_instant
from ldes_shok.clock import to_microseconds
from ldes_shok.errors import LogMismatch, LogUnavailable
from ldes_shok.ldes.member import Form
from ldes_shok.ldes.node import Node
from ldes_shok.log.lock import WriterLock
from ldes_shok.log.records import (
    Commit,
    EventRecord,
    LeafArchive,
    MemberRecord,
    NodeRecord,
    Quarantine,
    StreamRecord,
)
from ldes_shok.log.sqlite_rows import (
    BLOCK_TABLES,
    EVENT_COLUMNS,
    NODE_COLUMNS,
    SCHEMA_VERSION,
    STREAM_COLUMNS,
    encode_summary,
    event_of,
    member_id,
    node_of,
    read_stream,
    row_of_node,
    row_of_stream,
    select,
    stream_and_position,
    stream_range,
)

_WAL_PAGES_PER_CHECKPOINT = 4000
_MAX_VARIABLES = 500


class SqliteLogWriter:
    """The writer of an embedded log. Used from one thread at a time."""

    def __init__(self, path: Path, public_url: str) -> None:
        """Open or create the log and take its writer's lock.

        Args:
            path: the SQLite file; its folder is made if it is missing.
            public_url: the base of every IRI in the log.

        Raises:
            LogLocked: another process writes it.
            LogMismatch: written for another public URL, or by another schema version.
            LogUnavailable: the folder or file cannot be used.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._lock = WriterLock(path.with_name(path.name + ".lock"))
        except OSError as error:
            raise LogUnavailable(f"{path}: {error.strerror or error}") from error
        self._iri_prefix = f"{public_url}/id/"
        try:
            self._connection = self._open(path, public_url)
        except sqlite3.Error as error:
            self._lock.release()
            raise LogUnavailable(f"{path}: {error}") from error
        except LogMismatch:
            self._lock.release()
            raise

    def _open(self, path: Path, public_url: str) -> sqlite3.Connection:
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA page_size = 8192")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute(f"PRAGMA wal_autocheckpoint = {_WAL_PAGES_PER_CHECKPOINT}")
        self._prepare(connection, path, public_url)
        self._stream_ids = dict(connection.execute("SELECT name, id FROM stream"))
        row = connection.execute("SELECT max(id) FROM event").fetchone()
        self._next_event_id = (row[0] or 0) + 1
        return connection

    @staticmethod
    def _prepare(connection: sqlite3.Connection, path: Path, public_url: str) -> None:
        exists = connection.execute(
            "SELECT count(*) FROM sqlite_schema WHERE name = 'meta'"
        ).fetchone()[0]
        if not exists:
            script = resources.files("ldes_shok.log").joinpath("schema.sql").read_text("utf-8")
            connection.executescript(f"BEGIN;\n{script}")
            connection.executemany(
                "INSERT INTO meta VALUES (?, ?)",
                [("schema_version", SCHEMA_VERSION), ("public_url", public_url)],
            )
            connection.execute("COMMIT")
        meta = dict(connection.execute("SELECT name, value FROM meta"))
        for name, ours in (("schema_version", SCHEMA_VERSION), ("public_url", public_url)):
            if meta[name] != ours:
                connection.close()
                raise LogMismatch(
                    f"{path}: this log was written with {name} {meta[name]}, not {ours}; its "
                    "members carry that in their IRIs: use the same setting, or another log"
                )

    @property
    def next_event_id(self) -> int:
        """The id that the next new event gets."""
        return self._next_event_id

    def seen(self, identity: bytes) -> bool:
        """Whether exactly this event was stored before (`EventRecord.identity`)."""
        return self._first("SELECT 1 FROM event WHERE identity = ?", (identity,)) is not None

    def published(self, iris: Sequence[str]) -> set[str]:
        """Which of these member IRIs are published."""
        short = [iri.removeprefix(self._iri_prefix) for iri in iris]
        found: set[str] = set()
        for start in range(0, len(short), _MAX_VARIABLES):
            part = short[start : start + _MAX_VARIABLES]
            marks = ",".join("?" * len(part))
            query = f"SELECT iri FROM member WHERE iri IN ({marks})"  # noqa: S608  only marks
            found.update(self._iri_prefix + row[0] for row in self._select(query, part))
        return found

    def state(self, tenant: str, cabinet: str) -> bytes | None:
        """A cabinet's current state, encoded."""
        row = self._first(
            "SELECT value FROM state WHERE tenant = ? AND cabinet = ?", (tenant, cabinet)
        )
        return bytes(row[0]) if row else None

    def waiting(self, tenant: str, cabinet: str, codes: frozenset[str]) -> Sequence[EventRecord]:
        """Quarantined events of a cabinet with one of these reasons, in order of arrival."""
        rows = self._select(
            f"SELECT {EVENT_COLUMNS} FROM quarantine JOIN event ON event.id = quarantine.event_id"  # noqa: S608
            " WHERE quarantine.tenant = ? AND quarantine.cabinet = ? ORDER BY event.id",
            (tenant, cabinet),
        )
        events = (event_of(row) for row in rows)
        return [e for e in events if e.quarantine is not None and e.quarantine.code in codes]

    def event(self, event_id: int) -> EventRecord | None:
        """A stored event."""
        row = self._first(
            f"SELECT {EVENT_COLUMNS} FROM event"  # noqa: S608  only constants
            " LEFT JOIN quarantine ON event.id = quarantine.event_id WHERE event.id = ?",
            (event_id,),
        )
        return event_of(row) if row else None

    def open_nodes(self, stream: str) -> Sequence[Node]:
        """The nodes that are not sealed."""
        rows = self._select(
            f"SELECT {NODE_COLUMNS} FROM node WHERE stream_id = ? AND sealed = 0",  # noqa: S608
            (self._stream_ids.get(stream, 0),),
        )
        return [node_of(row) for row in rows]

    def stream(self, name: str) -> StreamRecord:
        """Where a stream stands."""
        return read_stream(self._connection, name)

    def members(self, stream: str) -> Iterator[tuple[int, int]]:
        """Position and publication time of every member, ascending."""
        rows = self._connection.execute(
            "SELECT id, published_ms FROM member WHERE id >= ? AND id < ? ORDER BY id",
            stream_range(self._stream_ids.get(stream, 0)),
        )
        for row_id, published_ms in rows:
            yield stream_and_position(row_id)[1], published_ms

    def unarchived(self, limit: int) -> Sequence[NodeRecord]:
        """Sealed leaves whose pages are not stored yet, oldest first."""
        return ()

    def archive(self, leaves: Sequence[LeafArchive]) -> None:
        """Store the pages of sealed leaves and pack their members, all or nothing."""

    def commit(self, commit: Commit) -> None:
        """Store a batch durably, all or nothing.

        Raises:
            LogUnavailable: the store refused; nothing of it is kept.
        """
        known_streams = dict(self._stream_ids)
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            self._write(commit)
            self._connection.execute("COMMIT")
        except BaseException as error:
            self._stream_ids = known_streams
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            if isinstance(error, sqlite3.Error):
                raise LogUnavailable(f"the log cannot be written: {error}") from error
            raise
        if commit.events:
            self._next_event_id = max(event.id for event in commit.events) + 1

    def close(self) -> None:
        """Let go of the log, so that another writer can take it."""
        self._connection.close()
        self._lock.release()

    def _select(self, query: str, parameters: Sequence[object] = ()) -> list[Any]:
        return select(self._connection, query, parameters)

    def _first(self, query: str, parameters: Sequence[object] = ()) -> Any:
        rows = self._select(query, parameters)
        return rows[0] if rows else None

    def _write(self, commit: Commit) -> None:
        execute_many = self._connection.executemany
        for stream in commit.streams:
            self._write_stream(stream)
        execute_many(
            "INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (e.id, e.tenant, e.key, e.digest, e.identity, e.kind, e.source, e.cabinet,
                 e.received_ms, e.payload, e.raw_digest)
                for e in commit.events
            ],
        )  # fmt: skip
        execute_many(
            "INSERT INTO quarantine VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (e.id, e.tenant, e.cabinet, *_columns(e.quarantine))
                for e in commit.events
                if e.quarantine is not None
            ],
        )
        execute_many(
            "INSERT INTO rejection (source, received_ms, reason, payload) VALUES (?, ?, ?, ?)",
            [(r.source, r.received_ms, r.reason, r.payload) for r in commit.rejections],
        )
        self._write_members(commit.members)
        execute_many(
            "INSERT OR REPLACE INTO node VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [row_of_node(self._stream_ids[n.stream], n.node) for n in commit.nodes],
        )
        execute_many(
            "INSERT INTO sealed_head VALUES (?, ?, ?, ?, ?, ?)",
            [
                (self._stream_ids[h.stream], h.path, h.form.value, h.prefix, h.suffix, h.digest)
                for h in commit.heads
            ],
        )
        execute_many(
            "INSERT OR REPLACE INTO state VALUES (?, ?, ?)",
            [(s.tenant, s.cabinet, s.value) for s in commit.states],
        )
        execute_many(
            "DELETE FROM quarantine WHERE event_id = ?", [(id_,) for id_ in commit.released]
        )
        execute_many(
            "UPDATE quarantine SET code = ?, reason = ?, stream = ?, report = ? WHERE event_id = ?",
            [(*_columns(quarantine), id_) for id_, quarantine in commit.requarantined],
        )
        execute_many(
            "INSERT INTO tally VALUES (?, ?, ?) ON CONFLICT (source, outcome)"
            " DO UPDATE SET events = events + excluded.events",
            [(source, outcome, n) for (source, outcome), n in commit.counters.items()],
        )

    def _write_stream(self, stream: StreamRecord) -> None:
        values = row_of_stream(stream)
        if stream.name in self._stream_ids:
            self._connection.execute(
                "UPDATE stream SET members = ?, last_ms = ?, ties = ?, previous_members = ?,"
                " policies = ? WHERE name = ?",
                (*values, stream.name),
            )
            return
        cursor = self._connection.execute(
            f"INSERT INTO stream (name, {STREAM_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)",  # noqa: S608
            (stream.name, *values),
        )
        self._stream_ids[stream.name] = cursor.lastrowid or 0

    def _write_members(self, records: Sequence[MemberRecord]) -> None:
        rows: list[tuple[int, str, str, int, int, int, str]] = []
        blocks: dict[Form, list[tuple[int, bytes]]] = {form: [] for form in Form}
        for record in records:
            member = record.member
            row_id = member_id(self._stream_ids[member.stream], member.stamp.position)
            rows.append(
                (
                    row_id,
                    member.iri.removeprefix(self._iri_prefix),
                    member.entity.removeprefix(self._iri_prefix),
                    to_microseconds(parse_instant(member.summary.observed_at)),
                    member.stamp.published_ms,
                    record.event_id,
                    encode_summary(member.summary),
                )
            )
            for form, texts in blocks.items():
                texts.append((row_id, member.text(form)))
        self._connection.executemany("INSERT INTO member VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        for form, texts in blocks.items():
            self._connection.executemany(
                f"INSERT INTO {BLOCK_TABLES[form]} VALUES (?, ?)",  # noqa: S608  a constant
                texts,
            )


def _columns(quarantine: Quarantine) -> tuple[str, str, str, str]:
    return quarantine.code, quarantine.reason, quarantine.stream, quarantine.report
