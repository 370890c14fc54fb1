"""What the writer of a log in a file leaves on the disk."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ldes_shok.log.records import Commit, RawRecord
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
