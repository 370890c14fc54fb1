"""Archiving: a sealed leaf's pages are stored whole, and its members as one pack."""

from __future__ import annotations

from collections.abc import Iterator

from ldes_shok.ldes.member import FIRST_POSITION
from ldes_shok.log.postgres.commit import SqlStatement
from ldes_shok.log.postgres.connection import Select
from ldes_shok.log.postgres.months import month_of_path
from ldes_shok.log.postgres.packs import (
    INSERT_PACK,
    PostgresPackRow,
    live_pack,
    pack_row,
    read_packs,
)
from ldes_shok.log.records import LeafArchive


def archive_statements(leaf: LeafArchive, stream_id: int, select: Select) -> Iterator[SqlStatement]:
    """The statements that store `leaf`. Reads first, so leaves that share a pack go one by one."""
    month = month_of_path(leaf.path)
    first = leaf.first_position - FIRST_POSITION
    end = first + leaf.members
    old = read_packs(select, stream_id, first, end)
    months = {pack.month for pack in old}
    # Packs of several months stay as they are: each pack must go when its month goes.
    if leaf.packed and len(months) == 1:
        yield SqlStatement(
            "DELETE FROM pack WHERE month = %s AND stream_id = %s AND first_number = %s",
            [(pack.month, stream_id, pack.first_number) for pack in old],
        )
        rows = [pack_row(old[0].month, stream_id, first, leaf.members, leaf.packed)]
        rows += [rest for pack in old for rest in _beyond(pack, first, end)]
        yield SqlStatement(INSERT_PACK, rows)
    yield SqlStatement(
        "INSERT INTO page (month, stream_id, path, form, gzip) VALUES (%s, %s, %s, %s, %b)",
        [(month, stream_id, leaf.path, page.form.value, page.gzip) for page in leaf.pages],
    )
    yield SqlStatement(
        "UPDATE sealed_head SET digest = %b"
        " WHERE month = %s AND stream_id = %s AND path = %s AND form = %s",
        [(page.digest, month, stream_id, leaf.path, page.form.value) for page in leaf.pages],
    )
    yield SqlStatement(
        "UPDATE node SET archived = true WHERE stream_id = %s AND path = %s",
        [(stream_id, leaf.path)],
    )


def _beyond(pack: PostgresPackRow, first: int, end: int) -> Iterator[PostgresPackRow]:
    """The members of a pack outside [first, end), as packs of their own."""
    if pack.first_number < first:
        before = pack.decode()[: first - pack.first_number]
        yield live_pack(pack.month, pack.stream_id, pack.first_number, before)
    if pack.end_number > end:
        behind = pack.decode()[end - pack.first_number :]
        yield live_pack(pack.month, pack.stream_id, end, behind)
