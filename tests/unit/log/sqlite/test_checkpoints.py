"""The write-ahead log stays small without any commit waiting for it."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from threading import Event, Lock, Thread

import pytest

from ldes_shok.log.sqlite.checkpoints import Checkpoints, Copied
from tests.support.patience import HANG_SECONDS, until


class Watched(Checkpoints):
    """Tells when a checkpoint was made, or failed."""

    def __init__(self, path: Path, committing: Lock, every_bytes: int) -> None:
        super().__init__(path, committing, every_bytes)
        self.made = Event()
        self.copied = Event()
        self.tried = Event()
        self.held: list[bool] = []
        self._watched = committing
        self.failing = False

    def _finish(self, connection: sqlite3.Connection) -> Copied:
        self.held.append(self._watched.locked())
        finished = super()._finish(connection)
        self.tried.set()
        return finished

    def _copy(self, connection: sqlite3.Connection) -> Copied:
        copied = super()._copy(connection)
        self.copied.set()
        return copied

    def _checkpoint(self) -> None:
        try:
            if self.failing:
                raise sqlite3.OperationalError("disk I/O error")
            super()._checkpoint()
        finally:
            self.made.set()


@pytest.fixture
def connection(tmp_path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(tmp_path / "log.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    connection.execute("CREATE TABLE t (body BLOB)")
    return connection


def _fill(connection: sqlite3.Connection) -> None:
    connection.execute("INSERT INTO t VALUES (zeroblob(100000))")


def test_what_was_written_is_moved_and_the_log_begins_again(
    tmp_path: Path, connection: sqlite3.Connection
) -> None:
    wal, sizes = tmp_path / "log.db-wal", set()
    checkpoints = Watched(tmp_path / "log.db", Lock(), 50_000)
    for _ in range(5):
        _fill(connection)
        sizes.add(wal.stat().st_size)
        checkpoints.wrote()
        assert checkpoints.made.wait(HANG_SECONDS)
        checkpoints.made.clear()
        # The checkpoint is whole only when the writer may go on.
        with checkpoints._committing:
            pass
    checkpoints.close()
    assert max(sizes) < 250_000
    assert connection.execute("SELECT count(*) FROM t").fetchone() == (5,)
    connection.close()


def test_little_is_left_where_it_is(tmp_path: Path, connection: sqlite3.Connection) -> None:
    checkpoints = Watched(tmp_path / "log.db", Lock(), 200_000)
    _fill(connection)
    checkpoints.wrote()
    checkpoints.close()
    assert not checkpoints.made.is_set()
    connection.close()


def test_a_checkpoint_that_fails_is_tried_again(
    tmp_path: Path, connection: sqlite3.Connection
) -> None:
    checkpoints = Watched(tmp_path / "log.db", Lock(), 1)
    checkpoints.failing = True
    _fill(connection)
    checkpoints.wrote()
    assert checkpoints.made.wait(HANG_SECONDS)
    checkpoints.failing = False
    checkpoints.made.clear()
    _fill(connection)

    def is_made() -> bool:
        checkpoints.wrote()
        return checkpoints.made.is_set()

    until(is_made)
    checkpoints.close()
    connection.close()


def test_only_the_end_of_a_checkpoint_waits_for_a_commit(
    tmp_path: Path, connection: sqlite3.Connection
) -> None:
    """While a commit runs, the bulk is copied; the rest waits until it is through."""
    committing = Lock()
    checkpoints = Watched(tmp_path / "log.db", committing, 80_000)
    with committing:
        _fill(connection)
        checkpoints.wrote()
        assert checkpoints.copied.wait(HANG_SECONDS)
        assert checkpoints.held == []
    assert checkpoints.made.wait(HANG_SECONDS)
    checkpoints.close()
    assert checkpoints.held == [True]
    connection.close()


def test_a_cleared_log_holds_nothing_of_what_was_deleted(
    tmp_path: Path, connection: sqlite3.Connection
) -> None:
    wal = tmp_path / "log.db-wal"
    connection.execute("INSERT INTO t VALUES (?)", (b"a card" * 10_000,))
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute("DELETE FROM t")
    assert b"a card" in wal.read_bytes()
    assert Checkpoints(tmp_path / "log.db", Lock()).clear()
    assert wal.read_bytes() == b""
    assert b"a card" not in (tmp_path / "log.db").read_bytes()


def test_a_reader_in_the_way_is_waited_for_the_next_time(
    tmp_path: Path, connection: sqlite3.Connection
) -> None:
    _fill(connection)
    checkpoints = Checkpoints(tmp_path / "log.db", Lock())
    reader = sqlite3.connect(tmp_path / "log.db", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM t").fetchone()
    _fill(connection)
    assert not checkpoints.clear()
    reader.execute("COMMIT")
    assert checkpoints.clear()
    reader.close()


def _snapshot(path: Path) -> sqlite3.Connection:
    """Somebody who reads one moment of the log."""
    reader = sqlite3.connect(path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM t").fetchone()
    return reader


def test_readers_that_take_turns_do_not_keep_the_log_from_beginning_again(
    tmp_path: Path, connection: sqlite3.Connection
) -> None:
    """It is tried again at once, not when as much was written again."""
    checkpoints = Watched(tmp_path / "log.db", Lock(), 50_000)
    _fill(connection)
    first = _snapshot(tmp_path / "log.db")
    _fill(connection)
    checkpoints.wrote()
    assert checkpoints.tried.wait(HANG_SECONDS)
    second = _snapshot(tmp_path / "log.db")
    first.close()
    assert not checkpoints.made.is_set()
    second.close()
    assert checkpoints.made.wait(HANG_SECONDS)
    size_bytes = (tmp_path / "log.db-wal").stat().st_size
    _fill(connection)
    assert (tmp_path / "log.db-wal").stat().st_size == size_bytes
    checkpoints.close()
    connection.close()


def test_a_commit_waits_when_the_log_grows_faster_than_it_is_copied(
    tmp_path: Path, connection: sqlite3.Connection
) -> None:
    """A slow disk: however long a checkpoint takes, what is not copied stays bounded."""

    class Slow(Watched):
        def _copy(self, connection: sqlite3.Connection) -> Copied:
            assert begun.wait(HANG_SECONDS)
            return super()._copy(connection)

    begun, committing = Event(), Lock()
    checkpoints = Slow(tmp_path / "log.db", committing, 400_000)
    sizes: list[int] = []

    def write() -> None:
        for _ in range(40):
            with committing:
                writing.execute("INSERT INTO t VALUES (zeroblob(100000))")
            sizes.append((tmp_path / "log.db-wal").stat().st_size)
            if sizes[-1] > 700_000:
                begun.set()
            checkpoints.wrote()

    writing = sqlite3.connect(tmp_path / "log.db", isolation_level=None, check_same_thread=False)
    writing.execute("PRAGMA wal_autocheckpoint = 0")
    thread = Thread(target=write)
    thread.start()
    thread.join(HANG_SECONDS)
    assert not thread.is_alive()
    checkpoints.close()
    assert max(sizes) < 900_000
    writing.close()
    connection.close()


def test_who_reads_for_long_holds_nobody_up(tmp_path: Path, connection: sqlite3.Connection) -> None:
    """A backup: the log grows until it is through, and commits go on."""
    checkpoints = Watched(tmp_path / "log.db", Lock(), 50_000)
    reader = _snapshot(tmp_path / "log.db")
    for _ in range(30):
        _fill(connection)
        checkpoints.wrote()
    assert not checkpoints.made.is_set()
    reader.close()
    assert checkpoints.made.wait(HANG_SECONDS)
    checkpoints.close()
    connection.close()
