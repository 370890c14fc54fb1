"""The form of values in PostgreSQL's rows, shared by the writer and the readers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from ldes_shok.ldes.node import Node, NodeKind

STREAM_SHIFT: Final = 48

NODE_COLUMNS: Final = (
    "path, parent, kind, lower_ms, upper_ms, first_position, members, last_ms, leaves, split,"
    " sealed"
)
QUARANTINE_COLUMNS: Final = "code, reason, stream, report"

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
