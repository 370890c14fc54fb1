"""A bit that a disk flipped is never taken for what was written."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from ldes_shok.errors import LogDamaged
from ldes_shok.ldes.form import Form
from ldes_shok.ldes.member import FIRST_POSITION
from ldes_shok.log.records import Commit, Rejection, SealedHead, StateRecord, StreamRecord
from ldes_shok.log.sqlite.reader import SqliteLogReader
from ldes_shok.log.sqlite.writer import SqliteLogWriter
from tests.contract.examples import BASE, REFUSED, a_member, an_event, publish
from tests.support.logs import identity_of

Read = Callable[[SqliteLogWriter, SqliteLogReader], object]

READS: dict[str, Read] = {
    "event": lambda writer, _: writer.event(1),
    "origin": lambda writer, _: writer.event(1),
    "quarantine": lambda _, reader: reader.quarantined(9),
    "rejection": lambda _, reader: reader.rejections(9),
    "state": lambda writer, _: writer.state("t", "VBS-001"),
    "pack": lambda _, reader: reader.rows("kasten", FIRST_POSITION, 1),
    "template": lambda _, reader: reader.blocks("kasten", FIRST_POSITION, 1, Form.TURTLE),
    "sealed_head": lambda _, reader: reader.sealed_head("kasten", "2026", Form.TURTLE),
}
FOUND_ELSEWHERE = {
    # Where to look a row up: it is not found at all, and what should be there is missed.
    "event": {"id", "origin_id", "identity"},
    "origin": {"id"},
    "quarantine": {"event_id", "tenant", "cabinet"},
    "rejection": {"id"},
    "state": {"tenant", "cabinet"},
    "pack": {"id", "members"},
    "template": {"id"},
    "sealed_head": {"stream_id", "path", "form", "digest"},
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "log.db"
    writer = SqliteLogWriter(path, identity_of(BASE))
    commit = publish(a_member(0))
    writer.commit(
        Commit(
            events=(an_event(1, REFUSED),),
            rejections=(Rejection("a", 1, "not JSON", b"\xff\x00"),),
            members=commit.members,
            streams=(*commit.streams, StreamRecord("techniek")),
            states=(StateRecord("t", "VBS-001", b"{}"),),
            heads=(SealedHead("kasten", "2026", Form.TURTLE, b"<", b">", b""),),
        )
    )
    writer.close()
    return path


def _read(path: Path, table: str) -> object:
    writer, reader = SqliteLogWriter(path, identity_of(BASE)), SqliteLogReader(path, BASE)
    try:
        return READS[table](writer, reader)
    finally:
        reader.close()
        writer.close()


def _columns(path: Path, table: str) -> list[str]:
    connection = sqlite3.connect(path)
    rows = connection.execute(f"SELECT * FROM {table} LIMIT 1")  # noqa: S608
    names = [column[0] for column in rows.description]
    connection.close()
    return [name for name in names if name not in FOUND_ELSEWHERE[table]]


def _flip(path: Path, table: str, column: str, last: bool) -> None:
    """Flip the lowest bit of the first or last byte, or of a number."""
    connection = sqlite3.connect(path)
    with connection:
        (value,) = connection.execute(
            f"SELECT {column} FROM {table}"  # noqa: S608
        ).fetchone()
        if isinstance(value, int):
            changed: object = value ^ 1
        else:
            data = bytearray(value if isinstance(value, bytes) else value.encode())
            data[-1 if last else 0] ^= 1
            changed = bytes(data) if isinstance(value, bytes) else data.decode()
        connection.execute(f"UPDATE {table} SET {column} = ?", (changed,))  # noqa: S608
    connection.close()


@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize("table", READS)
def test_a_flipped_bit_is_found(path: Path, table: str, last: bool) -> None:
    assert _read(path, table)
    columns = _columns(path, table)
    assert columns
    pristine = path.read_bytes()
    for column in columns:
        path.write_bytes(pristine)
        _flip(path, table, column, last)
        with pytest.raises(LogDamaged, match="the log is damaged"):
            _read(path, table)


def test_a_member_that_an_index_names_and_that_is_gone_is_damage(path: Path) -> None:
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("DELETE FROM pack")
    connection.close()
    reader = SqliteLogReader(path, BASE)
    with pytest.raises(LogDamaged, match="is missing"):
        reader.member(a_member(0).member.iri)
    reader.close()
