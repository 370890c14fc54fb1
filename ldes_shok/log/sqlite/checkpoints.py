"""A thread that empties the write-ahead log into the file.

SQLite by default does this on the thread that commits. That thread then waits for two syncs and
thousands of pages: 60 ms for one commit in a hundred. Here most of the log is copied while commits
go on. Commits wait only while the rest is copied, which came in meanwhile, so that the log starts
from its beginning again.
"""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from threading import Condition, Lock, Thread
from typing import Final, NamedTuple

import structlog

from ldes_shok.log.sqlite.wal import reaches

CHECKPOINT_BYTES: Final = 16 * 1024 * 1024
"""How far the write-ahead log grows between two checkpoints. A larger value writes a page of an
index less often; a smaller value keeps the log small. The log stays below twice this size, unless a
reader holds one moment of the log for long (a backup, `fsck`): until that ends SQLite must keep all
that is written."""

BACKSTOP_BYTES: Final = 16 * CHECKPOINT_BYTES
"""Where SQLite itself starts a checkpoint on the committing thread: never, while our thread
lives."""

_PATIENCE_SECONDS: Final = 0.02
"""How long the end of a checkpoint waits for readers while commits wait for it."""

_REST_SECONDS: Final = 0.08
"""How long commits go on then, before the next try."""

_LONG_READ_SECONDS: Final = 1.0
"""A reader that holds one moment for longer than this is not waited for; the log grows until it
ends."""

_MOST_PATIENCE_SECONDS: Final = 2 * _LONG_READ_SECONDS
"""How long commits wait when the log is half as long again: for old readers, and for new ones."""

_LOOK_SECONDS: Final = 0.25
"""How often the thread checks whether a long read has ended."""


class Copied(NamedTuple):
    """SQLite's result of a checkpoint: frames of the log, and how many are in the file."""

    is_blocked: int
    frames: int
    done: int


class Checkpoints:
    """Empties the write-ahead log of one writer. The thread starts when there is work."""

    def __init__(self, path: Path, committing: Lock, every_bytes: int = CHECKPOINT_BYTES) -> None:
        """`committing` is held by the code that writes."""
        self._path = path
        self._wal = path.with_name(f"{path.name}-wal")
        self._committing = committing
        self._every_bytes = every_bytes
        self._changed = Condition()
        self._is_due = False
        self._is_held_up = False
        self._stopping = False
        self._thread: Thread | None = None

    def wrote(self) -> None:
        """Note a commit, after `committing` was released. Cheap.

        Waits if the disk is slower than the writes.
        """
        if not reaches(self._wal, self._every_bytes):
            return
        with self._changed:
            if not self._is_due:
                self._is_due, self._is_held_up = True, False
                self._changed.notify_all()
            if self._thread is None:
                self._thread = Thread(target=self._run, name="checkpoints", daemon=True)
                self._thread.start()
            if reaches(self._wal, self._every_bytes * 7 // 4):
                self._changed.wait_for(
                    lambda: not self._is_due or self._is_held_up or self._stopping
                )

    def clear(self) -> bool:
        """Empty the write-ahead log and truncate it: it holds the deleted data.

        A log that begins again is overwritten only as far as it grows. Commits wait.

        Returns:
            Whether it is empty. If a reader or the disk was in the way, call again later.
        """
        try:
            with self._committing:
                connection = self._connect()
                try:
                    (busy, *_) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                finally:
                    connection.close()
        except sqlite3.Error as error:
            structlog.get_logger("ldes_shok.log").warning("not_cleared", reason=str(error))
            return False
        return not busy

    def close(self) -> None:
        """End the thread. Closing the last connection does the rest. Blocks."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._is_due and not self._stopping:
                    self._changed.wait()
                if self._stopping:
                    return
            try:
                self._checkpoint()
            except sqlite3.Error as error:
                # A full disk: what is committed stays in the write-ahead log.
                structlog.get_logger("ldes_shok.log").warning("not_checkpointed", reason=str(error))
                self._rest(_LONG_READ_SECONDS, is_held_up=True)
            with self._changed:
                self._is_due = False
                self._changed.notify_all()

    def _checkpoint(self) -> None:
        """Try until the log begins again, or until the service stops."""
        connection = self._connect()
        before, moved_seconds = -1, time.monotonic()
        try:
            while not self._stopping:
                done = self._copy(connection).done
                if done != before:
                    before, moved_seconds = done, time.monotonic()
                elif time.monotonic() - moved_seconds > _LONG_READ_SECONDS:
                    self._rest(_LOOK_SECONDS, is_held_up=True)
                    continue
                is_long = reaches(self._wal, self._every_bytes * 3 // 2)
                if self._has_begun_again(connection, _MOST_PATIENCE_SECONDS if is_long else 0):
                    return
                rest_seconds = 2 * _MOST_PATIENCE_SECONDS if is_long else _REST_SECONDS
                self._rest(rest_seconds, is_held_up=is_long)
        finally:
            connection.close()

    def _has_begun_again(self, connection: sqlite3.Connection, patience_seconds: float) -> bool:
        """Copy the rest while commits wait; returns whether the log begins again."""
        end_seconds = time.monotonic() + patience_seconds
        with self._committing:
            # Many short tries. Within one call SQLite waits for a reader's slot, even when another
            # reader has taken the slot that would not be in the way.
            while self._finish(connection).is_blocked:
                if time.monotonic() >= end_seconds:
                    return False
        return True

    def _rest(self, seconds: float, *, is_held_up: bool) -> None:
        """Wait for a while; `is_held_up` means that the log grows meanwhile."""
        with self._changed:
            self._is_held_up = is_held_up
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._stopping, seconds)

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, _PATIENCE_SECONDS, isolation_level=None)

    def _copy(self, connection: sqlite3.Connection) -> Copied:
        return Copied(*connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone())

    def _finish(self, connection: sqlite3.Connection) -> Copied:
        return Copied(*connection.execute("PRAGMA wal_checkpoint(RESTART)").fetchone())
