"""Readers of the embedded log: they read committed data and never block the writer."""

from __future__ import annotations

import itertools
import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ldes_shok.errors import LogMismatch, LogUnavailable
from ldes_shok.ldes.form import Form
from ldes_shok.ldes.node import Node
from ldes_shok.log.pack import PackedMember
from ldes_shok.log.pulse import Pulse
from ldes_shok.log.records import (
    EventRecord,
    MemberRow,
    MemoryRecord,
    RawRecord,
    Rejection,
    SealedHead,
    SilentWriter,
    StreamRecord,
    Tally,
)
from ldes_shok.log.sqlite.events import EVENT_QUERY, event_of, read_rejections
from ldes_shok.log.sqlite.iris import corrections, find_member, newest_first, newest_versions
from ldes_shok.log.sqlite.members import PackedMembers
from ldes_shok.log.sqlite.memories import read_memories, read_memory, read_raw, read_raws
from ldes_shok.log.sqlite.migrations import CLOSED_STREAMS, SCHEMA, Schema, check_version
from ldes_shok.log.sqlite.one_name import check_one_name
from ldes_shok.log.sqlite.packs import read_packs, repacked
from ldes_shok.log.sqlite.rows import (
    NODE_COLUMNS,
    first,
    head_of,
    member_id,
    node_of,
    page_of,
    read_stream,
    select,
    stream_and_position,
)
from ldes_shok.log.storable import is_storable


