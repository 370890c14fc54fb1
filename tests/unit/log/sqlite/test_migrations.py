"""The version of the log's tables: brought up to date by the writer, refused where it must be."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from ldes_shok.errors import LogMismatch, LogUnavailable
from ldes_shok.log.sqlite.migrations import SCHEMA, Schema
from ldes_shok.log.sqlite.reader import SqliteLogReader
from ldes_shok.log.sqlite.writer import SqliteLogWriter
from tests.contract.examples import BASE, a_member, publish
from tests.support.logs import identity_of


def _note_members(connection: sqlite3.Connection) -> None:
    """A made-up step: a column that is filled from what is there."""
    connection.execute("ALTER TABLE stream ADD COLUMN noted INTEGER NOT NULL DEFAULT 0")
    connection.execute("UPDATE stream SET noted = members")


def _rename(connection: sqlite3.Connection) -> None:
    connection.execute("ALTER TABLE stream RENAME COLUMN noted TO noted_members")


def _fail(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE half (id INTEGER)")
    raise sqlite3.OperationalError("database or disk is full")


NEXT = Schema((*SCHEMA.steps, _note_members))
NOW = SCHEMA.version
AFTER_NEXT = Schema((*SCHEMA.steps, _note_members, _rename))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A log of the present version with one member."""
    path = tmp_path / "log.db"
    writer = SqliteLogWriter(path, identity_of(BASE))
    writer.commit(publish(a_member(0)))
    writer.close()
    return path


def _read(path: Path, query: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def test_the_first_version_that_was_released_is_two() -> None:
    assert Schema().version == 2
    assert SCHEMA.version == 2 + len(SCHEMA.steps)
    assert AFTER_NEXT.version == SCHEMA.version + 2


@pytest.mark.parametrize(("schema", "column"), [(NEXT, "noted"), (AFTER_NEXT, "noted_members")])
def test_the_writer_brings_an_older_log_up_to_date(path: Path, schema: Schema, column: str) -> None:
    for _ in range(2):
        SqliteLogWriter(path, identity_of(BASE), schema).close()
        assert _read(path, f"SELECT {column} FROM stream") == [(1,)]  # noqa: S608
        version = _read(path, "SELECT value FROM meta WHERE name = 'schema_version'")
        assert version == [(str(schema.version),)]
    reader = SqliteLogReader(path, BASE, schema)
    assert reader.stream("kasten").members == 1
    reader.close()


def test_a_step_that_fails_changes_nothing(path: Path) -> None:
    with pytest.raises(LogUnavailable, match="disk is full"):
        SqliteLogWriter(path, identity_of(BASE), Schema((*SCHEMA.steps, _note_members, _fail)))
    # The step before it is a commit of its own.
    assert _read(path, "SELECT noted FROM stream") == [(1,)]
    assert _read(path, "SELECT name FROM sqlite_schema WHERE name = 'half'") == []
    SqliteLogWriter(path, identity_of(BASE), NEXT).close()


def test_a_reader_refuses_a_log_that_is_not_brought_up_to_date(path: Path) -> None:
    reader = SqliteLogReader(path, BASE, NEXT)
    with pytest.raises(
        LogMismatch, match=rf"schema version {NOW}, this version reads {NOW + 1}: start the"
    ):
        reader.stream("kasten")
    reader.close()


def test_an_older_service_refuses_a_newer_log(path: Path) -> None:
    SqliteLogWriter(path, identity_of(BASE), NEXT).close()
    with pytest.raises(LogMismatch, match=rf"schema version {NOW + 1}, written by a newer version"):
        SqliteLogWriter(path, identity_of(BASE))
    reader = SqliteLogReader(path, BASE)
    with pytest.raises(LogMismatch, match=rf"this one knows up to {NOW}"):
        reader.stream("kasten")
    reader.close()
    # The lock is free again.
    SqliteLogWriter(path, identity_of(BASE), NEXT).close()


def test_a_log_from_before_the_first_release_is_refused_in_a_sentence(path: Path) -> None:
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("UPDATE meta SET value = '1' WHERE name = 'schema_version'")
    connection.close()
    with pytest.raises(LogMismatch, match="never in a release: ingest its events into a new log"):
        SqliteLogWriter(path, identity_of(BASE))
