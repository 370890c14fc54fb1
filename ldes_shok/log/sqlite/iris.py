"""The indexes of members by IRI, and of the versions of an entity.

The index of IRIs is the largest of the log, and the only one that grows by a row for each member.
An observation's IRI begins with its minute (`ldes_shok.mapping.iris`). So members that are
published together are on few pages of the index, however many there are.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from ldes_shok.cabinet.instants import parse_instant
from ldes_shok.clock import to_microseconds
from ldes_shok.log.pack import PackedMember
from ldes_shok.log.sqlite.rows import STREAM_SHIFT, first, select

_FEW_VERSIONS: Final = "observatie/"
"""Entities with few versions, all corrections: found by IRI and sorted when requested. All others
have an index by their own time. The choice affects only speed."""

_AFTER_SLASH: Final = "0"
"""The character after the slash: `{entity}/` to `{entity}0` is the range of all IRIs below."""

_AFTER_DASH: Final = "."


def add_iris(
    connection: sqlite3.Connection, members: Sequence[PackedMember], first_id: int
) -> None:
    """Add members whose ids run from `first_id`.

    Raises:
        ValueError: the time of a version that is sorted by time is not a time.
        sqlite3.IntegrityError: an IRI is published already.
    """
    # Sorted: then SQLite's cursor is already on the index page of the next row.
    connection.executemany(
        "INSERT INTO iri VALUES (?, ?)",
        sorted([(member.iri, id_) for id_, member in enumerate(members, first_id)]),
    )
    found = (version_row(member, id_) for id_, member in enumerate(members, first_id))
    versions = [row for row in found if row is not None]
    if versions:
        connection.executemany("INSERT INTO version VALUES (?, ?, ?)", versions)


def version_row(member: PackedMember, id_: int) -> tuple[str, int, int] | None:
    """The row of a member in the index of versions; None if the member is not in that index.

    Raises:
        ValueError: the member's own time is not a time.
    """
    if member.entity or not member.iri.startswith(_FEW_VERSIONS):
        return member.entity_iri, _own_time(member), id_
    return None


def published_among(connection: sqlite3.Connection, iris: Sequence[str]) -> Iterator[str]:
    """Those of `iris` that name a member."""
    # CROSS JOIN forces this order: one index search for each IRI. One statement for all of them,
    # because a statement costs as much as three searches.
    query = "SELECT iri.iri FROM json_each(?) AS asked CROSS JOIN iri ON iri.iri = asked.value"
    for (iri,) in select(connection, query, (msgspec.json.encode(iris).decode(),)):
        yield iri


def versioned_among(connection: sqlite3.Connection, entities: Sequence[str]) -> Iterator[str]:
    """Those of `entities` that have an IRI below theirs."""
    query = (
        "SELECT asked.value FROM json_each(?) AS asked WHERE EXISTS (SELECT 1 FROM iri"
        " WHERE iri.iri > asked.value || '/' AND iri.iri < asked.value || ?)"
    )
    asked = msgspec.json.encode(entities).decode()
    for (entity,) in select(connection, query, (asked, _AFTER_SLASH)):
        yield entity


def members_under(connection: sqlite3.Connection, beginning: str) -> list[int]:
    """The ids of the members whose IRI begins with `beginning`, which ends in a dash."""
    query = "SELECT member_id FROM iri WHERE iri > ? AND iri < ?"
    above = beginning.removesuffix("-") + _AFTER_DASH
    return [id_ for (id_,) in select(connection, query, (beginning, above))]


def oldest_version(connection: sqlite3.Connection, entity: str) -> int | None:
    """The lowest id of a member whose IRI is below `entity`."""
    query = "SELECT min(member_id) FROM iri WHERE iri > ? AND iri < ?"
    row = first(connection, query, (f"{entity}/", f"{entity}{_AFTER_SLASH}"))
    return None if row is None else row[0]


def find_member(connection: sqlite3.Connection, iri: str) -> int | None:
    """The id of the member with this IRI."""
    row = first(connection, "SELECT member_id FROM iri WHERE iri = ?", (iri,))
    return row[0] if row else None


def newest_versions(
    connection: sqlite3.Connection, entity: str, stream_ids: Sequence[int], limit: int
) -> list[int]:
    """Ids of the newest versions by own time, newest first, of an entity with many versions."""
    marks = ",".join("?" * len(stream_ids))
    rows = select(
        connection,
        "SELECT member_id FROM version WHERE entity = ?"  # noqa: S608  a constant, marks
        f" AND member_id >> {STREAM_SHIFT} IN ({marks})"
        " ORDER BY version_us DESC, member_id DESC LIMIT ?",
        (entity, *stream_ids, limit),
    )
    return [id_ for (id_,) in rows]


def corrections(
    connection: sqlite3.Connection, entity: str, stream_ids: Sequence[int]
) -> list[int]:
    """Ids of all versions of an entity that has few, unordered; empty for any other entity."""
    if not entity.startswith(_FEW_VERSIONS):
        return []
    rows = select(
        connection,
        "SELECT iri, member_id FROM iri WHERE iri >= ? AND iri < ?",
        (f"{entity}/", f"{entity}{_AFTER_SLASH}"),
    )
    return [
        id_
        for iri, id_ in rows
        if id_ >> STREAM_SHIFT in stream_ids and "/" not in iri[len(entity) + 1 :]
    ]


def newest_first(members: Sequence[tuple[int, PackedMember]]) -> list[tuple[int, PackedMember]]:
    """Versions with their ids by own time, then by id, newest first."""
    return sorted(members, key=lambda found: (_own_time(found[1]), found[0]), reverse=True)


def _own_time(member: PackedMember) -> int:
    return to_microseconds(parse_instant(member.observed_at))
