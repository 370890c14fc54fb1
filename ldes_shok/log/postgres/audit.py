"""Checks of a PostgreSQL log against itself: its table sums, and the tables that are derived."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import psycopg

from ldes_shok.cabinet.instants import parse_instant
from ldes_shok.clock import to_microseconds
from ldes_shok.errors import LogDamaged, LogMismatch
from ldes_shok.log.damage import Damage, misfit
from ldes_shok.log.identity import LOG_ID
from ldes_shok.log.postgres.connection import Connection, connect_reader
from ldes_shok.log.postgres.months import year_of
from ldes_shok.log.postgres.packs import PostgresPackRow, decode_events
from ldes_shok.log.postgres.rows import member_id
from ldes_shok.log.postgres.sums import (
    TablePart,
    check_secret,
    meta,
    read_parts,
    sum_table,
    summed_tables,
)
from ldes_shok.log.table_sums import NOTHING, Changes, RowDigests
from ldes_shok.log.walk_step import Step

_ROWS_AT_ONCE: Final = 2_000
_PACKS_AT_ONCE: Final = 16
_PACKS: Final = "SELECT month, stream_id, first_number, members, body, checksum FROM pack"
_IRIS: Final = "SELECT year, iri, member_id, month, version_us, entity FROM iri WHERE month >= %s"
_IDENTITIES: Final = "SELECT year, identity FROM identity WHERE year > %s"
_NODES: Final = {
    "it is a node of no stream": (
        "SELECT stream_id, path FROM node WHERE stream_id NOT IN (SELECT id FROM stream)"
    ),
    "the node above it is missing": (
        "SELECT n.stream_id, n.path FROM node n LEFT JOIN node p"
        " ON p.stream_id = n.stream_id AND p.path = n.parent WHERE p.path IS NULL AND n.path <> ''"
    ),
    "it is not marked as what it is: archived or not": (
        "SELECT stream_id, path FROM node n WHERE (month = 0 OR month >= %s) AND archived <>"
        " EXISTS (SELECT 1 FROM page p WHERE p.stream_id = n.stream_id AND p.path = n.path)"
    ),
    "its month is not the one of its path": (
        "SELECT stream_id, path FROM node WHERE month <> CASE WHEN path ~ '^[0-9]{4}/[0-9]{2}'"
        " THEN replace(substr(path, 1, 7), '/', '')::integer ELSE 0 END"
    ),
}
_NUMBERS: Final = (
    "SELECT 'rejection', max(id) FROM rejection HAVING max(id) > (SELECT last_value FROM"
    " rejection_id) UNION SELECT 'raw', max(id) FROM raw HAVING max(id) > coalesce("
    " (SELECT pg_sequence_last_value(pg_get_serial_sequence('raw', 'id'))), 0)"
)


class PostgresAudit:
    """Reads a log with a session of its own, at one moment; a service may write it meanwhile."""

    def __init__(self, url: str, digests: RowDigests | None) -> None:
        """Connect to nothing yet.

        Args:
            url: of the log's database.
            digests: under the log's key; without it the table sums cannot be checked.
        """
        self._url = url
        self._digests = digests

    def usable(self) -> Iterator[Damage | Step]:
        """Whether the table sums themselves are what was stored."""
        if self._digests is None:
            return
        with self._moment() as connection:
            try:
                check_secret(connection, self._digests)
                self._parts(connection, self._digests)
            except (LogDamaged, LogMismatch) as error:
                yield Damage("table log_sum", str(error))

    def tables(self) -> Iterator[Damage | Step]:
        """Check every row of every table."""
        with self._moment() as connection:
            row = connection.execute("SELECT dropped_before FROM head").fetchone()
            dropped_before = row[0] if row else 0
            if row is None:
                yield Damage("table head", "its row is missing")
            if self._digests is not None:
                parts = self._parts(connection, self._digests)
                yield from _sums(connection, self._digests, parts)
                if any(0 < number < dropped_before for number in parts):
                    sentence = f"it hides months before {dropped_before} that were not dropped"
                    yield Damage("table head", sentence)
            digests = self._digests or RowDigests(b"")
            yield from _derived(
                "iri",
                _expected_iris(connection, digests, dropped_before),
                _found(connection, "iri", _IRIS, dropped_before),
            )
            yield from _derived(
                "identity",
                _expected_identities(connection, digests, dropped_before),
                _found(connection, "identity", _IDENTITIES, year_of(dropped_before)),
            )
            yield from _nodes(connection, dropped_before)
            for table, id_ in connection.execute(_NUMBERS).fetchall():
                yield Damage(f"{table} {id_}", "its number is above the last one that was given")

    def _parts(self, connection: Connection, digests: RowDigests) -> dict[int, TablePart]:
        return read_parts(connection, digests, meta(connection, LOG_ID))

    @contextmanager
    def _moment(self) -> Iterator[Connection]:
        connection = connect_reader(self._url)
        try:
            # Each table is read once and as a whole: that may take longer than a page.
            connection.execute("SET statement_timeout = 0")
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            with connection.transaction():
                yield connection
        finally:
            connection.close()


def _sums(
    connection: Connection, digests: RowDigests, parts: dict[int, TablePart]
) -> Iterator[Damage | Step]:
    tables = summed_tables(connection)
    for number, table in enumerate(tables, start=1):
        found = sum_table(connection, digests, table)
        for part in sorted(parts.keys() | found.keys()):
            kept = parts[part].sums.get(table, NOTHING) if part in parts else NOTHING
            yield from misfit(table, kept, found.get(part, NOTHING), part)
        yield Step("table sums", number, len(tables))
    for part in sorted(parts):
        for table in sorted(parts[part].sums.keys() - {*tables, "log_sum"}):
            yield Damage(f"table {table}", "it is missing")


def _derived(
    table: str, expected: Iterator[Changes | Step], found: Callable[[Changes], None]
) -> Iterator[Damage | Step]:
    """Compare derived rows with the stored ones, row for row, in two sums."""
    changes: Changes | None = None
    for item in expected:
        if isinstance(item, Step):
            yield item
        else:
            changes = item
    if changes is None:
        return
    found(changes)
    off = changes.take().get(table, NOTHING)
    if off != NOTHING:
        sentence = "its rows are not those that follow from what it is an index of"
        yield Damage(f"index {table}", sentence)


def _expected_iris(
    connection: Connection, digests: RowDigests, dropped_before: int
) -> Iterator[Changes | Step]:
    changes, done = Changes(digests), 0
    for row in _rows(connection, _PACKS + " WHERE month >= %s", dropped_before, _PACKS_AT_ONCE):
        pack = PostgresPackRow._make(row)
        try:
            members = pack.decode()
        except LogDamaged:
            continue  # reported as a finding of its own
        for number, member in enumerate(members, pack.first_number):
            changes.added(
                "iri", year_of(pack.month), member.iri, member_id(pack.stream_id, number),
                pack.month, to_microseconds(parse_instant(member.observed_at)),
                member.entity or None,
            )  # fmt: skip
        done += len(members)
        yield Step("index of IRIs", done, 0)
    yield changes


def _expected_identities(
    connection: Connection, digests: RowDigests, dropped_before: int
) -> Iterator[Changes | Step]:
    changes, last, done = Changes(digests), 0, 0
    query = "SELECT month, first_id, events, body FROM event_pack ORDER BY first_id"
    for month, first_id, events, body in _rows(connection, query, None, _PACKS_AT_ONCE):
        # The first months may have been dropped.
        if first_id != last + 1 and not (dropped_before and not last):
            raise LogDamaged(f"events {last + 1} to {first_id - 1} are missing")
        last = first_id + events - 1
        kept = decode_events(first_id, body)
        if len(kept) != events:
            raise LogDamaged(f"the events from {first_id} on are {len(kept)}, not {events}")
        for event in kept:
            if year_of(month) > year_of(dropped_before):
                changes.added("identity", year_of(month), event.identity)
        done += events
        yield Step("events", done, 0)
    yield changes


def _found(connection: Connection, table: str, query: str, least: int) -> Callable[[Changes], None]:
    def found(changes: Changes) -> None:
        for row in _rows(connection, query, least, _ROWS_AT_ONCE):
            changes.removed(table, *row)

    return found


def _nodes(connection: Connection, dropped_before: int) -> Iterator[Damage | Step]:
    for number, (sentence, query) in enumerate(_NODES.items(), start=1):
        parameters = (dropped_before,) if "%s" in query else ()
        for stream_id, path in connection.execute(query, parameters).fetchall():
            yield Damage(f"node {stream_id}:{path or '(root)'}", sentence)
        yield Step("nodes", number, len(_NODES))


def _rows(
    connection: Connection, query: str, least: int | None, at_once: int
) -> Iterator[Sequence[Any]]:
    with connection.cursor(name="audit") as cursor:
        cursor.itersize = at_once
        yield from cursor.execute(query, () if least is None else (least,))
