"""Damage of every kind that SQL can do to a log, chosen by chance from the schema itself.

Whoever plants it knows how CRCs are made, and makes them fit; the key is all that he has not.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, Final, Protocol

import psycopg
from psycopg import sql

from ldes_shok.log.checksum import checksum
from ldes_shok.log.pack import pack_checksum
from ldes_shok.log.postgres.rows import member_id
from ldes_shok.log.sqlite.events import event_checksum, event_record

Row = dict[str, Any]
_SEVERAL: Final = 3
_TRIES: Final = 1_000
_REFUSED: Final = (sqlite3.IntegrityError, psycopg.errors.IntegrityError, psycopg.errors.DataError)


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its columns, and those of them that name a row."""

    name: str
    columns: tuple[str, ...]
    keys: tuple[str, ...]


class Database(Protocol):
    """A log that is open to whoever damages it."""

    def tables(self) -> list[Table]:
        """All tables that the log has."""
        ...

    def run(self, statement: str, values: Sequence[object] = ()) -> list[Any]:
        """A statement with question marks; its rows, if it has any."""
        ...

    def fits(self, table: Table, row: Row) -> Row:
        """The row with the checksum that belongs to it."""
        ...

    def damage_index(self, chance: Random) -> str:
        """Make an index tell of rows that are not there; empty if that cannot be done."""
        ...


def plant(database: Database, chance: Random) -> str:
    """Do one kind of damage to one table; returns what was done.

    Every kind is equally likely, then every table that has what it takes.
    """
    for _ in range(_TRIES):
        kind = chance.choice(_KINDS)
        tables = database.tables()
        table = chance.choice(tables)
        rows = _rows(database, table)
        before = sorted(map(repr, rows))
        database.run("BEGIN")
        try:
            said = kind(database, table, rows, chance)
            if said and (kind is _index or sorted(map(repr, _rows(database, table))) != before):
                database.run("COMMIT")
                return f"{table.name}: {said}"
        except _REFUSED:
            pass
        database.run("ROLLBACK")
    raise AssertionError("nothing could be damaged")


def _delete(database: Database, table: Table, rows: list[Row], chance: Random) -> str:
    if not rows:
        return ""
    gone = chance.sample(rows, min(len(rows), chance.choice((1, 1, _SEVERAL))))
    for row in gone:
        _remove(database, table, row)
    return f"{len(gone)} rows deleted, {_named(table, gone[0])} among them"


def _cut(database: Database, table: Table, rows: list[Row], chance: Random) -> str:
    if not rows:
        return ""
    rows.sort(key=lambda row: [str(row[k]).rjust(40) for k in table.keys])
    gone = rows[-chance.randint(1, min(_SEVERAL, len(rows))) :]
    for row in gone:
        _remove(database, table, row)
    return f"the last {len(gone)} rows cut off"


def _empty(database: Database, table: Table, rows: list[Row], chance: Random) -> str:
    del chance
    database.run(f"DELETE FROM {table.name}")  # noqa: S608
    return "emptied" if rows else ""


def _change(database: Database, table: Table, rows: list[Row], chance: Random) -> str:
    if not rows:
        return ""
    row, column = chance.choice(rows), chance.choice(table.columns)
    _replace(database, table, row, {**row, column: _other(row[column], chance)})
    return f"{column} of {_named(table, row)} changed"


def _borrow(database: Database, table: Table, rows: list[Row], chance: Random) -> str:
    if len(rows) <= 1:
        return ""
    (row, other), column = chance.sample(rows, 2), chance.choice(table.columns)
    _replace(database, table, row, {**row, column: other[column]})
    return f"{column} of {_named(table, row)} is that of {_named(table, other)}"


def _swap(database: Database, table: Table, rows: list[Row], chance: Random) -> str:
    if len(rows) <= 1:
        return ""
    one, two = chance.sample(rows, 2)
    for row in (one, two):
        _remove(database, table, row)
    for row, other in ((one, two), (two, one)):
        keys = {key: row[key] for key in table.keys}
        _insert(database, table, {**other, **keys})
    return f"{_named(table, one)} and {_named(table, two)} swapped"


def _copy(database: Database, table: Table, rows: list[Row], chance: Random) -> str:
    if not rows:
        return ""
    row, key = chance.choice(rows), chance.choice(table.keys)
    _insert(database, table, {**row, key: _other(row[key], chance)})
    return f"{_named(table, row)} copied"


def _index(database: Database, table: Table, rows: list[Row], chance: Random) -> str:
    del table, rows
    return database.damage_index(chance)


_KINDS: Final = (_delete, _cut, _empty, _change, _borrow, _swap, _copy, _index)


def _rows(database: Database, table: Table) -> list[Row]:
    found = database.run(f"SELECT {', '.join(table.columns)} FROM {table.name}")  # noqa: S608
    return [dict(zip(table.columns, row, strict=True)) for row in found]


def _named(table: Table, row: Row) -> str:
    return "/".join(str(row[key]) for key in table.keys)


def _remove(database: Database, table: Table, row: Row) -> None:
    where = " AND ".join(f"{key} = ?" for key in table.keys)
    values = [row[key] for key in table.keys]
    database.run(f"DELETE FROM {table.name} WHERE {where}", values)  # noqa: S608


def _insert(database: Database, table: Table, row: Row) -> None:
    row = database.fits(table, row)
    marks = ", ".join("?" * len(table.columns))
    columns = ", ".join(table.columns)
    statement = f"INSERT INTO {table.name} ({columns}) VALUES ({marks})"  # noqa: S608
    database.run(statement, [row[column] for column in table.columns])


