"""How values stand in SQLite's rows: shared by the writer and the readers."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from ldes_shok.errors import LogUnavailable
from ldes_shok.ldes.member import FIRST_POSITION, Form, Summary
from ldes_shok.ldes.node import Node, NodeKind
from ldes_shok.log.records import EventRecord, PolicyRecord, Quarantine, StreamRecord

SCHEMA_VERSION: Final = "1"
STREAM_SHIFT: Final = 48

BLOCK_TABLES: Final = {
    Form.TURTLE: "block_turtle",
    Form.NTRIPLES: "block_ntriples",
    Form.JSONLD: "block_jsonld",
}

NODE_COLUMNS: Final = (
    "path, parent, kind, lower_ms, upper_ms, first_position, members, last_ms, leaves, split, "
    "sealed"
)
STREAM_COLUMNS: Final = "members, last_ms, ties, previous_members, policies"
EVENT_COLUMNS: Final = (
    "event.id, event.tenant, event.key, event.digest, event.identity, event.kind, event.source, "
    "event.cabinet, event.received_ms, event.payload, event.raw_digest, quarantine.code, "
    "quarantine.reason, quarantine.stream, quarantine.report"
)

Row = tuple[object, ...]


def select(
    connection: sqlite3.Connection, query: str, parameters: Sequence[object] = ()
) -> list[Any]:
    """All rows of a query.

    Raises:
        LogUnavailable: the store cannot be read.
    """
    try:
        return connection.execute(query, parameters).fetchall()
    except sqlite3.Error as error:
        raise LogUnavailable(f"the log cannot be read: {error}") from error


def member_id(stream_id: int, position: int) -> int:
    """The row id of a member: one stream's members are one contiguous range."""
    return (stream_id << STREAM_SHIFT) + position - FIRST_POSITION


def stream_and_position(row_id: int) -> tuple[int, int]:
    """The inverse of `member_id`."""
    stream_id = row_id >> STREAM_SHIFT
    return stream_id, row_id - (stream_id << STREAM_SHIFT) + FIRST_POSITION


def stream_range(stream_id: int) -> tuple[int, int]:
    """The half-open range of row ids of a stream."""
    return stream_id << STREAM_SHIFT, (stream_id + 1) << STREAM_SHIFT


def node_of(
    row: tuple[str, str | None, str, int, int | None, int, int, int, int, int, int],
) -> Node:
    """A node from NODE_COLUMNS."""
    path, parent, kind, lower, upper, first, members, last, leaves, split, sealed = row
    return Node(
        path, parent, NodeKind(kind), lower, upper, first, members, last, leaves,
        bool(split), bool(sealed),
    )  # fmt: skip


def row_of_node(stream_id: int, node: Node) -> Row:
    """A node as a row of the `node` table."""
    return (
        stream_id, node.path, node.parent, node.kind.value, node.lower_ms, node.upper_ms,
        node.first_position, node.members, node.last_ms, node.leaves, int(node.split),
        int(node.sealed),
    )  # fmt: skip


_EventRow = tuple[
    int, str, str, bytes, bytes, str, str, str, int, bytes, bytes, str | None, str, str, str
]


def event_of(row: _EventRow) -> EventRecord:
    """An event from EVENT_COLUMNS; without a code it is not in quarantine."""
    code, reason, stream, report = row[11:]
    quarantine = None if code is None else Quarantine(code, reason, stream, report)
    return EventRecord(*row[:11], quarantine)


def encode_summary(summary: Summary) -> str:
    """A summary as a JSON array: a third of the bytes of an object."""
    fields = (summary.kind, summary.subject, summary.value, summary.observed_at)
    return msgspec.json.encode(fields).decode()


def decode_summary(text: str) -> Summary:
    """The inverse of `encode_summary`."""
    kind, subject, value, observed_at = msgspec.json.decode(text, type=tuple[str, str, str, str])
    return Summary(kind, subject, value, observed_at)


def row_of_stream(stream: StreamRecord) -> tuple[int, int, int, str, str]:
    """A stream's record as STREAM_COLUMNS."""
    policies = [
        (p.from_position, p.leaf_members, p.bucket_leaves, p.sparse_month_members)
        for p in stream.policies
    ]
    return (
        stream.members,
        stream.last_ms,
        stream.ties,
        msgspec.json.encode(dict(stream.previous_members)).decode(),
        msgspec.json.encode(policies).decode(),
    )


def read_stream(connection: sqlite3.Connection, name: str) -> StreamRecord:
    """Where a stream stands; an empty record if it has no row yet."""
    rows = select(
        connection,
        f"SELECT {STREAM_COLUMNS} FROM stream WHERE name = ?",  # noqa: S608  a constant
        (name,),
    )
    if not rows:
        return StreamRecord(name)
    members, last_ms, ties, previous, policies = rows[0]
    return StreamRecord(
        name,
        members,
        last_ms,
        ties,
        msgspec.json.decode(previous, type=dict[int, int]),
        tuple(
            PolicyRecord(*values)
            for values in msgspec.json.decode(policies, type=list[tuple[int, int, int, int]])
        ),
    )
