"""Commits that SQLite would pass over in silence are found."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ldes_shok.log.sqlite.wal import WalState, reaches, read_wal

HEADER_BYTES = 32
FRAME_HEADER_BYTES = 24
PAGE_BYTES = 4096
FRAME_BYTES = FRAME_HEADER_BYTES + PAGE_BYTES
COMMITS = 12


@pytest.fixture
def wal(tmp_path: Path) -> Iterator[Path]:
    """A write-ahead log that is in use, of commits of one row each."""
    path = tmp_path / "log.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE t (x BLOB)")
        for _ in range(COMMITS - 1):
            connection.execute("INSERT INTO t VALUES (zeroblob(100))")
        yield path.with_name("log.db-wal")


def flip(path: Path, offset: int) -> None:
    content = bytearray(path.read_bytes())
    content[offset] ^= 4
    path.write_bytes(content)


def frames(wal: Path) -> int:
    return (wal.stat().st_size - HEADER_BYTES) // FRAME_BYTES


def test_a_sound_one_hides_nothing(wal: Path) -> None:
    assert read_wal(wal) == WalState(frames(wal), 0)


@pytest.mark.parametrize("offset", [0, 8, 17, FRAME_HEADER_BYTES + 1000], ids=str)
def test_a_bit_in_a_frame_hides_all_commits_behind_it(
    wal: Path, tmp_path: Path, offset: int
) -> None:
    number = frames(wal) - 4
    flip(wal, HEADER_BYTES + number * FRAME_BYTES + offset)
    state = read_wal(wal)
    assert state is not None
    assert (state.frames, state.hidden_commits >= 3) == (number, True)

    # This is what SQLite makes of it: fewer rows, and not a word.
    copy = tmp_path / "copy.db"
    copy.write_bytes((tmp_path / "log.db").read_bytes())
    copy.with_name("copy.db-wal").write_bytes(wal.read_bytes())
    with closing(sqlite3.connect(copy)) as connection:
        (rows,) = connection.execute("SELECT count(*) FROM t").fetchone()
    assert rows < COMMITS - 1


@pytest.mark.parametrize("offset", [0, 5, 13, 20, 30])
def test_a_bit_in_the_header_hides_everything(wal: Path, offset: int) -> None:
    flip(wal, offset)
    assert read_wal(wal) == WalState(header_damaged=True)


def test_what_is_left_of_an_older_log_is_nothing(wal: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "log.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA wal_checkpoint(RESTART)")
        connection.execute("INSERT INTO t VALUES (1)")
        assert read_wal(wal) == WalState(1, 0)
        assert frames(wal) > 1


def test_a_transaction_that_a_power_cut_tore_is_nothing(wal: Path) -> None:
    content = wal.read_bytes()
    wal.write_bytes(content[:-100])
    assert read_wal(wal) == WalState(frames(wal), 0)


def test_none_is_an_empty_one(tmp_path: Path) -> None:
    assert read_wal(tmp_path / "none-wal") == WalState()
    (tmp_path / "none-wal").write_bytes(b"")
    assert read_wal(tmp_path / "none-wal") == WalState()


def test_how_far_it_goes_is_known_also_when_it_begins_again(wal: Path, tmp_path: Path) -> None:
    """Its file keeps the size that it once had."""
    length = (frames(wal) - 1) * FRAME_BYTES
    assert reaches(wal, 0)
    assert reaches(wal, length)
    assert not reaches(wal, length + FRAME_BYTES)
    with closing(sqlite3.connect(tmp_path / "log.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA wal_checkpoint(RESTART)").fetchone()
        connection.execute("INSERT INTO t VALUES (zeroblob(100))")
        assert frames(wal) * FRAME_BYTES > length
        assert reaches(wal, 0)
        assert not reaches(wal, length)


def test_what_is_not_there_goes_nowhere(tmp_path: Path) -> None:
    assert not reaches(tmp_path / "log.db-wal", 0)
    (tmp_path / "log.db-wal").write_bytes(b"")
    assert not reaches(tmp_path / "log.db-wal", 0)