def _replace(database: Database, table: Table, old: Row, new: Row) -> None:
    _remove(database, table, old)
    _insert(database, table, new)


def _other(value: object, chance: Random) -> object:
    match value:
        case bool():
            return not value
        case int():
            return max(0, value + chance.choice((-1, 1, 60_000)))
        case str():
            return _spoiled(value, chance, "0")
        case bytes():
            return _spoiled(value, chance, b"0")
        case _:
            return value


def _spoiled(value: Any, chance: Random, more: Any) -> Any:
    at = chance.randrange(len(value) + 1)
    return chance.choice((value[:at] + more + value[at:], value[:at] + value[at + 1 :], value[:0]))


class SqliteFile:
    """A log in a file."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("PRAGMA foreign_keys = OFF")

    def close(self) -> None:
        self._connection.close()

    def tables(self) -> list[Table]:
        query = (
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%'"
            " ESCAPE '\\' ORDER BY name"
        )
        return [self._table(name) for (name,) in self.run(query)]

    def run(self, statement: str, values: Sequence[object] = ()) -> list[Any]:
        return self._connection.execute(statement, values).fetchall()

    def fits(self, table: Table, row: Row) -> Row:
        if "checksum" not in table.columns:
            return row
        return {**row, "checksum": _CRCS[table.name](self, row)}

    def damage_index(self, chance: Random) -> str:
        query = "SELECT name, rootpage FROM sqlite_schema WHERE type = 'index' ORDER BY name"
        (one, page), (two, other) = chance.sample(self.run(query), 2)
        with closing(self._connection.cursor()) as cursor:
            cursor.execute("PRAGMA writable_schema = ON")
            change = "UPDATE sqlite_schema SET rootpage = ? WHERE name = ?"
            cursor.executemany(change, [(other, one), (page, two)])
        return f"the indexes {one} and {two} swapped"

    def _table(self, name: str) -> Table:
        info = self.run(f"PRAGMA table_info({name})")
        keys = tuple(column for _, column, *_, key in info if key)
        return Table(name, tuple(column for _, column, *_ in info), keys)


def _crc(*columns: str) -> Callable[[SqliteFile, Row], int]:
    return lambda _, row: checksum(*(row[column] for column in columns))


def _event_crc(file: SqliteFile, row: Row) -> int:
    origin = file.run("SELECT tenant, kind, source FROM origin WHERE id = ?", [row["origin_id"]])
    tenant, kind, source = origin[0] if origin else ("", "", "")
    said = (
        row["id"], tenant, row["key"], row["digest"], row["identity"], kind, source,
        row["cabinet"], row["received_ms"], row["payload"], 0, None, "", "", "", 0,
    )  # fmt: skip
    return event_checksum(event_record(said))


_CRCS: Final[Mapping[str, Callable[[SqliteFile, Row], int]]] = {
    "event": _event_crc,
    "memory": _crc("source", "subject", "value"),
    "pack": lambda _, row: pack_checksum(row["id"], row["members"], row["body"]),
    "page": _crc("stream_id", "path", "form", "gzip"),
    "quarantine": _crc("event_id", "code", "reason", "stream", "report"),
    "raw": _crc("id", "digest", "source", "received_ms", "body"),
    "rejection": _crc("source", "received_ms", "reason", "payload"),
    "sealed_head": _crc("stream_id", "path", "form", "prefix", "suffix"),
    "state": _crc("tenant", "cabinet", "value"),
    "stream": _crc(
        "id", "name", "members", "last_ms", "ties", "previous_members", "policies"
    ),
    "tally": _crc("source", "outcome", "events"),
}  # fmt: skip


class PostgresDatabase:
    """A log in a database of its own."""

    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(url, autocommit=True)

    def close(self) -> None:
        self._connection.close()

    def tables(self) -> list[Table]:
        query = (
            "SELECT relname, array_agg(attname ORDER BY attnum), array_agg(attname) FILTER"
            " (WHERE attnum = ANY(indkey)) FROM pg_class"
            " JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped"
            " JOIN pg_index ON indrelid = pg_class.oid AND indisprimary"
            " WHERE relnamespace = 'public'::regnamespace AND NOT relispartition"
            " AND relkind IN ('r', 'p') AND relname NOT IN ('head', 'lease')"
            " GROUP BY relname ORDER BY relname"
        )
        # These count elections and commits for whoever is connected; they tell nothing of the log.
        return [Table(n, tuple(columns), tuple(keys)) for n, columns, keys in self.run(query)]

    def run(self, statement: str, values: Sequence[object] = ()) -> list[Any]:
        # It gives the numbers of `raw` itself, unless it is overruled.
        text = statement.replace(") VALUES (", ") OVERRIDING SYSTEM VALUE VALUES (")
        text = text.replace("?", "%s")
        cursor = self._connection.execute(text.encode(), values or None, binary=True)
        return cursor.fetchall() if cursor.description else []

    def fits(self, table: Table, row: Row) -> Row:
        if table.name != "pack":
            return row
        first = member_id(row["stream_id"], row["first_number"])
        return {**row, "checksum": pack_checksum(first, row["members"], row["body"])}

    def damage_index(self, chance: Random) -> str:
        del chance
        return ""


def copied_database(server_url: str, template: str, name: str) -> None:
    """A database as another one is now."""
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )


def unexplained(names: Iterable[str]) -> set[str]:
    """Tables with a checksum that the planter cannot make fit: a new one belongs above."""
    return set(names) - _CRCS.keys()
