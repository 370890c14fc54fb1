"""Readers of the embedded log: they see what was committed and never block the writer."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ldes_shok.errors import LogUnavailable
from ldes_shok.ldes.member import Form
from ldes_shok.ldes.node import Node
from ldes_shok.log.records import (
    EventRecord,
    MemberRow,
    Rejection,
    SealedHead,
    StreamRecord,
    Tally,
)
from ldes_shok.log.sqlite_rows import (
    BLOCK_TABLES,
    EVENT_COLUMNS,
    NODE_COLUMNS,
    STREAM_SHIFT,
    decode_summary,
    event_of,
    member_id,
    node_of,
    read_stream,
    select,
    stream_and_position,
)

_MEMBER_COLUMNS = "member.id, member.iri, member.entity, member.published_ms, member.summary"


class SqliteLogReader:
    """Reads a log, with one read-only connection per thread."""

    def __init__(self, path: Path, public_url: str) -> None:
        """`path` is an existing log; `public_url` the base of its IRIs."""
        self._path = path
        self._iri_prefix = f"{public_url}/id/"
        self._local = threading.local()
        self._lock = threading.Lock()
        self._connections: list[sqlite3.Connection] = []
        self._stream_ids: dict[str, int] = {}

    def generation(self) -> int:
        """Another number than before whenever anything was committed since; cheap to ask."""
        return int(self._first("PRAGMA data_version")[0])

    def archived_page(self, stream: str, path: str, form: Form) -> bytes | None:
        """The whole page of a sealed leaf, coded with gzip; None while it is not archived."""
        return None

    def stream(self, name: str) -> StreamRecord:
        """Where a stream stands; an empty one if nothing was ever published."""
        return read_stream(self._connection(), name)

    def node(self, stream: str, path: str) -> Node | None:
        """One node of the first view."""
        row = self._first(
            f"SELECT {NODE_COLUMNS} FROM node WHERE stream_id = ? AND path = ?",  # noqa: S608
            (self._stream_id(stream), path),
        )
        return node_of(row) if row else None

    def children(self, stream: str, path: str) -> Sequence[Node]:
        """The nodes below one, in the order of their time."""
        rows = self._select(
            f"SELECT {NODE_COLUMNS} FROM node WHERE stream_id = ? AND parent = ?"  # noqa: S608
            " ORDER BY lower_ms",
            (self._stream_id(stream), path),
        )
        return [node_of(row) for row in rows]

    def sealed_head(self, stream: str, path: str, form: Form) -> SealedHead | None:
        """The stored hypermedia of a sealed node."""
        row = self._first(
            "SELECT prefix, suffix, digest FROM sealed_head"
            " WHERE stream_id = ? AND path = ? AND form = ?",
            (self._stream_id(stream), path, form.value),
        )
        return SealedHead(stream, path, form, *row) if row else None

    def blocks(self, stream: str, first_position: int, count: int, form: Form) -> Sequence[bytes]:
        """The members' texts, ascending by position."""
        first = member_id(self._stream_id(stream), first_position)
        rows = self._select(
            f"SELECT body FROM {BLOCK_TABLES[form]} WHERE id >= ? AND id < ? ORDER BY id",  # noqa: S608
            (first, first + count),
        )
        return [row[0] for row in rows]

    def rows(self, stream: str, first_position: int, count: int) -> Sequence[MemberRow]:
        """The members without their texts, ascending by position."""
        first = member_id(self._stream_id(stream), first_position)
        rows = self._select(
            f"SELECT {_MEMBER_COLUMNS} FROM member WHERE id >= ? AND id < ? ORDER BY id",  # noqa: S608
            (first, first + count),
        )
        return [self._member_row(row) for row in rows]

    def member(self, iri: str) -> MemberRow | None:
        """The member with this IRI."""
        row = self._first(
            f"SELECT {_MEMBER_COLUMNS} FROM member WHERE iri = ?",  # noqa: S608  constants
            (iri.removeprefix(self._iri_prefix),),
        )
        return self._member_row(row) if row else None

    def versions(self, entity: str, streams: Sequence[str], limit: int) -> Sequence[MemberRow]:
        """The newest versions of an entity in these streams, by their own time, newest first."""
        ids = [self._stream_id(stream) for stream in streams]
        marks = ",".join("?" * len(ids))
        rows = self._select(
            f"SELECT {_MEMBER_COLUMNS} FROM member WHERE entity = ?"  # noqa: S608  constants, marks
            f" AND id >> {STREAM_SHIFT} IN ({marks}) ORDER BY version_us DESC, id DESC LIMIT ?",
            (entity.removeprefix(self._iri_prefix), *ids, limit),
        )
        return [self._member_row(row) for row in rows]

    def tallies(self) -> Sequence[Tally]:
        """Events by source and outcome."""
        rows = self._select("SELECT source, outcome, events FROM tally")
        return [Tally(*row) for row in rows]

    def quarantined(self, limit: int, after_id: int = 0) -> Sequence[EventRecord]:
        """Events in quarantine, oldest first."""
        rows = self._select(
            f"SELECT {EVENT_COLUMNS} FROM quarantine JOIN event ON event.id = quarantine.event_id"  # noqa: S608
            " WHERE event.id > ? ORDER BY event.id LIMIT ?",
            (after_id, limit),
        )
        return [event_of(row) for row in rows]

    def quarantined_count(self) -> int:
        """How many events are in quarantine."""
        return int(self._first("SELECT count(*) FROM quarantine")[0])

    def rejections(self, limit: int) -> Sequence[Rejection]:
        """What was no canonical event, newest first."""
        rows = self._select(
            "SELECT source, received_ms, reason, payload FROM rejection ORDER BY id DESC LIMIT ?",
            (limit,),
        )
        return [Rejection(*row) for row in rows]

    def size_bytes(self) -> int:
        """What the log takes on disk: the file and its write-ahead log."""
        files = (self._path, self._path.with_name(self._path.name + "-wal"))
        return sum(file.stat().st_size for file in files if file.exists())

    def close(self) -> None:
        """Close every thread's connection."""
        with self._lock:
            for connection in self._connections:
                connection.close()
            self._connections.clear()

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            try:
                connection = sqlite3.connect(
                    f"{self._path.absolute().as_uri()}?mode=ro",
                    uri=True,
                    isolation_level=None,
                    check_same_thread=False,
                )
            except sqlite3.Error as error:
                raise LogUnavailable(f"{self._path}: {error}") from error
            self._local.connection = connection
            with self._lock:
                self._connections.append(connection)
        return connection

    def _select(self, query: str, parameters: Sequence[object] = ()) -> list[Any]:
        return select(self._connection(), query, parameters)

    def _first(self, query: str, parameters: Sequence[object] = ()) -> Any:
        rows = self._select(query, parameters)
        return rows[0] if rows else None

    def _stream_id(self, stream: str) -> int:
        stream_id = self._stream_ids.get(stream)
        if stream_id is None:
            rows = self._select("SELECT name, id FROM stream")
            self._stream_ids = dict(rows)
            stream_id = self._stream_ids.get(stream, 0)
        return stream_id

    def _member_row(self, row: tuple[int, str, str, int, str]) -> MemberRow:
        row_id, iri, entity, published_ms, summary = row
        stream_id, position = stream_and_position(row_id)
        return MemberRow(
            self._stream_name(stream_id),
            position,
            published_ms,
            self._iri_prefix + iri,
            self._iri_prefix + entity,
            decode_summary(summary),
        )

    def _stream_name(self, stream_id: int) -> str:
        for name, known in self._stream_ids.items():
            if known == stream_id:
                return name
        self._stream_id("")
        return next(name for name, known in self._stream_ids.items() if known == stream_id)
