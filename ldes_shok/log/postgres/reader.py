"""Readers of a PostgreSQL log: any number, on any machine; they share only the database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ldes_shok.ldes.member import FIRST_POSITION, Form
from ldes_shok.ldes.node import Node
from ldes_shok.log.pack import PackedMember, encode_pack
from ldes_shok.log.postgres.connection import Connection, Parameters, connect_reader
from ldes_shok.log.postgres.events import events_after, quarantined_events
from ldes_shok.log.postgres.lease import silent_writer
from ldes_shok.log.postgres.listener import Listener
from ldes_shok.log.postgres.memories import read_memories, read_memory, read_raw, read_raws
from ldes_shok.log.postgres.migrations import check_readable, steps
from ldes_shok.log.postgres.months import month_of_path
from ldes_shok.log.postgres.packs import PostgresPackRow, member_row, read_packs
from ldes_shok.log.postgres.pool import ReadPool
from ldes_shok.log.postgres.rows import (
    NODE_COLUMNS,
    NOT_DROPPED,
    QUARANTINE_COLUMNS,
    STREAM_SHIFT,
    integers,
    node_of,
    stream_and_number,
)
from ldes_shok.log.postgres.templates import TemplateCache
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
from ldes_shok.log.storable import is_storable
from ldes_shok.log.stream_row import STREAM_COLUMNS, stream_of


class PostgresLogReader:
    """Reads a log in a database, over a few connections. Safe for several threads."""

    def __init__(
        self,
        url: str,
        public_url: str,
        *,
        pulse: Pulse | None = None,
        version: int | None = None,
    ) -> None:
        """Connect to nothing yet.

        Args:
            url: `postgresql://...`.
            public_url: the base of the log's IRIs.
            pulse: the one that this process's writer beats, if it has one.
            version: the schema version to read by, if it is not this release's.
        """
        self._url = url
        self._public_url = public_url
        self._prefix = f"{public_url}/id/"
        self._version = steps()[-1].number if version is None else version
        self._pool = ReadPool(self._connect)
        self._listener = Listener(self._connect, pulse or Pulse())
        self._templates = TemplateCache()
        self._stream_ids: dict[str, int] = {}

    def generation(self) -> int:
        """A number, held in memory, that changes whenever anything was committed.

        It changes at once after a commit of this process. After a commit of another process it
        changes when the server sends a notice, within a few milliseconds; without a notice, within
        half a second.
        """
        return self._listener.generation()

    def archived_page(self, stream: str, path: str, form: Form) -> bytes | None:
        """The whole page of a sealed leaf, coded with gzip; None while it is not archived."""
        rows = self._select(
            "SELECT gzip FROM page WHERE month = %s AND stream_id = %s AND path = %s AND form = %s",
            (month_of_path(path), self._stream_id(stream), path, form.value),
        )
        return rows[0][0] if rows else None

    def stream(self, name: str) -> StreamRecord:
        """The record of a stream; an empty record if nothing was ever published."""
        rows = self._select(f"SELECT {STREAM_COLUMNS} FROM stream WHERE name = %s", (name,))
        return stream_of(name, *rows[0]) if rows else StreamRecord(name)

    def closed_streams(self) -> frozenset[str]:
        """Streams that keep what an earlier rule published, and get no new members."""
        rows = self._select("SELECT value FROM meta WHERE name = 'closed_streams'", ())
        return frozenset(str(rows[0][0]).split()) if rows else frozenset()

    def node(self, stream: str, path: str) -> Node | None:
        """One node of the first view."""
        if not is_storable(path):
            return None
        rows = self._select(
            f"SELECT {NODE_COLUMNS} FROM node WHERE stream_id = %s AND path = %s AND {NOT_DROPPED}",
            (self._stream_id(stream), path),
        )
        return node_of(rows[0]) if rows else None

    def children(self, stream: str, path: str) -> Sequence[Node]:
        """The children of a node, in the order of their time."""
        rows = self._select(
            f"SELECT {NODE_COLUMNS} FROM node WHERE stream_id = %s AND parent = %s"
            f" AND {NOT_DROPPED} ORDER BY lower_ms",
            (self._stream_id(stream), path),
        )
        return [node_of(row) for row in rows]

    def sealed_head(self, stream: str, path: str, form: Form) -> SealedHead | None:
        """The stored hypermedia of a sealed node."""
        rows = self._select(
            "SELECT prefix, suffix, digest FROM sealed_head"
            " WHERE month = %s AND stream_id = %s AND path = %s AND form = %s",
            (month_of_path(path), self._stream_id(stream), path, form.value),
        )
        return SealedHead(stream, path, form, *rows[0]) if rows else None

    def blocks(self, stream: str, first_position: int, count: int, form: Form) -> Sequence[bytes]:
        """The members' texts, ascending by position."""
        members = [member for _, member in self._run(stream, first_position, count)]
        self._learn(members)
        return [self._templates[m.template_id].text(form, m.values) for m in members]

    def packed(self, stream: str, first_position: int, count: int) -> bytes:
        """The one pack that `LogWriter.archive` stores in place of these members' rows."""
        members = [member for _, member in self._run(stream, first_position, count)]
        return encode_pack(members) if members else b""

    def rows(self, stream: str, first_position: int, count: int) -> Sequence[MemberRow]:
        """The members without their texts, ascending by position."""
        return [
            member_row(member, stream, number, self._prefix)
            for number, member in self._run(stream, first_position, count)
        ]

    def member(self, iri: str) -> MemberRow | None:
        """The member with this IRI."""
        if not is_storable(iri):
            return None
        places = self._select(
            "SELECT member_id, month FROM iri WHERE iri = %s", (iri.removeprefix(self._prefix),)
        )
        found = self._members(places)
        return found[0] if found else None

    def versions(self, entity: str, streams: Sequence[str], limit: int) -> Sequence[MemberRow]:
        """The newest versions of an entity in these streams, by their own time, newest first."""
        short = entity.removeprefix(self._prefix)
        ids = integers([self._stream_id(stream) for stream in streams])
        if not is_storable(entity):
            return []
        places = self._select(
            "SELECT member_id, month FROM ("
            "  SELECT member_id, month, version_us FROM iri WHERE iri > %s AND iri < %s"
            "   AND entity IS NULL AND position('/' in substr(iri, %s)) = 0"
            "  UNION ALL SELECT member_id, month, version_us FROM iri WHERE entity = %s) AS found"
            f" WHERE member_id >> {STREAM_SHIFT} = ANY(%s::bigint[])"
            " ORDER BY version_us DESC, member_id DESC LIMIT %s",
            (f"{short}/", f"{short}0", len(short) + 2, short, ids, limit),  # 0 follows /
        )
        return self._members(places)

    def tallies(self) -> Sequence[Tally]:
        """Events by source and outcome."""
        rows = self._select("SELECT source, outcome, events FROM tally")
        return [Tally(*row) for row in rows]

    def quarantined(self, limit: int, after_id: int = 0) -> Sequence[EventRecord]:
        """Events in quarantine, oldest first."""
        rows = self._select(
            f"SELECT month, event_id, {QUARANTINE_COLUMNS} FROM quarantine WHERE event_id > %s"
            " ORDER BY event_id LIMIT %s",
            (after_id, limit),
        )
        return quarantined_events(self._select, rows)

    def newest_quarantined(self, limit: int) -> Sequence[EventRecord]:
        """Events in quarantine, newest first."""
        rows = self._select(
            f"SELECT month, event_id, {QUARANTINE_COLUMNS} FROM quarantine"
            " ORDER BY event_id DESC LIMIT %s",
            (limit,),
        )
        return quarantined_events(self._select, rows)

    def quarantined_count(self) -> int:
        """How many events are in quarantine."""
        return int(self._select("SELECT count(*) FROM quarantine")[0][0])

    def events(self, after_id: int, limit: int) -> Sequence[EventRecord]:
        """Committed events with a higher id, in order, each with its present quarantine if any."""
        return events_after(self._select, after_id, limit)

    def rejections(self, limit: int) -> Sequence[Rejection]:
        """Input that was not a canonical event, newest first."""
        rows = self._select(
            "SELECT source, received_ms, reason, payload FROM rejection ORDER BY id DESC LIMIT %s",
            (limit,),
        )
        return [Rejection(*row) for row in rows]

    def memory(self, source: str, subject: str) -> bytes | None:
        """What the decoder of a source remembers of a subject; None if nothing."""
        return read_memory(self._select, source, subject)

    def memories(self, source: str, prefix: str) -> Sequence[MemoryRecord]:
        """All memories of a source whose subjects begin with `prefix`, in order."""
        return read_memories(self._select, source, prefix)

    def raws(self, source: str, limit: int, after_id: int = 0) -> Sequence[tuple[int, RawRecord]]:
        """Raw input of a source that is still kept, in order of arrival, with its number."""
        return read_raws(self._select, source, limit, after_id)

    def raw(self, digest: bytes) -> RawRecord | None:
        """The raw input with this digest, if it is still kept."""
        return read_raw(self._select, digest)

    def silent_writer(self) -> SilentWriter | None:
        """The writer whose lease ran out; None if there is none."""
        return silent_writer(self._select)

    def size_bytes(self) -> int:
        """What the log's database takes on disk."""
        return int(self._select("SELECT pg_database_size(current_database())")[0][0])

    def interrupt(self, thread: int) -> None:
        """Make the current read of a thread fail with LogUnavailable. Never waits."""
        self._pool.interrupt(thread)

    def close(self) -> None:
        """Close the connections."""
        self._listener.close()
        self._pool.close()

    def _connect(self) -> Connection:
        connection = connect_reader(self._url)
        try:
            check_readable(connection, self._version, self._public_url)
        except BaseException:
            connection.close()
            raise
        return connection

    def _select(self, query: str, parameters: Parameters = ()) -> list[Any]:
        return self._pool.select(query, parameters)

    def _stream_id(self, stream: str) -> int:
        stream_id = self._stream_ids.get(stream)
        if stream_id is None:
            self._stream_ids = dict(self._select("SELECT name, id FROM stream"))
            stream_id = self._stream_ids.get(stream, 0)
        return stream_id

    def _run(
        self, stream: str, first_position: int, count: int
    ) -> Iterator[tuple[int, PackedMember]]:
        """Numbers and members from a position on, read from the packs that hold them."""
        stream_id, first = self._stream_id(stream), first_position - FIRST_POSITION
        for pack in read_packs(self._select, stream_id, first, first + count):
            members = pack.decode()
            start, end = max(first, pack.first_number), min(first + count, pack.end_number)
            for number in range(start, end):
                yield number, members[number - pack.first_number]

    def _members(self, places: Sequence[tuple[int, int]]) -> list[MemberRow]:
        """The members with these ids and months, in that order, without dropped ones."""
        if not places:
            return []
        packs = self._select(
            "SELECT DISTINCT ON (stream_id, first_number)"
            " month, stream_id, first_number, members, body, checksum"
            " FROM unnest(%s::bigint[], %s::integer[]) AS wanted (id, its_month)"
            " CROSS JOIN LATERAL ("
            "  SELECT month, stream_id, first_number, members, body, checksum FROM pack"
            "  WHERE month = its_month AND stream_id = id >> 48"
            "  AND first_number <= (id & ((1::bigint << 48) - 1))"
            "  ORDER BY first_number DESC LIMIT 1) AS found",
            (integers([place[0] for place in places]), integers([place[1] for place in places])),
        )
        members: dict[tuple[int, int], PackedMember] = {}
        for pack in map(PostgresPackRow._make, packs):
            for number, member in enumerate(pack.decode(), pack.first_number):
                members[pack.stream_id, number] = member
        names = self._names(stream_id for stream_id, _ in members)
        rows: list[MemberRow] = []
        for row_id, _ in places:
            stream_id, number = stream_and_number(row_id)
            found = members.get((stream_id, number))
            if found is not None:
                rows.append(member_row(found, names[stream_id], number, self._prefix))
        return rows

    def _names(self, stream_ids: Iterator[int]) -> dict[int, str]:
        names = {stream_id: name for name, stream_id in self._stream_ids.items()}
        if any(stream_id not in names for stream_id in stream_ids):
            self._stream_ids = dict(self._select("SELECT name, id FROM stream"))
            names = {stream_id: name for name, stream_id in self._stream_ids.items()}
        return names

    def _learn(self, members: Sequence[PackedMember]) -> None:
        """Read the templates that are not cached yet."""
        missing = self._templates.missing({member.template_id for member in members})
        if missing:
            rows = self._select(
                "SELECT id, key, body FROM template WHERE id = ANY(%s::integer[])",
                (integers(missing),),
            )
            for number, key, body in rows:
                self._templates.put(number, key, body)
