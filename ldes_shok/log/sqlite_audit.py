"""The SQLite log against itself: the file, the schema, rows, indexes and sums."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from importlib import resources
from pathlib import Path
from typing import Final

from ldes_shok.log.damage import Damage
from ldes_shok.log.sqlite_rows import SCHEMA_VERSION
from ldes_shok.log.step import Step

_MOST_REPORTS: Final = 100
_SCHEMA_QUERY: Final = (
    "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY type, name"
)


class SqliteAudit:
    """Reads a log file with a connection of its own; a service may write it meanwhile."""

    def __init__(self, path: Path, public_url: str) -> None:
        """`path` is an existing file; `public_url` what the log must be of."""
        self._path = path
        self._public_url = public_url

    def usable(self) -> Iterator[Damage | Step]:
        """SQLite's own check of the file, then the schema and whose log it is."""
        try:
            with closing(self._connect()) as connection:
                yield from self._integrity(connection)
                yield from self._schema(connection)
                yield from self._meta(connection)
        except sqlite3.DatabaseError as error:
            yield Damage(str(self._path), f"SQLite cannot read it: {error}")

    def tables(self) -> Iterator[Damage | Step]:
        """Every row that belongs to no stream alone, and how they fit together."""
        yield from ()

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(
            f"{self._path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None
        )

    def _integrity(self, connection: sqlite3.Connection) -> Iterator[Damage | Step]:
        yield Step("file", 0, 1)
        for (line,) in connection.execute(f"PRAGMA integrity_check({_MOST_REPORTS})"):
            if line != "ok":
                yield Damage(str(self._path), f"SQLite's integrity check: {line}")
        yield Step("file", 1, 1)

    def _schema(self, connection: sqlite3.Connection) -> Iterator[Damage]:
        script = resources.files("ldes_shok.log").joinpath("schema.sql").read_text("utf-8")
        with closing(sqlite3.connect(":memory:")) as ours:
            ours.executescript(script)
            expected = {row[:2]: row[2] for row in ours.execute(_SCHEMA_QUERY)}
        found = {row[:2]: row[2] for row in connection.execute(_SCHEMA_QUERY)}
        for kind, name in sorted(expected.keys() | found.keys()):
            if expected.get((kind, name)) != found.get((kind, name)):
                sentence = f"the {kind} {name} is not defined as in this release"
                yield Damage(str(self._path), sentence)

    def _meta(self, connection: sqlite3.Connection) -> Iterator[Damage]:
        meta = dict(connection.execute("SELECT name, value FROM meta"))
        expected = {"schema_version": SCHEMA_VERSION, "public_url": self._public_url}
        for name in sorted(meta.keys() | expected.keys()):
            if meta.get(name) != expected.get(name):
                sentence = f"is {meta.get(name)!r}, this release and its settings have "
                yield Damage(f"meta {name}", f"{sentence}{expected.get(name)!r}")
