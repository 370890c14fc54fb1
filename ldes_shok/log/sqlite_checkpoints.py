"""The write-ahead log is emptied into the file by a thread of its own.

SQLite does it on the thread that commits, which then waits for two syncs and thousands of pages:
60 ms for one commit in a hundred. Here the bulk is copied while commits go on; only the rest, what
came in meanwhile, is copied while they wait, so that the log starts from its beginning again.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from threading import Condition, Lock, Thread
from typing import Final

import structlog

CHECKPOINT_BYTES: Final = 16 * 1024 * 1024
"""How much is written between two checkpoints. More writes a page of an index less often; less
keeps the write-ahead log small."""

BACKSTOP_BYTES: Final = 16 * CHECKPOINT_BYTES
"""Where SQLite itself takes over, on the committing thread: never, while the thread lives."""

_PATIENCE_SECONDS: Final = 0.02
"""How long the end of a checkpoint waits for readers while commits wait for it; next time else."""


class Checkpoints:
    """Empties the write-ahead log of one writer. The thread starts when there is work."""

    def __init__(self, path: Path, committing: Lock, every_bytes: int = CHECKPOINT_BYTES) -> None:
        """`committing` is held by whoever writes."""
        self._path = path
        self._committing = committing
        self._every_bytes = every_bytes
        self._changed = Condition()
        self._written_bytes = 0
        self._stopping = False
        self._thread: Thread | None = None

    def wrote(self, size_bytes: int) -> None:
        """About `size_bytes` were committed; cheap."""
        self._written_bytes += size_bytes
        if self._written_bytes < self._every_bytes:
            return
        with self._changed:
            if self._thread is None:
                self._thread = Thread(target=self._run, name="checkpoints", daemon=True)
                self._thread.start()
            self._changed.notify()

    def clear(self) -> bool:
        """Empty the write-ahead log and cut it off: it holds what was deleted, as it was.

        A log that begins again is written over only as far as it grows. Commits wait.

        Returns:
            Whether it is empty; if a reader or the disk was in the way, ask again later.
        """
        try:
            with self._committing:
                connection = sqlite3.connect(self._path, _PATIENCE_SECONDS, isolation_level=None)
                try:
                    (busy, *_) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                finally:
                    connection.close()
        except sqlite3.Error as error:
            structlog.get_logger("ldes_shok.log").warning("not_cleared", reason=str(error))
            return False
        return not busy

    def close(self) -> None:
        """End the thread; closing the last connection does the rest. Blocks."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                while self._written_bytes < self._every_bytes and not self._stopping:
                    self._changed.wait()
                if self._stopping:
                    return
                self._written_bytes = 0
            try:
                self._checkpoint()
            except sqlite3.Error as error:
                # A full disk: what is committed stays in the write-ahead log.
                structlog.get_logger("ldes_shok.log").warning("not_checkpointed", reason=str(error))

    def _checkpoint(self) -> None:
        connection = sqlite3.connect(self._path, _PATIENCE_SECONDS, isolation_level=None)
        try:
            self._copy(connection)
            with self._committing:
                self._finish(connection)
        finally:
            connection.close()

    def _copy(self, connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()

    def _finish(self, connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA wal_checkpoint(RESTART)").fetchone()
