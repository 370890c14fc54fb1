"""The embedded log: one SQLite file, WAL, synchronous=FULL, one writer.

A commit returns after SQLite has synced the WAL, so what is acknowledged survives a power cut.
Batching the callers (group commit) is what makes that affordable: one sync for all of them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import Any

from ldes_shok.errors import LogDamaged, LogMismatch, LogUnavailable
from ldes_shok.ldes.node import Node, NodeKind
from ldes_shok.ldes.template import Template
from ldes_shok.log.checksum import checksum
from ldes_shok.log.lock import WriterLock
from ldes_shok.log.pack import packed
from ldes_shok.log.records import (
    Commit,
    EventRecord,
    LeafArchive,
    MemberRecord,
    NodeRecord,
    StreamRecord,
)
from ldes_shok.log.sqlite_checkpoints import Checkpoints
from ldes_shok.log.sqlite_events import (
    EventRows,
    read_event,
    read_waiting,
    read_waiting_places,
)
from ldes_shok.log.sqlite_iris import add_iris, published_among
from ldes_shok.log.sqlite_memories import add_memories, add_raws, delete_raws
from ldes_shok.log.sqlite_open import PAGE_BYTES, open_for_writing
from ldes_shok.log.sqlite_packs import add_members, next_id, read_packs, replace_members
from ldes_shok.log.sqlite_rows import (
    NODE_COLUMNS,
    STREAM_COLUMNS,
    first,
    member_id,
    node_of,
    read_stream,
    row_of_head,
    row_of_node,
    row_of_page,
    row_of_stream,
    select,
    stream_and_position,
    stream_range,
)
from ldes_shok.log.sqlite_schema import SCHEMA, Schema
from ldes_shok.log.templates import encode_template

_READ_AT_ONCE = 10_000
_IDENTITIES_AT_ONCE = 500
_BYTES_PER_COMMIT = 8 * PAGE_BYTES
_BYTES_PER_MEMBER = 300

_PUT_NODE = (
    "INSERT INTO node VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (stream_id, path) DO UPDATE SET parent = excluded.parent, kind = excluded.kind,"
    " lower_ms = excluded.lower_ms, upper_ms = excluded.upper_ms,"
    " first_position = excluded.first_position, members = excluded.members,"
    " last_ms = excluded.last_ms, leaves = excluded.leaves, split = excluded.split,"
    " sealed = excluded.sealed, archived = coalesce(archived, excluded.archived)"
)


class SqliteLogWriter:
    """The writer of an embedded log. Used from one thread at a time."""

    def __init__(self, path: Path, public_url: str, schema: Schema = SCHEMA) -> None:
        """Open or create the log and take its writer's lock.

        Args:
            path: the SQLite file; its folder is made if it is missing.
            public_url: the base of every IRI in the log.
            schema: how an older log is brought up to date.

        Raises:
            LogLocked: another process writes it.
            LogMismatch: written for another public URL, or by another schema version.
            LogUnavailable: the folder or file cannot be used.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._lock = WriterLock(path.with_name(path.name + ".lock"))
        except FileExistsError as error:
            raise LogUnavailable(
                f"{path}: {path.parent} is no folder; is its volume mounted?"
            ) from error
        except OSError as error:
            raise LogUnavailable(f"{path}: {error.strerror or error}") from error
        self._iri_prefix = f"{public_url}/id/"
        self._committing = Lock()
        self._in_doubt = False
        self._checkpoints = Checkpoints(path, self._committing)
        try:
            self._connection = open_for_writing(path, public_url, schema)
            self._events = EventRows(self._connection)
            self._stream_ids: dict[str, int] = {}
            self._template_ids: dict[bytes, int] = {}
            self._read_numbers()
            row = self._first("SELECT max(id) FROM event")
            self._next_event_id = (row[0] or 0) + 1
        except sqlite3.Error as error:
            self._lock.release()
            raise LogUnavailable(f"{path}: {error}") from error
        except (LogMismatch, LogUnavailable):
            self._lock.release()
            raise

    @property
    def next_event_id(self) -> int:
        """The id that the next new event gets."""
        return self._next_event_id

    def seen(self, identities: Sequence[bytes]) -> set[bytes]:
        """Which of these were stored before (`EventRecord.identity`)."""
        found: set[bytes] = set()
        for start in range(0, len(identities), _IDENTITIES_AT_ONCE):
            part = identities[start : start + _IDENTITIES_AT_ONCE]
            marks = ",".join("?" * len(part))
            rows = self._select(f"SELECT identity FROM event WHERE identity IN ({marks})", part)  # noqa: S608
            found.update(bytes(identity) for (identity,) in rows)
        return found

    def published(self, iris: Sequence[str]) -> set[str]:
        """Which of these member IRIs are published."""
        short = [iri.removeprefix(self._iri_prefix) for iri in iris]
        return {self._iri_prefix + iri for iri in published_among(self._settled(), short)}

    def state(self, tenant: str, cabinet: str) -> bytes | None:
        """A cabinet's current state, encoded.

        Raises:
            LogDamaged: it is not what was stored.
        """
        row = self._first(
            "SELECT value, checksum FROM state WHERE tenant = ? AND cabinet = ?", (tenant, cabinet)
        )
        if row is None:
            return None
        value, kept = row
        if checksum(tenant, cabinet, value) != kept:
            raise LogDamaged(f"the log is damaged: state of {tenant} {cabinet}")
        return bytes(value)

    def waiting(
        self, tenant: str, cabinet: str, codes: frozenset[str], after_id: int, limit: int
    ) -> Sequence[EventRecord]:
        """Quarantined events of a cabinet with one of these reasons, in order of arrival."""
        return read_waiting(self._settled(), (tenant, cabinet), codes, after_id, limit)

    def waiting_places(self, codes: frozenset[str]) -> Sequence[tuple[str, str]]:
        """The tenants and cabinets that have events in quarantine with one of these reasons."""
        return read_waiting_places(self._settled(), codes)

    def event(self, event_id: int) -> EventRecord | None:
        """A stored event."""
        return read_event(self._settled(), event_id)

    def open_nodes(self, stream: str) -> Sequence[Node]:
        """The nodes that are not sealed."""
        rows = self._select(
            f"SELECT {NODE_COLUMNS} FROM node WHERE stream_id = ? AND sealed = 0",  # noqa: S608
            (self._stream_ids.get(stream, 0),),
        )
        return [node_of(row) for row in rows]

    def stream(self, name: str) -> StreamRecord:
        """Where a stream stands."""
        return read_stream(self._settled(), name)

    def members(self, stream: str) -> Iterator[tuple[int, int]]:
        """Position and publication time of every member, ascending."""
        id_, end_id = stream_range(self._stream_ids.get(stream, 0))
        while packs := read_packs(self._settled(), id_, min(id_ + _READ_AT_ONCE, end_id)):
            for pack in packs:
                for number, member in enumerate(pack.decode(), pack.id):
                    if number >= id_:
                        yield stream_and_position(number)[1], member.published_ms
            id_ = packs[-1].end_id

    def unarchived(self, limit: int) -> Sequence[NodeRecord]:
        """Sealed leaves whose pages are not stored yet, oldest first."""
        names = {id_: name for name, id_ in self._stream_ids.items()}
        rows = self._select(
            f"SELECT stream_id, {NODE_COLUMNS} FROM node WHERE archived = 0"  # noqa: S608
            " ORDER BY last_ms LIMIT ?",
            (limit,),
        )
        return [NodeRecord(names[row[0]], node_of(row[1:])) for row in rows]

    def archive(self, leaves: Sequence[LeafArchive]) -> None:
        """Store the pages of sealed leaves and pack their members, all or nothing.

        Raises:
            LogUnavailable: the store refused; nothing of it is kept.
        """
        with self._transaction():
            for leaf in leaves:
                self._archive(leaf)
        self._checkpoints.wrote(sum(_archive_bytes(leaf) for leaf in leaves))

    def forget_raws(self, before_ms: int) -> int:
        """Delete what was received raw before a time, milliseconds since 1970; returns how many.

        Of what was rejected before then the bytes and the reason go too; source and time stay.

        Raises:
            LogUnavailable: the store refused; nothing is deleted.
        """
        with self._transaction():
            return delete_raws(self._connection, before_ms)

    def commit(self, commit: Commit) -> None:
        """Store a batch durably, all or nothing.

        Raises:
            LogUnavailable: the store refused; nothing of it is kept.
        """
        with self._transaction():
            self._write(commit)
        self._checkpoints.wrote(_commit_bytes(commit))
        if commit.events:
            self._next_event_id = max(event.id for event in commit.events) + 1

    def close(self) -> None:
        """Let go of the log, so that another writer can take it."""
        self._checkpoints.close()
        self._connection.close()
        self._lock.release()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._committing:
            self._settled()
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                yield
                self._connection.execute("COMMIT")
            except BaseException as error:
                self._in_doubt = True
                # A store that cannot even be read now is asked again by whoever reads next.
                with suppress(LogUnavailable):
                    self._settled()
                if isinstance(error, sqlite3.Error):
                    raise LogUnavailable(f"the log cannot be written: {error}") from error
                raise

    def _settled(self) -> sqlite3.Connection:
        """The connection, without what is left on it of a commit that was not stored.

        Raises:
            LogUnavailable: that cannot be undone now.
        """
        if self._in_doubt:
            try:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
            except sqlite3.Error as error:
                raise LogUnavailable(f"the log cannot be read: {error}") from error
            self._read_numbers()
            self._in_doubt = False
        return self._connection

    def _read_numbers(self) -> None:
        """What has a number in the log: read at the start, and when a commit was not stored."""
        self._stream_ids = dict(select(self._connection, "SELECT name, id FROM stream"))
        self._template_ids = dict(select(self._connection, "SELECT key, id FROM template"))
        self._events.reload()

    def _select(self, query: str, parameters: Sequence[object] = ()) -> list[Any]:
        return select(self._settled(), query, parameters)

    def _first(self, query: str, parameters: Sequence[object] = ()) -> Any:
        return first(self._settled(), query, parameters)

    def _write(self, commit: Commit) -> None:
        execute_many = self._connection.executemany
        for stream in commit.streams:
            self._write_stream(stream)
        self._events.add(commit.events)
        self._events.reject(commit.rejections)
        self._events.release(commit.released)
        self._events.requarantine(commit.requarantined)
        self._write_members(commit.members, commit.nodes)
        execute_many(
            _PUT_NODE, [row_of_node(self._stream_ids[n.stream], n.node) for n in commit.nodes]
        )
        execute_many(
            "INSERT INTO sealed_head VALUES (?, ?, ?, ?, ?, ?, ?)",
            [row_of_head(self._stream_ids[head.stream], head) for head in commit.heads],
        )
        execute_many(
            "INSERT OR REPLACE INTO state VALUES (?, ?, ?, ?)",
            [
                (s.tenant, s.cabinet, s.value, checksum(s.tenant, s.cabinet, s.value))
                for s in commit.states
            ],
        )
        add_memories(self._connection, commit.memories)
        add_raws(self._connection, commit.raws)
        for (source, outcome), events in commit.counters.items():
            self._count(source, outcome, events)

    def _count(self, source: str, outcome: str, events: int) -> None:
        old, kept = self._first(
            "SELECT events, checksum FROM tally WHERE source = ? AND outcome = ?", (source, outcome)
        ) or (0, checksum(source, outcome, 0))
        new = old + events
        # A count that was damaged stays so: a new checksum over it would hide that from fsck.
        kept ^= checksum(source, outcome, old) ^ checksum(source, outcome, new)
        self._connection.execute(
            "INSERT OR REPLACE INTO tally VALUES (?, ?, ?, ?)", (source, outcome, new, kept)
        )

    def _write_stream(self, stream: StreamRecord) -> None:
        stream_id = self._stream_ids.get(stream.name)
        if stream_id is None:
            stream_id = max(self._stream_ids.values(), default=0) + 1
            self._stream_ids[stream.name] = stream_id
        self._connection.execute(
            f"INSERT OR REPLACE INTO stream (id, name, {STREAM_COLUMNS})"  # noqa: S608  constants
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (stream_id, stream.name, *row_of_stream(stream_id, stream)),
        )

    def _write_members(self, records: Sequence[MemberRecord], nodes: Sequence[NodeRecord]) -> None:
        by_stream: dict[str, list[MemberRecord]] = {}
        for record in records:
            by_stream.setdefault(record.member.stream, []).append(record)
        for stream, group in by_stream.items():
            stream_id = self._stream_ids[stream]
            first_id = next_id(self._connection, *stream_range(stream_id))
            next_position = stream_and_position(first_id)[1]
            positions = range(next_position, next_position + len(group))
            if [record.member.stamp.position for record in group] != list(positions):
                raise LogUnavailable(
                    f"the log takes {len(group)} members of {stream} from position "
                    f"{next_position} on, and no others"
                )
            members = [
                packed(r.member, self._template_id(r.member.template), r.event_id, self._iri_prefix)
                for r in group
            ]
            starts = [
                member_id(stream_id, record.node.first_position)
                for record in nodes
                if record.stream == stream and record.node.kind is NodeKind.LEAF
            ]
            add_members(self._connection, members, first_id, starts)
            add_iris(self._connection, members, first_id)

    def _template_id(self, template: Template) -> int:
        number = self._template_ids.get(template.key)
        if number is None:
            cursor = self._connection.execute(
                "INSERT INTO template (key, body) VALUES (?, ?)",
                (template.key, encode_template(template)),
            )
            number = self._template_ids[template.key] = cursor.lastrowid or 0
        return number

    def _archive(self, leaf: LeafArchive) -> None:
        stream_id = self._stream_ids[leaf.stream]
        self._connection.executemany(
            "INSERT INTO page VALUES (?, ?, ?, ?, ?)",
            [row_of_page(stream_id, leaf.path, page) for page in leaf.pages],
        )
        self._connection.executemany(
            "UPDATE sealed_head SET digest = ? WHERE stream_id = ? AND path = ? AND form = ?",
            [(page.digest, stream_id, leaf.path, page.form.value) for page in leaf.pages],
        )
        self._connection.execute(
            "UPDATE node SET archived = 1 WHERE stream_id = ? AND path = ?", (stream_id, leaf.path)
        )
        if leaf.packed:
            first_id = member_id(stream_id, leaf.first_position)
            replace_members(self._connection, first_id, leaf.members, leaf.packed)


def _commit_bytes(commit: Commit) -> int:
    """About what a commit adds to the write-ahead log."""
    payloads_bytes = sum(len(event.payload) for event in commit.events)
    payloads_bytes += sum(len(raw.body) for raw in commit.raws)
    return _BYTES_PER_COMMIT + _BYTES_PER_MEMBER * len(commit.members) + payloads_bytes


def _archive_bytes(leaf: LeafArchive) -> int:
    """About what an archived leaf adds to the write-ahead log."""
    return _BYTES_PER_COMMIT + sum(len(page.gzip) for page in leaf.pages) + len(leaf.packed)
