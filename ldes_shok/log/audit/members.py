"""Checks of the packs of members and of the two indexes over them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Final

from ldes_shok.errors import LogDamaged
from ldes_shok.log.audit.snapshot import AuditCounts, Snapshot
from ldes_shok.log.damage import Damage
from ldes_shok.log.pack import PackedMember
from ldes_shok.log.records import StreamRecord
from ldes_shok.log.sqlite.iris import version_row
from ldes_shok.log.sqlite.members import PackedMembers
from ldes_shok.log.sqlite.packs import SqlitePackRow, read_packs
from ldes_shok.log.sqlite.rows import STREAM_SHIFT, select, stream_range
from ldes_shok.log.walk_step import Step

_IDS_AT_ONCE: Final = 2_000


def audit_members(
    connection: sqlite3.Connection, snapshot: Snapshot, counts: AuditCounts
) -> Iterator[Damage | Step]:
    """Check that every member is in one pack, has a stored event, and has a row in each index."""
    templates = PackedMembers()
    whole = sum(record.members for record in snapshot.streams.values())
    for stream_id, record in snapshot.streams.items():
        first_id = stream_range(stream_id)[0]
        end_id = first_id + record.members
        expected = first_id
        for pack in _packs(connection, first_id, end_id):
            if pack.id > expected:
                ids = f"members {expected - first_id + 1} to {pack.id - first_id}"
                yield Damage(f"{record.name}: {ids}", "they are missing")
            elif pack.id < expected:
                sentence = "some of its members stand in the pack before it too"
                yield Damage(_place(record, pack, first_id), sentence)
            expected = pack.end_id
            try:
                members = pack.decode()
            except Exception as error:  # noqa: BLE001  damaged bytes break decoders in every way
                yield Damage(_place(record, pack, first_id), _why(error))
                continue
            inside = members[: end_id - pack.id]
            yield from _pack(connection, templates, snapshot, pack, inside, counts)
            yield Step("packs", counts.members, whole)
        if expected < end_id:
            ids = f"members {expected - first_id + 1} to {record.members}"
            yield Damage(f"{record.name}: {ids}", "they are missing")
    yield from _strangers(connection, snapshot)
    yield from _indexes(snapshot, counts)


def _packs(connection: sqlite3.Connection, first_id: int, end_id: int) -> Iterator[SqlitePackRow]:
    """The packs of a range, ascending; read in parts, because packs may be replaced meanwhile."""
    start = first_id
    while start < end_id:
        packs = read_packs(connection, start, min(start + _IDS_AT_ONCE, end_id))
        if not packs:
            # If an id is damaged, the next pack may be far away.
            (far,) = select(
                connection, "SELECT min(id) FROM pack WHERE id >= ? AND id < ?", (start, end_id)
            )[0]
            packs = read_packs(connection, far, far + 1) if far is not None else []
        yield from packs
        start = max(packs[-1].end_id, start + 1) if packs else end_id


def _pack(
    connection: sqlite3.Connection,
    templates: PackedMembers,
    snapshot: Snapshot,
    pack: SqlitePackRow,
    members: Sequence[PackedMember],
    counts: AuditCounts,
) -> Iterator[Damage]:
    if len(members) > pack.members:
        yield Damage(f"pack {pack.id}", f"it has {len(members)} members, not {pack.members}")
    strays = [m for m in members if not 0 < m.event_id <= snapshot.last_event]
    if strays:
        sentence = f"it is of event {strays[0].event_id}, which is not stored"
        more = f"; so are {len(strays) - 1} more of its pack" if len(strays) > 1 else ""
        yield Damage(f"member {strays[0].iri}", sentence + more)
    found = (version_row(member, id_) for id_, member in enumerate(members, pack.id))
    versions = [row for row in found if row is not None]
    for template_id in sorted({member.template_id for member in members}):
        try:
            templates.template(connection, template_id)
        except LogDamaged as error:
            yield Damage(f"template {template_id}", str(error))
    for row in versions:
        if not select(
            connection,
            "SELECT 1 FROM version WHERE entity = ? AND version_us = ? AND member_id = ?",
            row,
        ):
            yield Damage(f"versions of {row[0]}", f"member {row[2]} is missing in the index")
    counts.members += len(members)
    counts.versions += len(versions)


def _strangers(connection: sqlite3.Connection, snapshot: Snapshot) -> Iterator[Damage]:
    """Yield packs that belong to no stream: their id moved far."""
    known = ",".join(map(str, snapshot.streams)) or "0"
    query = f"SELECT id FROM pack WHERE id >> {STREAM_SHIFT} NOT IN ({known}) LIMIT 10"  # noqa: S608
    for (id_,) in select(connection, query):
        yield Damage(f"pack {id_}", "it is of no stream")


def _indexes(snapshot: Snapshot, counts: AuditCounts) -> Iterator[Damage]:
    for name, rows, expected in (
        ("iri", snapshot.iris, counts.members),
        ("version", snapshot.versions, counts.versions),
    ):
        if rows != expected:
            yield Damage(f"index {name}", f"it has {rows} rows, from the members follow {expected}")


def _place(record: StreamRecord, pack: SqlitePackRow, first_id: int) -> str:
    start = pack.id - first_id + 1
    return f"{record.name}: members {start} to {start + pack.members - 1}"


def _why(error: Exception) -> str:
    if isinstance(error, LogDamaged):
        return "their checksum does not fit: they are not what was stored"
    return f"they cannot be read: {type(error).__name__}: {error}"
