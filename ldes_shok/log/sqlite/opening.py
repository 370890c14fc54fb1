"""Opens a log for writing, and first makes durable what the log already holds."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

from ldes_shok.errors import LogUnavailable
from ldes_shok.log.durable import sync_directory
from ldes_shok.log.identity import LogIdentity
from ldes_shok.log.sqlite.checkpoints import BACKSTOP_BYTES, CHECKPOINT_BYTES
from ldes_shok.log.sqlite.migrations import Schema, prepare
from ldes_shok.log.sqlite.one_name import check_one_name

PAGE_BYTES: Final = 8192
_CACHE_KIB: Final = 32 * 1024
_EPOCHS: Final = 1 << 31
"""SQLite's `user_version` has 31 bits."""


def open_for_writing(path: Path, identity: LogIdentity, schema: Schema) -> sqlite3.Connection:
    """The one connection that writes, with `synchronous=FULL` and a write-ahead log.

    Args:
        path: the SQLite file.
        identity: the identity that the log must have.
        schema: how an older log is brought up to date.

    Raises:
        LogMismatch: written for another public URL, with another secret, or by another schema
            version.
        LogUnavailable, sqlite3.Error: it cannot be opened, or cannot be made durable.
    """
    check_one_name(path)
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
        _use_write_ahead_log(connection, path)
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        connection.execute(f"PRAGMA wal_autocheckpoint = {BACKSTOP_BYTES // PAGE_BYTES}")
        # The growth of the file during a long read is cut off again.
        connection.execute(f"PRAGMA journal_size_limit = {CHECKPOINT_BYTES}")
        _make_durable(connection, path)
        prepare(connection, path, identity, schema)
    except BaseException:
        connection.close()
        raise
    return connection


def _use_write_ahead_log(connection: sqlite3.Connection, path: Path) -> None:
    # SQLite reports no error when this fails and keeps a journal: a power cut could undo commits.
    (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        raise LogUnavailable(f"{path}: it cannot have a write-ahead log now")


def _make_durable(connection: sqlite3.Connection, path: Path) -> None:
    """Make durable what a process that died left behind: readers see it, the disk may not have it.

    A sync may have failed, and Linux does not write those pages again
    (https://lwn.net/Articles/752063/). So the write-ahead log is copied and synced anew. SQLite
    also ignores a folder that cannot be synced; then a power cut could bring back a journal that
    undoes the log.
    """
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    try:
        sync_directory(path.parent)
    except OSError as error:
        raise LogUnavailable(f"{path.parent}: {error.strerror or error}") from error


def begin_epoch(connection: sqlite3.Connection) -> int:
    """Write the number of this opening to the header of the file; refuses every earlier writer.

    Raises:
        sqlite3.Error: it cannot be written.
    """
    connection.execute("BEGIN IMMEDIATE")
    epoch = (current_epoch(connection) + 1) % _EPOCHS
    connection.execute(f"PRAGMA user_version = {epoch}")
    connection.execute("COMMIT")
    return epoch


def current_epoch(connection: sqlite3.Connection) -> int:
    """The number of the last opening of the log."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])
