"""How values stand in PostgreSQL's rows: shared by the writer and the readers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from ldes_shok.ldes.node import Node, NodeKind
from ldes_shok.log.records import PolicyRecord, StreamRecord

STREAM_SHIFT: Final = 48

NODE_COLUMNS: Final = (
    "path, parent, kind, lower_ms, upper_ms, first_position, members, last_ms, leaves, split,"
    " sealed"
)
STREAM_COLUMNS: Final = "members, last_ms, ties, previous_members, policies"
QUARANTINE_COLUMNS: Final = "code, reason, stream, report"

UNIT_SEPARATOR: Final = "\x1f"
"""Between texts that go to the server in one parameter; no IRI holds a control character."""

NOT_DROPPED: Final = "(month = 0 OR month >= (SELECT dropped_before FROM head))"

Row = Sequence[Any]


def node_of(row: Row) -> Node:
    """A node from NODE_COLUMNS."""
    path, parent, kind, *rest = row
    return Node(path, parent, NodeKind(kind), *rest)


def row_of_node(node: Node) -> tuple[object, ...]:
    """A node as NODE_COLUMNS."""
    return (
        node.path, node.parent, node.kind.value, node.lower_ms, node.upper_ms,
        node.first_position, node.members, node.last_ms, node.leaves, node.split, node.sealed,
    )  # fmt: skip


def row_of_stream(stream: StreamRecord) -> tuple[object, ...]:
    """A stream's record as STREAM_COLUMNS."""
    policies = [
        (
            p.from_position,
            p.leaf_members,
            p.bucket_leaves,
            p.sparse_month_members,
            p.versions_per_millisecond,
        )
        for p in stream.policies
    ]
    return (
        stream.members,
        stream.last_ms,
        stream.ties,
        msgspec.json.encode(dict(stream.previous_members)).decode(),
        msgspec.json.encode(policies).decode(),
    )


def stream_of(name: str, row: Row) -> StreamRecord:
    """A stream's record from STREAM_COLUMNS."""
    members, last_ms, ties, previous, policies = row
    return StreamRecord(
        name,
        members,
        last_ms,
        ties,
        msgspec.json.decode(previous, type=dict[int, int]),
        tuple(
            PolicyRecord(*values)
            for values in msgspec.json.decode(policies, type=list[tuple[int, ...]])
        ),
    )


def member_id(stream_id: int, number: int) -> int:
    """One number for a member: its stream's id times 2^48 plus its place in the stream."""
    return (stream_id << STREAM_SHIFT) + number


def stream_and_number(row_id: int) -> tuple[int, int]:
    """The inverse of `member_id`."""
    stream_id = row_id >> STREAM_SHIFT
    return stream_id, row_id - (stream_id << STREAM_SHIFT)


def integers(numbers: Sequence[int]) -> str:
    """Integers as the text of an array: one parameter, whatever their number."""
    return "{" + ",".join(map(str, numbers)) + "}"


def is_storable(text: str) -> bool:
    """Whether PostgreSQL can hold a text at all; one that it cannot is in no log."""
    return "\0" not in text and UNIT_SEPARATOR not in text and not _has_surrogates(text)


def _has_surrogates(text: str) -> bool:
    return not text.isascii() and any("\ud800" <= c <= "\udfff" for c in text)
