"""The schema of the SQLite log, and the steps that bring an older log up to it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Final

from ldes_shok.errors import LogMismatch
from ldes_shok.log.identity import FINGERPRINT, LogIdentity
from ldes_shok.log.sqlite.high_water import refuse_lost
from ldes_shok.log.sqlite.sums import check_secret, meta, restated
from ldes_shok.log.table_sums import RowDigests

Step = Callable[[sqlite3.Connection], None]
"""Changes a log of one version into a log of the next, inside a transaction."""

CLOSED_STREAMS: Final = "closed_streams"
"""The name in `meta` of the list of streams that keep what an earlier rule published."""

SUMMED_FROM: Final = 5
"""The first version in which tables have sums."""

_FIRST_SCRIPT: Final = "schema.sql"
_FIRST_VERSION: Final = 2
"""Version 1 was never in a release."""


@dataclass(frozen=True, slots=True)
class Schema:
    """A version of the schema, and how to get there.

    Attributes:
        steps: the first changes version 2 to 3, the second 3 to 4, and so on. A step that was in a
            release is never changed. `schema.sql` makes version 2, and a new log takes all the
            steps after that.
    """

    steps: tuple[Step, ...] = ()

    @property
    def version(self) -> int:
        """The version that this service reads and writes."""
        return _FIRST_VERSION + len(self.steps)


def _run_script(name: str) -> Step:
    def step(connection: sqlite3.Connection) -> None:
        # Not `executescript`: that would commit the transaction that the step is in.
        for statement in _statements(_script(name)):
            connection.execute(statement)

    return step


SCHEMA: Final = Schema(
    (_run_script("schema_3.sql"), _run_script("schema_4.sql"), _run_script("schema_5.sql"))
)


def prepare(
    connection: sqlite3.Connection, path: Path, identity: LogIdentity, schema: Schema
) -> None:
    """Make the tables of a new log, or bring the tables of an older log up to date.

    Raises:
        LogDamaged: the table sums are not what was stored.
        LogMismatch: the log was there and is gone; or it was written by a newer version, by a
            version that was never released, for another public URL, or with another secret.
    """
    public_url = identity.public_url
    if not _has_tables(connection):
        refuse_lost(path)
        connection.executescript(f"BEGIN IMMEDIATE;\n{_script(_FIRST_SCRIPT)}")
        for step in schema.steps:
            step(connection)
        connection.executemany(
            "INSERT INTO meta VALUES (?, ?)",
            [("schema_version", str(schema.version)), ("public_url", public_url)],
        )
        connection.execute("COMMIT")
    written_for = meta(connection, "public_url")
    if written_for != public_url:
        raise LogMismatch(
            f"{path}: this log was written with public_url {written_for}, not {public_url}; its "
            "members carry that in their IRIs: use the same setting, or another log"
        )
    version = _usable_version(connection, path, schema)
    digests = RowDigests(identity.secret)
    if is_bound := bool(meta(connection, FINGERPRINT)):
        check_secret(connection, str(path), digests)
    for number, step in enumerate(schema.steps[version - _FIRST_VERSION :], version + 1):
        _take(connection, step, number, digests if is_bound else None)


def create_tables(connection: sqlite3.Connection, schema: Schema = SCHEMA) -> None:
    """Create the tables of a log, without rows, in an empty database."""
    connection.executescript(_script(_FIRST_SCRIPT))
    for step in schema.steps:
        step(connection)


def check_version(connection: sqlite3.Connection, path: Path, schema: Schema) -> None:
    """Check that a reader of this version can read the log.

    Raises:
        LogMismatch: another version wrote the log.
    """
    version = _usable_version(connection, path, schema)
    if version < schema.version:
        raise LogMismatch(
            f"{path}: this log has schema version {version}, this version reads "
            f"{schema.version}: start the service once, it brings the log up to date"
        )


def _take(
    connection: sqlite3.Connection, step: Step, version: int, digests: RowDigests | None
) -> None:
    def change() -> None:
        step(connection)
        connection.execute(
            "UPDATE meta SET value = ? WHERE name = 'schema_version'", (str(version),)
        )

    connection.execute("BEGIN IMMEDIATE")
    try:
        if digests is None:
            change()
        else:
            restated(connection, digests, change)
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _usable_version(connection: sqlite3.Connection, path: Path, schema: Schema) -> int:
    written = meta(connection, "schema_version")
    if not written.isascii() or not written.isdigit():
        raise LogMismatch(f"{path}: its schema version is {written!r}: this log is damaged")
    version = int(written)
    if version < _FIRST_VERSION:
        raise LogMismatch(
            f"{path}: this log has schema version {version}, which was never in a release: ingest "
            "its events into a new log"
        )
    if version > schema.version:
        raise LogMismatch(
            f"{path}: this log has schema version {version}, written by a newer version of "
            f"ldes-shok; this one knows up to {schema.version}: use the newer one"
        )
    return version


def _script(name: str) -> str:
    return resources.files("ldes_shok.log.sqlite").joinpath(name).read_text("utf-8")


def _statements(script: str) -> Iterator[str]:
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _has_tables(connection: sqlite3.Connection) -> bool:
    query = "SELECT count(*) FROM sqlite_schema WHERE name = 'meta'"
    return bool(connection.execute(query).fetchone()[0])
