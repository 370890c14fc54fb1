"""What the writer of a log in a file leaves on the disk."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ldes_shok.log.records import Commit, RawRecord
from ldes_shok.log.sqlite.high_water import read_witness
from ldes_shok.log.sqlite.migrations import SCHEMA
from ldes_shok.log.sqlite.opening import open_for_writing
from ldes_shok.log.sqlite.writer import SqliteLogWriter
from tests.contract.examples import BASE
from tests.support.logs import identity_of

CARD = b"a card that was read" * 100
BROKER = "mqtt:t:broker"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.db"


@pytest.fixture
def writer(path: Path) -> Iterator[SqliteLogWriter]:
    opened = SqliteLogWriter(path, identity_of(BASE))
    opened.commit(Commit(raws=(RawRecord(b"d" * 32, BROKER, 1_000, CARD),)))
    yield opened
    opened.close()


def stands(path: Path) -> list[str]:
    """The files beside the log, itself included, that hold the bytes."""
    return [file.name for file in sorted(path.parent.iterdir()) if CARD in file.read_bytes()]


def test_what_is_forgotten_stands_in_no_file(path: Path, writer: SqliteLogWriter) -> None:
    """Raw bytes that are deleted are gone, also from the write-ahead log."""
    assert stands(path) == ["log.db-wal"]
    assert writer.forget_raws(1_001) == 1
    assert stands(path) == []


def test_what_a_reader_holds_is_cleared_the_next_time(path: Path, writer: SqliteLogWriter) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM raw").fetchone()
        assert writer.forget_raws(1_001) == 1
        assert stands(path) == ["log.db-wal"]
    assert writer.forget_raws(1_001) == 0
    assert stands(path) == []


def test_forgetting_nothing_leaves_the_write_ahead_log_as_it_is(
    path: Path, writer: SqliteLogWriter
) -> None:
    writer.forget_raws(1_001)
    writer.commit(Commit(raws=(RawRecord(b"e" * 32, BROKER, 5_000, CARD),)))
    assert writer.forget_raws(1_001) == 0
    assert stands(path) == ["log.db-wal"]


def test_what_is_forgotten_later_stands_in_no_file_either(
    path: Path, writer: SqliteLogWriter
) -> None:
    writer.forget_raws(1_001)
    writer.commit(Commit(raws=(RawRecord(b"e" * 32, BROKER, 5_000, CARD),)))
    assert stands(path) != []
    assert writer.forget_raws(5_001) == 1
    assert stands(path) == []


def test_the_witness_keeps_the_commit_before_the_last(path: Path, writer: SqliteLogWriter) -> None:
    """It is written in turn at two places: while one is written, the other one is whole."""
    seen = []
    for number in range(3):
        writer.commit(Commit(raws=(RawRecord(b"e" * 32, BROKER, number, b""),)))
        newest = read_witness(path)
        assert newest is not None
        seen.append(newest)
    assert [each.commits - seen[0].commits for each in seen] == [0, 1, 2]
    file = path.with_name("log.db.witness")
    file.write_bytes(file.read_bytes().replace(seen[-1].digest.encode(), b"torn"))
    assert read_witness(path) == seen[-2]


def test_what_an_older_process_left_is_copied_and_synced_before_anything_is_read(
    path: Path, writer: SqliteLogWriter
) -> None:
    """A sync of it may have failed, and nobody would know."""
    copy = path.with_name("copy.db")
    for ending in ("", "-wal"):
        copy.with_name(copy.name + ending).write_bytes(
            path.with_name(path.name + ending).read_bytes()
        )
    assert copy.with_name("copy.db-wal").stat().st_size > 0
    connection = open_for_writing(copy, identity_of(BASE), SCHEMA)
    assert copy.with_name("copy.db-wal").stat().st_size == 0
    connection.close()
    assert writer.next_event_id == 1
