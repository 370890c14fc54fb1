"""Repair of a PostgreSQL log by its only writer: rebuilds rows that follow from other rows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from ldes_shok.cabinet.instants import parse_instant
from ldes_shok.clock import to_microseconds
from ldes_shok.errors import LogDamaged
from ldes_shok.ldes.node import Node
from ldes_shok.log.identity import FINGERPRINT, LogIdentity
from ldes_shok.log.postgres.connection import Connection, translated
from ldes_shok.log.postgres.migrations import steps
from ldes_shok.log.postgres.months import month_of_path, year_of
from ldes_shok.log.postgres.packs import PostgresPackRow, decode_events
from ldes_shok.log.postgres.rows import NODE_COLUMNS, member_id, row_of_node
from ldes_shok.log.postgres.session import WriterSession
from ldes_shok.log.postgres.sums import PostgresSums, TablePart, sum_up
from ldes_shok.log.repair import HEAD, Place
from ldes_shok.log.table_sums import NOTHING, RowDigests, Sums

_STORED: Final = ("published", "quarantined", "rejected")
_MADE: Final = {
    "iri": "year, iri, member_id, month, version_us, entity",
    "identity": "year, identity",
}
_KEPT: Final = {
    "iri": "month >= (SELECT dropped_before FROM head)",
    "identity": "year > (SELECT dropped_before / 100 FROM head)",
}


@contextmanager
def postgres_repair(
    url: str, identity: LogIdentity, same_state: Callable[[bytes, bytes], bool]
) -> Iterator[PostgresRepair]:
    """The repair of a log; it is committed when the `with` block ends without an error.

    Args:
        url: of the log's database.
        identity: the identity that the log must have.
        same_state: whether two states of a cabinet are equal.

    Raises:
        LogLocked: a service writes it.
        LogMismatch: it is another log.
        LogUnavailable: the server refused; nothing was changed.
    """
    session = WriterSession(url, identity, steps())
    try:
        with translated("written"), session.connection.transaction():
            session.connection.execute("SELECT advance(%s::bigint)", (session.epoch,))
            yield PostgresRepair(session.connection, RowDigests(identity.secret), same_state)
    finally:
        session.close()


class PostgresRepair:
    """See `ldes_shok.log.repair`."""

    def __init__(
        self,
        connection: Connection,
        digests: RowDigests,
        same_state: Callable[[bytes, bytes], bool],
    ) -> None:
        self._connection = connection
        self._digests = digests
        self._same_state = same_state
        self._sums = PostgresSums(connection, digests)

    def unsound(self) -> frozenset[str]:
        """The tables whose rows do not match their sums."""
        try:
            self._sums.read(self._connection)
        except LogDamaged:
            return frozenset({HEAD})
        found, kept = sum_up(self._connection, self._digests), self._sums.parts
        return frozenset(
            table
            for number in found.keys() | kept.keys()
            for table in _tables(found.get(number, {}), _own(kept.get(number)))
        )

    def put_states(self, states: Mapping[Place, bytes]) -> int:
        """Replace all states of cabinets by these; returns how many rows changed."""
        rows = self._connection.execute("SELECT tenant, cabinet, value FROM state").fetchall()
        kept = {(tenant, cabinet): bytes(value) for tenant, cabinet, value in rows}
        wrong = [
            place
            for place, value in states.items()
            if place not in kept or not self._same_state(kept[place], value)
        ]
        gone = kept.keys() - states.keys()
        with self._connection.cursor() as cursor:
            cursor.executemany("DELETE FROM state WHERE tenant = %s AND cabinet = %s", list(gone))
            cursor.executemany(
                "INSERT INTO state VALUES (%s, %s, %b)"
                " ON CONFLICT (tenant, cabinet) DO UPDATE SET value = excluded.value",
                [(*place, states[place]) for place in wrong],
            )
        return len(wrong) + len(gone)

    def put_tallies(self) -> int:
        """Recount the stored events; returns how many rows changed.

        Events that were dropped with their month cannot be recounted. If there are any, the tallies
        stay.
        """
        row = self._connection.execute("SELECT dropped_before FROM head").fetchone()
        if row is None or row[0]:
            return 0
        counted: dict[tuple[str, str], int] = {}
        waiting = {id_ for (id_,) in self._connection.execute("SELECT event_id FROM quarantine")}
        for first_id, body in self._rows("SELECT first_id, body FROM event_pack"):
            for event in decode_events(first_id, bytes(body)):
                place = event.source, "quarantined" if event.id in waiting else "published"
                counted[place] = counted.get(place, 0) + 1
        query = "SELECT source, 'rejected', count(*) FROM rejection GROUP BY source"
        for source, outcome, events in self._connection.execute(query).fetchall():
            counted[source, outcome] = events
        kept = {
            (source, outcome): events
            for source, outcome, events in self._connection.execute(
                "SELECT source, outcome, events FROM tally"
            ).fetchall()
        }
        for place, events in kept.items():
            counted.setdefault(place, 0 if place[1] in _STORED else events)
        wrong = [(*place, n) for place, n in counted.items() if kept.get(place, 0) != n]
        with self._connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO tally VALUES (%s, %s, %s)"
                " ON CONFLICT (source, outcome) DO UPDATE SET events = excluded.events",
                wrong,
            )
        return len(wrong)

    def put_index(self, table: str) -> int:
        """Rebuild an index where it is wrong; returns how many rows changed."""
        columns, rows = _MADE[table], self._iris() if table == "iri" else self._identities()
        execute = self._connection.execute
        execute(f"CREATE TEMP TABLE made AS SELECT {columns} FROM {table} WHERE false".encode())
        marks = ", ".join(["%s"] * (columns.count(",") + 1))
        with self._connection.cursor() as cursor:
            for batch in rows:
                cursor.executemany(f"INSERT INTO made VALUES ({marks})".encode(), batch)
        kept = f"(SELECT {columns} FROM {table} WHERE {_KEPT[table]})"
        made = f"(SELECT {columns} FROM made)"
        key = "iri" if table == "iri" else "identity"
        execute(f"CREATE TEMP TABLE wrong AS {kept} EXCEPT {made}".encode())
        execute(f"CREATE TEMP TABLE missing AS {made} EXCEPT {kept}".encode())
        extra = execute(
            f"DELETE FROM {table} t USING wrong WHERE t.{key} = wrong.{key}"
            " AND t.year = wrong.year".encode()
        ).rowcount
        missing = execute(
            f"INSERT INTO {table} ({columns}) SELECT {columns} FROM missing".encode()
        ).rowcount
        execute("DROP TABLE made, wrong, missing")
        return extra + missing

    def put_nodes(self, stream: str, nodes: Iterable[Node]) -> int:
        """Replace all nodes of a stream by these; returns how many rows changed."""
        execute = self._connection.execute
        found = execute("SELECT id FROM stream WHERE name = %s", (stream,)).fetchone()
        if found is None:
            return 0
        query = "SELECT DISTINCT path FROM page WHERE stream_id = %s"
        archived = {path for (path,) in execute(query, found).fetchall()}
        wanted = {
            (found[0], month_of_path(n.path), *row_of_node(n), n.path in archived) for n in nodes
        }
        columns = f"stream_id, month, {NODE_COLUMNS}, archived"
        row = execute("SELECT dropped_before FROM head").fetchone()
        dropped_before = row[0] if row else 0
        kept = set(execute(f"SELECT {columns} FROM node WHERE stream_id = %s".encode(), found))
        # The pages of dropped months are gone, and nothing shows whether there were any.
        wanted = {r for r in wanted if not 0 < r[1] < dropped_before}
        kept = {r for r in kept if not 0 < r[1] < dropped_before}
        with self._connection.cursor() as cursor:
            cursor.executemany(
                "DELETE FROM node WHERE stream_id = %s AND path = %s",
                [(r[0], r[2]) for r in kept - wanted],
            )
            marks = ", ".join(["%s"] * 14)
            cursor.executemany(
                f"INSERT INTO node ({columns}) VALUES ({marks})".encode(), list(wanted - kept)
            )
        return len({r[2] for r in kept ^ wanted})

    def drop_memories(self) -> int:
        """Do nothing: no memory shows by itself whether it is what was stored."""
        return 0

    def sum_anew(self, tables: Collection[str]) -> None:
        """Accept the present rows of these tables; HEAD is all tables."""
        found = sum_up(self._connection, self._digests)
        if HEAD in tables:
            self._connection.execute("DELETE FROM log_sum")
            self._connection.execute("DELETE FROM meta WHERE name = %s", (FINGERPRINT,))
            sums = PostgresSums(self._connection, self._digests)
            sums.begin(self._connection)
            return
        parts = {
            number: TablePart(part.commits + 1, _with(part.sums, found.get(number, {}), tables))
            for number, part in self._sums.parts.items()
        }
        for put in self._sums.restate(parts):
            self._connection.execute(*put)

    def _iris(self) -> Iterator[list[tuple[object, ...]]]:
        query = "SELECT month, stream_id, first_number, members, body, checksum FROM pack"
        for row in self._rows(query):
            pack = PostgresPackRow._make(row)
            yield [
                (
                    year_of(pack.month), member.iri, member_id(pack.stream_id, number), pack.month,
                    to_microseconds(parse_instant(member.observed_at)), member.entity or None,
                )
                for number, member in enumerate(pack.decode(), pack.first_number)
            ]  # fmt: skip

    def _identities(self) -> Iterator[list[tuple[object, ...]]]:
        query = "SELECT month, first_id, body FROM event_pack"
        row = self._connection.execute("SELECT dropped_before FROM head").fetchone()
        least = year_of(row[0]) if row else 0
        for month, first_id, body in self._rows(query):
            if year_of(month) > least:
                events = decode_events(first_id, bytes(body))
                yield [(year_of(month), event.identity) for event in events]

    def _rows(self, query: str) -> Iterator[tuple[Any, ...]]:
        with self._connection.cursor(name="repair") as cursor:
            cursor.itersize = 16
            yield from cursor.execute(query.encode())


def _own(part: TablePart | None) -> Sums:
    return {} if part is None else {t: s for t, s in part.sums.items() if t != HEAD}


def _tables(found: Sums, kept: Sums) -> Iterator[str]:
    for table in found.keys() | kept.keys():
        if found.get(table, NOTHING) != kept.get(table, NOTHING):
            yield table


def _with(kept: Sums, found: Sums, tables: Collection[str]) -> Sums:
    return {**kept, **{table: found.get(table, NOTHING) for table in tables}}
