"""The rows of a commit and of an archived leaf, with their numbers and checksums.

The writer holds the transactions and undoes a failed one. After that, `reload` reads the numbers
again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Final

from ldes_shok.errors import LogUnavailable
from ldes_shok.ldes.node import NodeKind
from ldes_shok.ldes.template import Template
from ldes_shok.log.checksum import checksum
from ldes_shok.log.pack import packed
from ldes_shok.log.records import Commit, LeafArchive, MemberRecord, NodeRecord, StreamRecord
from ldes_shok.log.sqlite.events import EventRows
from ldes_shok.log.sqlite.iris import add_iris
from ldes_shok.log.sqlite.memories import add_memories, add_raws
from ldes_shok.log.sqlite.packs import add_members, next_id, replace_members
from ldes_shok.log.sqlite.rows import (
    STREAM_COLUMNS,
    first,
    member_id,
    row_of_head,
    row_of_node,
    row_of_page,
    row_of_stream,
    select,
    stream_and_position,
    stream_range,
)
from ldes_shok.log.templates import encode_template

_PUT_NODE: Final = (
    "INSERT INTO node VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (stream_id, path) DO UPDATE SET parent = excluded.parent, kind = excluded.kind,"
    " lower_ms = excluded.lower_ms, upper_ms = excluded.upper_ms,"
    " first_position = excluded.first_position, members = excluded.members,"
    " last_ms = excluded.last_ms, leaves = excluded.leaves, split = excluded.split,"
    " sealed = excluded.sealed, archived = coalesce(archived, excluded.archived)"
)


class CommitRows:
    """Writes into one connection.

    Args:
        connection: of the log's writer.
        iri_prefix: the base of the log's IRIs, which its rows leave out.

    Attributes:
        stream_ids: the number of each stream.
    """

    def __init__(self, connection: sqlite3.Connection, iri_prefix: str) -> None:
        self._connection = connection
        self._iri_prefix = iri_prefix
        self._events = EventRows(connection)
        self._template_ids: dict[bytes, int] = {}
        self.stream_ids: dict[str, int] = {}
        self.reload()

    def reload(self) -> None:
        """Read the numbers of the log: at the start, and after a commit that was not stored."""
        self.stream_ids = dict(select(self._connection, "SELECT name, id FROM stream"))
        self._template_ids = dict(select(self._connection, "SELECT key, id FROM template"))
        self._events.reload()

    def write(self, commit: Commit) -> None:
        """Write the rows of a batch.

        Raises:
            LogUnavailable: its members are not the next ones of their streams.
            sqlite3.Error: the store refused.
        """
        execute_many = self._connection.executemany
        for stream in commit.streams:
            self._write_stream(stream)
        self._events.add(commit.events)
        self._events.reject(commit.rejections)
        self._events.release(commit.released)
        self._events.requarantine(commit.requarantined)
        self._write_members(commit.members, commit.nodes)
        execute_many(
            _PUT_NODE, [row_of_node(self.stream_ids[n.stream], n.node) for n in commit.nodes]
        )
        execute_many(
            "INSERT INTO sealed_head VALUES (?, ?, ?, ?, ?, ?, ?)",
            [row_of_head(self.stream_ids[head.stream], head) for head in commit.heads],
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

    def archive(self, leaf: LeafArchive) -> None:
        """Write the pages of a sealed leaf, and its members packed.

        Raises:
            sqlite3.Error: the store refused.
        """
        stream_id = self.stream_ids[leaf.stream]
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

    def _count(self, source: str, outcome: str, events: int) -> None:
        old, kept = first(
            self._connection,
            "SELECT events, checksum FROM tally WHERE source = ? AND outcome = ?",
            (source, outcome),
        ) or (0, checksum(source, outcome, 0))
        new = old + events
        # A damaged count stays damaged: a new checksum over it would hide the damage from fsck.
        kept ^= checksum(source, outcome, old) ^ checksum(source, outcome, new)
        self._connection.execute(
            "INSERT OR REPLACE INTO tally VALUES (?, ?, ?, ?)", (source, outcome, new, kept)
        )

    def _write_stream(self, stream: StreamRecord) -> None:
        stream_id = self.stream_ids.get(stream.name)
        if stream_id is None:
            stream_id = max(self.stream_ids.values(), default=0) + 1
            self.stream_ids[stream.name] = stream_id
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
            stream_id = self.stream_ids[stream]
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
