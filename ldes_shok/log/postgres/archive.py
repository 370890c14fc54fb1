"""Archiving: a sealed leaf's pages are stored whole, and its members in packs of their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ldes_shok.ldes.member import FIRST_POSITION
from ldes_shok.log.postgres.commit import Statement
from ldes_shok.log.postgres.months import month_of, month_of_path
from ldes_shok.log.postgres.packs import (
    LARGEST_PACK,
    PackedMember,
    decode_members,
    encode_members,
)
from ldes_shok.log.records import LeafArchive

Pack = tuple[int, int, int, bytes]
"""Month, first number, members, body."""


def overlapping(leaf: LeafArchive, stream_id: int) -> tuple[str, Sequence[int]]:
    """The query for the packs that hold members of a leaf, and its parameters."""
    first = leaf.first_position - FIRST_POSITION
    return (
        "SELECT month, first_number, members, body FROM pack WHERE stream_id = %s"
        " AND first_number > %s AND first_number < %s AND first_number + members > %s"
        " ORDER BY first_number",
        (stream_id, first - LARGEST_PACK, first + leaf.members, first),
    )


def archive_statements(
    leaf: LeafArchive, stream_id: int, packs: Sequence[Pack]
) -> Iterator[Statement]:
    """What stores `leaf`; changes nothing by itself.

    Args:
        leaf: the sealed leaf and its pages.
        stream_id: of its stream.
        packs: what `overlapping` found.
    """
    month = month_of_path(leaf.path)
    first = leaf.first_position - FIRST_POSITION
    end = first + leaf.members
    members: dict[int, PackedMember] = {}
    for _, first_number, _, body in packs:
        members.update(enumerate(decode_members(stream_id, first_number, body), first_number))
    yield Statement(
        "DELETE FROM pack WHERE month = %s AND stream_id = %s AND first_number = %s",
        [(pack[0], stream_id, pack[1]) for pack in packs],
    )
    before = {n: m for n, m in members.items() if n < first}
    within = {n: m for n, m in members.items() if first <= n < end}
    behind = {n: m for n, m in members.items() if n >= end}
    yield Statement(
        "INSERT INTO pack (month, stream_id, first_number, members, body)"
        " VALUES (%s, %s, %s, %s, %b)",
        [row for part in (before, within, behind) for row in _cut(stream_id, part)],
    )
    yield Statement(
        "INSERT INTO page (month, stream_id, path, form, gzip) VALUES (%s, %s, %s, %s, %b)",
        [(month, stream_id, leaf.path, page.form.value, page.gzip) for page in leaf.pages],
    )
    yield Statement(
        "UPDATE sealed_head SET digest = %b"
        " WHERE month = %s AND stream_id = %s AND path = %s AND form = %s",
        [(page.digest, month, stream_id, leaf.path, page.form.value) for page in leaf.pages],
    )
    yield Statement(
        "UPDATE node SET archived = true WHERE stream_id = %s AND path = %s",
        [(stream_id, leaf.path)],
    )


def _cut(stream_id: int, members: Mapping[int, PackedMember]) -> Iterator[tuple[Any, ...]]:
    """Rows of `pack`: no pack is longer than allowed, and each lies in one month."""
    run: list[PackedMember] = []
    start = month = 0
    for number, member in members.items():
        its_month = month_of(member.published_ms)
        if run and (its_month != month or len(run) >= LARGEST_PACK):
            yield month, stream_id, start, len(run), encode_members(stream_id, start, run)
            run = []
        if not run:
            start, month = number, its_month
        run.append(member)
    if run:
        yield month, stream_id, start, len(run), encode_members(stream_id, start, run)
