"""Members in SQLite: rows of the table `pack`, each with consecutive members."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from ldes_shok.log.pack import (
    MAX_MEMBERS,
    PackedMember,
    decode_pack,
    encode_pack,
    pack_checksum,
)
from ldes_shok.log.sqlite.rows import first, select

_FEW_PACKS: Final = 2
_INSERT: Final = "INSERT INTO pack VALUES (?, ?, ?, ?)"


class SqlitePackRow(NamedTuple):
    """A row of the table `pack`."""

    id: int
    members: int
    body: bytes
    checksum: int

    @property
    def end_id(self) -> int:
        """The id after its last member."""
        return self.id + self.members

    def decode(self) -> list[PackedMember]:
        """Its members.

        Raises:
            LogDamaged: the row is not what was stored.
        """
        return decode_pack(self.id, self.members, self.checksum, self.body)


def read_packs(connection: sqlite3.Connection, first_id: int, end_id: int) -> list[SqlitePackRow]:
    """The packs that hold members from `first_id` to before `end_id`, ascending."""
    rows = select(
        connection,
        "SELECT id, members, body, checksum FROM pack WHERE id < ?2 AND id >="
        " coalesce((SELECT max(id) FROM pack WHERE id <= ?1), ?1) ORDER BY id",
        (first_id, end_id),
    )
    return [pack for pack in map(SqlitePackRow._make, rows) if pack.end_id > first_id]


def next_id(connection: sqlite3.Connection, first_id: int, end_id: int) -> int:
    """The id after the last member in a stream's range of ids."""
    row = first(
        connection,
        "SELECT id + members FROM pack WHERE id >= ? AND id < ? ORDER BY id DESC LIMIT 1",
        (first_id, end_id),
    )
    return row[0] if row else first_id


def add_members(
    connection: sqlite3.Connection,
    members: Sequence[PackedMember],
    first_id: int,
    cuts: Iterable[int] = (),
) -> None:
    """Store members whose ids run from `first_id`.

    Args:
        connection: within a transaction.
        members: consecutive.
        first_id: of the first.
        cuts: ids of the first members of leaves. A pack begins there, so no pack spans two leaves.
    """
    end_id = first_id + len(members)
    borders = sorted({first_id, end_id, *(cut for cut in cuts if first_id < cut < end_id)})
    rows: list[SqlitePackRow] = []
    for start, border in pairwise(borders):
        for id_ in range(start, border, MAX_MEMBERS):
            part = members[id_ - first_id : min(id_ + MAX_MEMBERS, border) - first_id]
            rows.append(_row(id_, len(part), encode_pack(part)))
    connection.executemany(_INSERT, rows)


def repacked(packs: Sequence[SqlitePackRow], first_id: int, members: int) -> bytes:
    """The body for `replace_members` of members in `packs`; empty if the packs stay as they are.

    A flood of events is stored in large packs, each within a leaf: those stay. Members that came
    event by event take more bytes apart than together.
    """
    end_id = first_id + members
    inside = packs[0].id == first_id and packs[-1].end_id == end_id
    if inside and len(packs) <= _FEW_PACKS:
        return b""
    return encode_pack(
        [m for pack in packs for m in pack.decode()][first_id - packs[0].id :][:members]
    )


def replace_members(
    connection: sqlite3.Connection, first_id: int, members: int, body: bytes
) -> None:
    """Store `members` members from `first_id` as one pack, in place of their present packs."""
    end_id = first_id + members
    old = read_packs(connection, first_id, end_id)
    connection.executemany("DELETE FROM pack WHERE id = ?", [(pack.id,) for pack in old])
    for pack in old:
        # A pack that reaches beyond the range: its other members stay, as packs of their own.
        if pack.id < first_id:
            add_members(connection, pack.decode()[: first_id - pack.id], pack.id)
        if pack.end_id > end_id:
            add_members(connection, pack.decode()[end_id - pack.id :], end_id)
    connection.execute(_INSERT, _row(first_id, members, body))


def _row(id_: int, members: int, body: bytes) -> SqlitePackRow:
    return SqlitePackRow(id_, members, body, pack_checksum(id_, members, body))
