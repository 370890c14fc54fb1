"""One bit of a stored log, flipped: in a value, as SQL gives it, or in a byte of the file."""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from random import Random

from ldes_shok.log.sqlite.wal import read_wal

_BITS_OF_INTEGER = 63
_WAL_HEADER_BYTES = 32
_WAL_FRAME_HEADER_BYTES = 24


@dataclass(frozen=True, slots=True)
class Flip:
    """What was flipped, for the report of a test."""

    where: str
    bit: int


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table, and the columns that name its rows."""

    table: str
    name: str
    keys: tuple[str, ...]


def columns_of(log: Path) -> list[Column]:
    """Every column of every table."""
    with closing(sqlite3.connect(log)) as connection:
        return [column for table in _tables(connection) for column in _columns(connection, table)]


def empty_tables(log: Path) -> list[str]:
    """The tables in which nothing can be flipped."""
    with closing(sqlite3.connect(log)) as connection:
        return [table for table in _tables(connection) if not _rows_of(connection, table)]


def flip_value(log: Path, chance: Random) -> Flip:
    """Flip a bit of a value: every table, then every row, column and bit is equally likely."""
    with closing(sqlite3.connect(log, isolation_level=None)) as connection:
        tables = [table for table in _tables(connection) if _rows_of(connection, table)]
        while True:
            column = chance.choice(_columns(connection, chance.choice(tables)))
            row = chance.randrange(_rows_of(connection, column.table))
            flip = _flip(connection, column, row, chance.randrange)
            if flip is not None:
                return flip


def flip_column(log: Path, column: Column, *, last: bool) -> Flip | None:
    """Flip the lowest bit of a column, or the highest, in a row where it has a value."""
    with closing(sqlite3.connect(log, isolation_level=None)) as connection:
        for row in range(_rows_of(connection, column.table)):
            flip = _flip(connection, column, row, lambda bits: bits - 1 if last else 0)
            if flip is not None:
                return flip
    return None


def flip_byte(log: Path, chance: Random) -> Flip:
    """Flip a bit of the file that makes a difference to SQLite.

    A file has bytes that nobody reads: free ones, and what is left of deleted rows. A flip that
    leaves every row, the schema and SQLite's own check as they were is taken back.
    """
    sound = log.read_bytes()
    before = _all_that_it_says(log)
    while True:
        content = bytearray(sound)
        offset, bit = chance.randrange(len(content)), chance.randrange(8)
        content[offset] ^= 1 << bit
        log.write_bytes(content)
        if _all_that_it_says(log) != before:
            return Flip(f"byte {offset}", bit)


def _tables(connection: sqlite3.Connection) -> list[str]:
    # SQLite's own table of the numbers that were given has no key, and the log does not read it.
    query = (
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        " ORDER BY name"
    )
    return [name for (name,) in connection.execute(query)]


def _rows_of(connection: sqlite3.Connection, table: str) -> int:
    (rows,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608
    return int(rows)


def _columns(connection: sqlite3.Connection, table: str) -> list[Column]:
    info = connection.execute(f"PRAGMA table_info({table})").fetchall()
    keys = tuple(name for _, name, _, _, _, key in info if key)
    return [Column(table, name, keys) for _, name, *_ in info]


def _flip(
    connection: sqlite3.Connection, column: Column, row: int, choose: Callable[[int], int]
) -> Flip | None:
    """Flip the bit that `choose` names; None where there is none, or SQLite refuses the row."""
    table, name = column.table, column.name
    key = connection.execute(
        f"SELECT {', '.join(column.keys)} FROM {table} LIMIT 1 OFFSET ?",  # noqa: S608
        (row,),
    ).fetchone()
    where = " AND ".join(f"{part} = ?" for part in column.keys)
    kind, value = connection.execute(
        f"SELECT typeof({name}), CAST({name} AS BLOB) FROM {table} WHERE {where}",  # noqa: S608
        key,
    ).fetchone()
    if not value:
        return None
    if kind == "integer":
        bit = choose(_BITS_OF_INTEGER)
        new: object = int(value) ^ (1 << bit)
    else:
        bit = choose(len(value) * 8)
        content = bytearray(value)
        content[bit // 8] ^= 1 << bit % 8
        new = bytes(content)
    given = "CAST(? AS TEXT)" if kind == "text" else "?"
    try:
        connection.execute(
            f"UPDATE {table} SET {name} = {given} WHERE {where}",  # noqa: S608
            (new, *key),
        )
    except sqlite3.IntegrityError:
        return None
    return Flip(f"{table}.{name} of {key}", bit)


def _all_that_it_says(log: Path) -> object:
    try:
        with closing(sqlite3.connect(f"{log.as_uri()}?immutable=1", uri=True)) as connection:
            connection.text_factory = bytes
            said = list(_rows(connection))
            return said, connection.execute("PRAGMA integrity_check(1)").fetchall()
    except (sqlite3.Error, UnicodeDecodeError) as error:
        return str(error)


def _rows(connection: sqlite3.Connection) -> Iterator[object]:
    schema = connection.execute("SELECT type, name, sql FROM sqlite_schema").fetchall()
    yield schema
    for kind, name, _ in schema:
        if kind == b"table":
            query = f'SELECT * FROM "{name.decode()}"'  # noqa: S608
            yield connection.execute(query).fetchall()


def bytes_before_the_last_commits(wal: Path, commits: int) -> int:
    """Where the last so many commits of a sound write-ahead log begin.

    Format: https://www.sqlite.org/fileformat2.html#the_write_ahead_log
    """
    state, content = read_wal(wal), wal.read_bytes()
    assert state is not None
    (page_bytes,) = struct.unpack_from(">I", content, 8)
    frame_bytes = _WAL_FRAME_HEADER_BYTES + page_bytes
    starts = [_WAL_HEADER_BYTES + number * frame_bytes for number in range(state.frames)]
    ends = [s + frame_bytes for s in starts if struct.unpack_from(">I", content, s + 4)[0]]
    return int(ends[-1 - commits])
