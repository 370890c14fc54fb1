"""The table sums of an SQLite log: triggers report every row that a commit changes.

The triggers are made from the schema, on the writer's connection alone. A new table gets its sum
without further code, and code that writes rows does not deal with sums.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any, Final

from ldes_shok.errors import LogDamaged
from ldes_shok.log.identity import FINGERPRINT, LOG_ID, refuse_secret
from ldes_shok.log.sqlite.high_water import HighWater
from ldes_shok.log.sqlite.packs import next_id
from ldes_shok.log.sqlite.rows import first, select, stream_range
from ldes_shok.log.table_sums import (
    NOTHING,
    WAY_OUT,
    Changes,
    RowDigests,
    Sums,
    TableSum,
    added_up,
    decode_sums,
    encode_sums,
    is_same,
    without,
)

DERIVED: Final = frozenset({"iri", "version", "node", "log_sum"})
"""Tables without a sum: they follow from members, and `fsck` derives them again."""


_NUMBERED: Final = ("event", "rejection", "origin", "template")
"""Tables whose rows are numbered from 1 on, and never deleted."""

_FEW: Final = ("stream", "meta")
"""Tables of a few rows, which the other tables refer to."""


class SqliteSums:
    """The table sums, as one connection changes them."""

    def __init__(self, connection: sqlite3.Connection, digests: RowDigests) -> None:
        """Install the triggers; `open` or `begin` comes next."""
        self._connection = connection
        self._digests = digests
        self._changes = Changes(digests)
        self._log_id = meta(connection, LOG_ID)
        self._sums: Sums = {}
        self.commits = 0
        self.digest = b""
        self._follow()

    def open(self) -> None:
        """Read the stored sums: at the start, and after a commit that was not stored.

        Raises:
            LogDamaged: they are not what was stored.
        """
        self._changes.take()
        self.commits, encoded, self.digest = read_head(
            self._connection, self._digests, self._log_id
        )
        self._sums = decode_sums(encoded)

    @property
    def seen(self) -> HighWater:
        """How far the log is."""
        return HighWater(self._log_id, self.commits, self.digest.hex())

    def check_ends(self) -> None:
        """Check that no table lost its last rows. This is a quick look at each; `fsck` checks all.

        Raises:
            LogDamaged: a table lost its last rows.
        """
        for table in _NUMBERED:
            query = f"SELECT coalesce(max(id), 0) FROM {table}"  # noqa: S608  constants
            (last,) = first(self._connection, query)
            written = self._sums.get(table, NOTHING).rows
            if last != written:
                raise LogDamaged(
                    f"the log is damaged: {written} rows of {table} were written, and the last one "
                    f"is {last}; {WAY_OUT}"
                )
        for table in _FEW:
            if sum_table(self._connection, self._digests, table) != self._sums.get(table, NOTHING):
                raise LogDamaged(f"the log is damaged: {table} is not what was written; {WAY_OUT}")
        for id_, name, members in select(self._connection, "SELECT id, name, members FROM stream"):
            start, end = stream_range(id_)
            if next_id(self._connection, start, end) != start + members:
                raise LogDamaged(
                    f"the log is damaged: {members} members of {name} were written, and the last "
                    f"ones are not there; {WAY_OUT}"
                )

    def begin(self) -> None:
        """Sum up the present rows of a new log, or after an upgrade, within a transaction."""
        self._connection.execute(
            "INSERT OR REPLACE INTO meta VALUES (?, ?)",
            (FINGERPRINT, self._digests.fingerprint(self._log_id)),
        )
        self._changes.take()
        self._sums = sum_up(self._connection, self._digests)
        self._write()

    def store(self) -> None:
        """Add the transaction's changes before its commit; without changes it is no commit."""
        changed = self._changes.take()
        if not changed:
            return
        self._sums = added_up(self._sums, changed)
        self._write()

    def _write(self) -> None:
        self.commits += 1
        encoded = encode_sums(self._sums)
        self.digest = write_head(
            self._connection, self._digests, self._log_id, self.commits, encoded
        )

    def _follow(self) -> None:
        connection, changes = self._connection, self._changes
        # Without this setting no trigger runs for a row that REPLACE replaces.
        connection.execute("PRAGMA recursive_triggers = ON")
        for table in summed_tables(connection):
            columns = columns_of(connection, table)
            old, new = (_values(columns, f"{which}.") for which in ("OLD", "NEW"))
            for event, function, given in (
                ("INSERT", _added(changes, table), new),
                ("DELETE", _removed(changes, table), old),
                ("UPDATE", _replaced(changes, table, len(columns)), f"{old}, {new}"),
            ):
                name = f"sum_{event.lower()}_{table}"
                connection.create_function(name, -1, function)
                connection.execute(
                    f"CREATE TEMP TRIGGER {name} AFTER {event} ON main.{table}"
                    f" BEGIN SELECT {name}({given}); END"
                )


