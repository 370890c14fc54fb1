"""The form of values in SQLite's rows, shared by the writer and the readers."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any, Final

from ldes_shok.errors import LogDamaged, LogUnavailable
from ldes_shok.ldes.form import Form
from ldes_shok.ldes.member import FIRST_POSITION
from ldes_shok.ldes.node import Node, NodeKind
from ldes_shok.log import stream_row
from ldes_shok.log.checksum import checksum
from ldes_shok.log.records import ArchivedPage, SealedHead, StreamRecord

STREAM_SHIFT: Final = 48

NODE_COLUMNS: Final = (
    "path, parent, kind, lower_ms, upper_ms, first_position, members, last_ms, leaves, split, "
    "sealed"
)
STREAM_COLUMNS: Final = f"{stream_row.STREAM_COLUMNS}, checksum"

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


def first(connection: sqlite3.Connection, query: str, parameters: Sequence[object] = ()) -> Any:
    """The first row of a query, or None; raises as `select`."""
    rows = select(connection, query, parameters)
    return rows[0] if rows else None


def member_id(stream_id: int, position: int) -> int:
    """The row id of a member: the members of one stream have one contiguous range of ids."""
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
    path, parent, kind, lower, upper, first_position, members, last, leaves, split, sealed = row
    return Node(
        path, parent, NodeKind(kind), lower, upper, first_position, members, last, leaves,
        bool(split), bool(sealed),
    )  # fmt: skip


def row_of_node(stream_id: int, node: Node) -> Row:
    """A node as a row of the `node` table; a sealed leaf is marked for archiving."""
    waits = 0 if node.sealed and node.kind is NodeKind.LEAF else None
    return (
        stream_id, node.path, node.parent, node.kind.value, node.lower_ms, node.upper_ms,
        node.first_position, node.members, node.last_ms, node.leaves, int(node.split),
        int(node.sealed), waits,
    )  # fmt: skip


def row_of_head(stream_id: int, head: SealedHead) -> Row:
    """A sealed head as a row of the `sealed_head` table."""
    kept = (stream_id, head.path, head.form.value, head.prefix, head.suffix)
    return *kept, head.digest, checksum(*kept)


def head_of(
    stream: str, stream_id: int, path: str, form: Form, row: tuple[bytes, bytes, bytes, int]
) -> SealedHead:
    """A sealed head from its prefix, suffix, digest and checksum.

    Raises:
        LogDamaged: the head is not what was stored.
    """
    prefix, suffix, digest, kept = row
    if checksum(stream_id, path, form.value, prefix, suffix) != kept:
        raise LogDamaged(f"the log is damaged: {form.value} head of {stream} {path}")
    return SealedHead(stream, path, form, prefix, suffix, digest)


def row_of_page(stream_id: int, path: str, page: ArchivedPage) -> Row:
    """The page of a sealed leaf as a row of the `page` table."""
    kept = (stream_id, path, page.form.value, page.gzip)
    return *kept, checksum(*kept)


def page_of(stream: str, stream_id: int, path: str, form: Form, row: tuple[bytes, int]) -> bytes:
    """The page of a sealed leaf from its gzip and checksum.

    Raises:
        LogDamaged: the page is not what was stored.
    """
    page, kept = row
    if checksum(stream_id, path, form.value, page) != kept:
        raise LogDamaged(f"the log is damaged: {form.value} page of {stream} {path}")
    return page


def row_of_stream(stream_id: int, stream: StreamRecord) -> Row:
    """A stream's record as STREAM_COLUMNS."""
    kept = stream_row.row_of_stream(stream)
    return *kept, checksum(stream_id, stream.name, *kept)


def read_stream(connection: sqlite3.Connection, name: str) -> StreamRecord:
    """The record of a stream; an empty record if it has no row yet.

    Raises:
        LogDamaged: the record is not what was stored.
    """
    row = first(
        connection,
        f"SELECT id, {STREAM_COLUMNS} FROM stream WHERE name = ?",  # noqa: S608  a constant
        (name,),
    )
    if row is None:
        return StreamRecord(name)
    stream_id, *columns, kept = row
    if checksum(stream_id, name, *columns) != kept:
        raise LogDamaged(f"the log is damaged: stream {name}")
    return stream_row.stream_of(name, *columns)