class SqliteLogReader:
    """Reads a log, with one read-only connection per thread."""

    def __init__(
        self, path: Path, public_url: str, schema: Schema = SCHEMA, *, pulse: Pulse | None = None
    ) -> None:
        """Open nothing yet.

        Args:
            path: an existing log.
            public_url: the base of its IRIs.
            schema: gives the version that the log must have.
            pulse: the one that its writer beats; without it there is no notice of commits.
        """
        self._path = path
        self._schema = schema
        self._pulse = pulse
        self._unknown = itertools.count(-1, -1)
        self._iri_prefix = f"{public_url}/id/"
        self._local = threading.local()
        self._lock = threading.Lock()
        self._connections: dict[int, sqlite3.Connection] = {}
        self._stream_ids: dict[str, int] = {}
        self._members = PackedMembers()

    def generation(self) -> int:
        """A number, held in memory, that changes whenever anything was committed."""
        return next(self._unknown) if self._pulse is None else self._pulse.generation

    def stream(self, name: str) -> StreamRecord:
        """The record of a stream; an empty record if nothing was ever published."""
        return read_stream(self._connection(), name)

    def closed_streams(self) -> frozenset[str]:
        """Streams that keep what an earlier rule published, and get no new members."""
        row = self._first("SELECT value FROM meta WHERE name = ?", (CLOSED_STREAMS,))
        return frozenset(str(row[0]).split()) if row else frozenset()

    def node(self, stream: str, path: str) -> Node | None:
        """One node of the first view."""
        if not is_storable(path):
            return None
        row = self._first(
            f"SELECT {NODE_COLUMNS} FROM node WHERE stream_id = ? AND path = ?",  # noqa: S608
            (self._stream_id(stream), path),
        )
        return node_of(row) if row else None

    def children(self, stream: str, path: str) -> Sequence[Node]:
        """The children of a node, in the order of their time."""
        rows = self._select(
            f"SELECT {NODE_COLUMNS} FROM node WHERE stream_id = ? AND parent = ?"  # noqa: S608
            " ORDER BY lower_ms",
            (self._stream_id(stream), path),
        )
        return [node_of(row) for row in rows]

    def sealed_head(self, stream: str, path: str, form: Form) -> SealedHead | None:
        """The stored hypermedia of a sealed node."""
        stream_id = self._stream_id(stream)
        row = self._first(
            "SELECT prefix, suffix, digest, checksum FROM sealed_head"
            " WHERE stream_id = ? AND path = ? AND form = ?",
            (stream_id, path, form.value),
        )
        return head_of(stream, stream_id, path, form, row) if row else None

    def archived_page(self, stream: str, path: str, form: Form) -> bytes | None:
        """The whole page of a sealed leaf, coded with gzip; None while it is not archived."""
        stream_id = self._stream_id(stream)
        row = self._first(
            "SELECT gzip, checksum FROM page WHERE stream_id = ? AND path = ? AND form = ?",
            (stream_id, path, form.value),
        )
        return page_of(stream, stream_id, path, form, row) if row else None

    def packed(self, stream: str, first_position: int, count: int) -> bytes:
        """The form in which `LogWriter.archive` stores members (`LeafArchive.packed`)."""
        first_id = member_id(self._stream_id(stream), first_position)
        packs = read_packs(self._connection(), first_id, first_id + count)
        return repacked(packs, first_id, count) if packs else b""

    def blocks(self, stream: str, first_position: int, count: int, form: Form) -> Sequence[bytes]:
        """The members' texts, ascending by position."""
        connection, members = self._connection(), self._members
        return [
            members.template(connection, member.template_id).text(form, member.values)
            for _, member in self._between(stream, first_position, count)
        ]

    def rows(self, stream: str, first_position: int, count: int) -> Sequence[MemberRow]:
        """The members without their texts, ascending by position."""
        return [
            self._row(id_, member) for id_, member in self._between(stream, first_position, count)
        ]

    def member(self, iri: str) -> MemberRow | None:
        """The member with this IRI."""
        if not is_storable(iri):
            return None
        connection = self._connection()
        id_ = find_member(connection, iri.removeprefix(self._iri_prefix))
        return None if id_ is None else self._row(id_, self._members.one(connection, id_))

    def versions(self, entity: str, streams: Sequence[str], limit: int) -> Sequence[MemberRow]:
        """The newest versions of an entity in these streams, by their own time, newest first."""
        if not is_storable(entity):
            return []
        connection, short = self._connection(), entity.removeprefix(self._iri_prefix)
        stream_ids = [self._stream_id(stream) for stream in streams]
        ids = newest_versions(connection, short, stream_ids, limit)
        ids += corrections(connection, short, stream_ids)
        found = [(id_, self._members.one(connection, id_)) for id_ in ids]
        return [self._row(id_, member) for id_, member in newest_first(found)[:limit]]

    def tallies(self) -> Sequence[Tally]:
        """Events by source and outcome."""
        rows = self._select("SELECT source, outcome, events FROM tally")
        return [Tally(*row) for row in rows]

    def quarantined(self, limit: int, after_id: int = 0) -> Sequence[EventRecord]:
        """Events in quarantine, oldest first."""
        query = EVENT_QUERY.format(join="", where="event.id > ? ORDER BY event.id LIMIT ?")
        return [event_of(row) for row in self._select(query, (after_id, limit))]

    def newest_quarantined(self, limit: int) -> Sequence[EventRecord]:
        """Events in quarantine, newest first."""
        query = EVENT_QUERY.format(join="", where="true ORDER BY event.id DESC LIMIT ?")
        return [event_of(row) for row in self._select(query, (limit,))]

    def quarantined_count(self) -> int:
        """How many events are in quarantine."""
        return int(self._first("SELECT count(*) FROM quarantine")[0])

    def events(self, after_id: int, limit: int) -> Sequence[EventRecord]:
        """Committed events with a higher id, in order, each with its present quarantine if any."""
        query = EVENT_QUERY.format(join="LEFT", where="event.id > ? ORDER BY event.id LIMIT ?")
        return [event_of(row) for row in self._select(query, (after_id, limit))]

    def rejections(self, limit: int) -> Sequence[Rejection]:
        """Input that was not a canonical event, newest first."""
        return read_rejections(self._connection(), limit)

    def memory(self, source: str, subject: str) -> bytes | None:
        """What the decoder of a source remembers of a subject; None if nothing."""
        return read_memory(self._connection(), source, subject)

    def memories(self, source: str, prefix: str) -> Sequence[MemoryRecord]:
        """All memories of a source whose subjects begin with `prefix`, in order."""
        return read_memories(self._connection(), source, prefix)

    def raws(self, source: str, limit: int, after_id: int = 0) -> Sequence[tuple[int, RawRecord]]:
        """Raw input of a source that is still kept, in order of arrival, with its number."""
        return read_raws(self._connection(), source, limit, after_id)

    def raw(self, digest: bytes) -> RawRecord | None:
        """The raw input with this digest, if it is still kept."""
        return read_raw(self._connection(), digest)

    def silent_writer(self) -> SilentWriter | None:
        """Always None: the writer is on this machine, and its lock ends with it."""
        return None

    def size_bytes(self) -> int:
        """The size of the log on disk: the file and its write-ahead log."""
        files = (self._path, self._path.with_name(self._path.name + "-wal"))
        return sum(file.stat().st_size for file in files if file.exists())

    def interrupt(self, thread: int) -> None:
        """Make the current read of a thread fail with LogUnavailable. Never waits."""
        connection = self._connections.get(thread)
        if connection is not None:
            connection.interrupt()

    def close(self) -> None:
        """Close every thread's connection."""
        with self._lock:
            for connection in self._connections.values():
                connection.close()
            self._connections.clear()

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._open()
            with self._lock:
                # The connection of a thread that has ended, whose number this thread got.
                gone = self._connections.pop(threading.get_ident(), None)
                self._connections[threading.get_ident()] = connection
            if gone is not None:
                gone.close()
        return connection

    def _open(self) -> sqlite3.Connection:
        check_one_name(self._path)
        try:
            connection = sqlite3.connect(
                f"{self._path.absolute().as_uri()}?mode=ro",
                uri=True,
                isolation_level=None,
                check_same_thread=False,
            )
        except sqlite3.Error as error:
            raise LogUnavailable(f"{self._path}: {error}") from error
        try:
            check_version(connection, self._path, self._schema)
        except sqlite3.Error as error:
            connection.close()
            raise LogUnavailable(f"{self._path}: the log cannot be read: {error}") from error
        except LogMismatch:
            connection.close()
            raise
        return connection

    def _select(self, query: str, parameters: Sequence[object] = ()) -> list[Any]:
        return select(self._connection(), query, parameters)

    def _first(self, query: str, parameters: Sequence[object] = ()) -> Any:
        return first(self._connection(), query, parameters)

    def _between(
        self, stream: str, first_position: int, count: int
    ) -> Sequence[tuple[int, PackedMember]]:
        first_id = member_id(self._stream_id(stream), first_position)
        return list(self._members.between(self._connection(), first_id, first_id + count))

    def _stream_id(self, stream: str) -> int:
        stream_id = self._stream_ids.get(stream)
        if stream_id is None:
            rows = self._select("SELECT name, id FROM stream")
            self._stream_ids = dict(rows)
            stream_id = self._stream_ids.get(stream, 0)
        return stream_id

    def _row(self, id_: int, member: PackedMember) -> MemberRow:
        stream_id, position = stream_and_position(id_)
        return MemberRow(
            self._stream_name(stream_id),
            position,
            member.published_ms,
            self._iri_prefix + member.iri,
            self._iri_prefix + member.entity_iri,
            member.summary,
        )

    def _stream_name(self, stream_id: int) -> str:
        for name, known in self._stream_ids.items():
            if known == stream_id:
                return name
        self._stream_id("")
        return next(name for name, known in self._stream_ids.items() if known == stream_id)
