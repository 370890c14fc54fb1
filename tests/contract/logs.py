"""The stores that keep a log, each behind the same few functions.

A store joins by adding a factory to `FACTORIES`: every test of the contract then runs on it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, Protocol

from ldes_shok.log.base import LogReader, LogWriter
from ldes_shok.log.sqlite_reader import SqliteLogReader
from ldes_shok.log.sqlite_writer import SqliteLogWriter


class Store(Protocol):
    """Where one log is, and who opens it."""

    def writer(self, public_url: str) -> LogWriter:
        """Open or create the log for writing."""
        ...

    def reader(self, public_url: str) -> LogReader:
        """Open the log for reading."""
        ...

    def damage(self) -> None:
        """Make the store unreadable for whoever opens it next."""
        ...


class SqliteStore:
    """A log in a file."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / "folder" / "log.db"

    def writer(self, public_url: str) -> SqliteLogWriter:
        return SqliteLogWriter(self._path, public_url)

    def reader(self, public_url: str) -> SqliteLogReader:
        return SqliteLogReader(self._path, public_url)

    def damage(self) -> None:
        self._path.parent.mkdir(exist_ok=True)
        self._path.write_bytes(b"this is no database" * 1000)


FACTORIES: Final[Mapping[str, Callable[[Path], Store]]] = {"sqlite": SqliteStore}