def summed_tables(connection: sqlite3.Connection) -> list[str]:
    """The tables that have a sum, by name."""
    query = (
        "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%'"
        " ESCAPE '\\' ORDER BY name"
    )
    return [name for (name,) in select(connection, query) if name not in DERIVED]


def columns_of(connection: sqlite3.Connection, table: str) -> list[tuple[str, str]]:
    """Name and type of each column, in order."""
    rows = select(connection, f"PRAGMA main.table_info({table})")
    return [(str(name), str(kind)) for _, name, kind, *_ in rows]


def sum_up(connection: sqlite3.Connection, digests: RowDigests) -> dict[str, TableSum]:
    """The sums of the present rows of every table, read one by one.

    Raises:
        LogUnavailable: they cannot be read.
    """
    return {table: sum_table(connection, digests, table) for table in summed_tables(connection)}


def sum_table(connection: sqlite3.Connection, digests: RowDigests, table: str) -> TableSum:
    """The sum of the present rows of a table."""
    values = _values(columns_of(connection, table))
    rows, whole = 0, 0
    for row in connection.execute(f"SELECT {values} FROM main.{table}"):  # noqa: S608
        rows += 1
        whole += digests.row(table, *row)
    return NOTHING.plus(TableSum(rows, whole))


def read_head(
    connection: sqlite3.Connection, digests: RowDigests, log_id: str
) -> tuple[int, bytes, bytes]:
    """The number of commits, the encoded table sums after them, and their digest.

    Raises:
        LogDamaged: the digest does not fit.
    """
    row = first(connection, "SELECT commits, sums, digest FROM log_sum WHERE part = 0")
    if row is None:
        raise LogDamaged(f"the log is damaged: what its tables add up to is gone; {WAY_OUT}")
    commits, encoded, digest = row
    if not is_same(digests.head(log_id, 0, commits, encoded), digest):
        raise LogDamaged(f"the log is damaged: what its tables add up to was changed; {WAY_OUT}")
    return commits, encoded, digest


def check_secret(connection: sqlite3.Connection, place: str, digests: RowDigests) -> None:
    """Check that a log was written with this secret.

    Raises:
        LogMismatch: it was written with another secret.
    """
    log_id = meta(connection, LOG_ID)
    try:
        read_head(connection, digests, log_id)
    except LogDamaged:
        # Otherwise the fingerprint is damaged: the sum of the table `meta` is wrong.
        refuse_secret(place, meta(connection, FINGERPRINT), digests.fingerprint(log_id))


def write_head(
    connection: sqlite3.Connection, digests: RowDigests, log_id: str, commits: int, encoded: bytes
) -> bytes:
    """The inverse of `read_head`; returns the digest."""
    digest = digests.head(log_id, 0, commits, encoded)
    connection.execute(
        "INSERT INTO log_sum VALUES (0, ?, ?, ?) ON CONFLICT (part) DO UPDATE SET"
        " commits = excluded.commits, sums = excluded.sums, digest = excluded.digest",
        (commits, encoded, digest),
    )
    return digest


def restated(
    connection: sqlite3.Connection, digests: RowDigests, change: Callable[[], None]
) -> None:
    """Change tables or columns within a transaction, and adapt the sums.

    Sums that were wrong before stay wrong.
    """
    log_id = meta(connection, LOG_ID)
    commits, encoded, _ = read_head(connection, digests, log_id)
    off = without(decode_sums(encoded), sum_up(connection, digests))
    change()
    now = added_up(sum_up(connection, digests), off)
    write_head(connection, digests, log_id, commits + 1, encode_sums(now))


def meta(connection: sqlite3.Connection, name: str) -> str:
    """A value of `meta`; empty if there is none."""
    row = first(connection, "SELECT value FROM main.meta WHERE name = ?", (name,))
    return str(row[0]) if row else ""


def _values(columns: list[tuple[str, str]], prefix: str = "") -> str:
    """Columns as they are summed: texts as bytes, so that an invalid text can be summed too."""
    return ", ".join(
        f"CAST({prefix}{name} AS BLOB)" if kind == "TEXT" else f"{prefix}{name}"
        for name, kind in columns
    )


def _added(changes: Changes, table: str) -> Callable[..., None]:
    return lambda *values: changes.added(table, *values)


def _removed(changes: Changes, table: str) -> Callable[..., None]:
    return lambda *values: changes.removed(table, *values)


def _replaced(changes: Changes, table: str, columns: int) -> Callable[..., None]:
    def replaced(*values: Any) -> None:
        if values[:columns] != values[columns:]:
            changes.removed(table, *values[:columns])
            changes.added(table, *values[columns:])

    return replaced
