"""The stores that keep a log, each behind the same few functions.

A store joins by adding a factory to `FACTORIES`: every test of the contract then runs on it.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import Final, Protocol

import psycopg
from psycopg import conninfo, sql

from ldes_shok.log.audit.table_sums import audit_table_sums
from ldes_shok.log.base import LogReader, LogWriter
from ldes_shok.log.damage import Damage
from ldes_shok.log.postgres.audit import PostgresAudit
from ldes_shok.log.postgres.migrations import steps
from ldes_shok.log.postgres.reader import PostgresLogReader
from ldes_shok.log.postgres.repair import postgres_repair
from ldes_shok.log.postgres.writer import PostgresLogWriter
from ldes_shok.log.pulse import Pulse
from ldes_shok.log.repair import LogRepair
from ldes_shok.log.sqlite.migrations import SCHEMA, Schema
from ldes_shok.log.sqlite.reader import SqliteLogReader
from ldes_shok.log.sqlite.repair import sqlite_repair
from ldes_shok.log.sqlite.writer import SqliteLogWriter
from ldes_shok.log.table_sums import RowDigests
from tests.contract.examples import BASE
from tests.support.logs import SECRET, identity_of
from tests.support.postgres import SERVER_VARIABLE, new_database


class Store(Protocol):
    """Where one log is, and who opens it."""

    def writer(self, public_url: str) -> LogWriter:
        """Open or create the log for writing."""
        ...

    def writer_of_before(self, public_url: str) -> LogWriter:
        """Create the log as the version before the keys of periods did."""
        ...

    def reader(self, public_url: str) -> LogReader:
        """Open the log for reading."""
        ...

    def holds(self, text: bytes) -> bool:
        """Whether these bytes stand anywhere in its files."""
        ...

    def misfits(self) -> list[str]:
        """What does not add up in it, or does not follow; it must not be open for writing."""
        ...

    def damage(self) -> None:
        """Make the store unreadable for whoever opens it next."""
        ...

    def change(self, statement: str) -> None:
        """Change rows behind the back of the log."""
        ...

    def repair(self) -> AbstractContextManager[LogRepair]:
        """Its repair, for which states are the same that are equal but for their case."""
        ...


class SqliteStore:
    """A log in a file."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / "folder" / "log.db"
        self._pulse = Pulse()

    def writer(self, public_url: str) -> SqliteLogWriter:
        return SqliteLogWriter(self._path, identity_of(public_url), pulse=self._pulse)

    def writer_of_before(self, public_url: str) -> SqliteLogWriter:
        return SqliteLogWriter(self._path, identity_of(public_url), Schema(SCHEMA.steps[:1]))

    def reader(self, public_url: str) -> SqliteLogReader:
        return SqliteLogReader(self._path, public_url, pulse=self._pulse)

    def holds(self, text: bytes) -> bool:
        return any(text in file.read_bytes() for file in self._path.parent.iterdir())

    def misfits(self) -> list[str]:
        with closing(sqlite3.connect(self._path, isolation_level=None)) as connection:
            items = list(audit_table_sums(connection, RowDigests(SECRET)))
        return [f"{i.place}: {i.sentence}" for i in items if isinstance(i, Damage)]

    def damage(self) -> None:
        self._path.parent.mkdir(exist_ok=True)
        self._path.write_bytes(b"this is no database" * 1000)

    def change(self, statement: str) -> None:
        with closing(sqlite3.connect(self._path, isolation_level=None)) as connection:
            connection.execute(statement)

    def repair(self) -> AbstractContextManager[LogRepair]:
        return sqlite_repair(self._path, identity_of(BASE), _is_alike)


class PostgresStore:
    """A log in a database of its own, on the server of the test session."""

    def __init__(self, directory: Path) -> None:
        # Another process that is given the directory finds the database.
        noted = directory / "database.url"
        if not noted.exists():
            noted.write_text(new_database(os.environ[SERVER_VARIABLE]))
        self.url = noted.read_text()
        self._pulse = Pulse()

    def writer(self, public_url: str) -> PostgresLogWriter:
        return PostgresLogWriter(self.url, identity_of(public_url), pulse=self._pulse)

    def writer_of_before(self, public_url: str) -> PostgresLogWriter:
        return PostgresLogWriter(self.url, identity_of(public_url), schema_steps=steps()[:2])

    def reader(self, public_url: str) -> PostgresLogReader:
        return PostgresLogReader(self.url, public_url, pulse=self._pulse)

    def holds(self, text: bytes) -> bool:
        """In the files of its tables, not in the write-ahead log of the server."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("CHECKPOINT")
            row = connection.execute(
                "SELECT current_setting('data_directory'), oid FROM pg_database"
                " WHERE datname = current_database()"
            ).fetchone()
        assert row is not None
        files = (Path(row[0]) / "base" / str(row[1])).iterdir()
        return any(text in file.read_bytes() for file in files)

    def misfits(self) -> list[str]:
        audit = PostgresAudit(self.url, RowDigests(SECRET))
        items = [*audit.usable(), *audit.tables()]
        # The nodes of these tests have none above them.
        damages = [i for i in items if isinstance(i, Damage) and not i.place.startswith("node")]
        return [f"{i.place}: {i.sentence}" for i in damages]

    def damage(self) -> None:
        name = str(conninfo.conninfo_to_dict(self.url)["dbname"])
        refuse = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(sql.Identifier(name))
        with psycopg.connect(os.environ[SERVER_VARIABLE], autocommit=True) as connection:
            connection.execute(refuse)

    def change(self, statement: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement.encode())

    def repair(self) -> AbstractContextManager[LogRepair]:
        return postgres_repair(self.url, identity_of(BASE), _is_alike)


def _is_alike(one: bytes, other: bytes) -> bool:
    return one.lower() == other.lower()


FACTORIES: Final[Mapping[str, Callable[[Path], Store]]] = {
    "sqlite": SqliteStore,
    "postgres": PostgresStore,
}
