"""Repair of an SQLite log by its only writer: rebuilds rows that follow from other rows."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ldes_shok.errors import LogDamaged, LogUnavailable
from ldes_shok.ldes.node import Node, NodeKind
from ldes_shok.log.checksum import checksum
from ldes_shok.log.identity import FINGERPRINT, LOG_ID, LogIdentity
from ldes_shok.log.repair import HEAD, Place
from ldes_shok.log.sqlite.high_water import HighWater, behind, read_witness, write_witness
from ldes_shok.log.sqlite.iris import version_row
from ldes_shok.log.sqlite.lock import WriterLock
from ldes_shok.log.sqlite.migrations import SCHEMA
from ldes_shok.log.sqlite.one_name import followed
from ldes_shok.log.sqlite.opening import begin_epoch, open_for_writing
from ldes_shok.log.sqlite.packs import SqlitePackRow
from ldes_shok.log.sqlite.rows import Row, row_of_node, select
from ldes_shok.log.sqlite.sums import meta, read_head, sum_table, summed_tables, write_head
from ldes_shok.log.table_sums import NOTHING, RowDigests, TableSum, decode_sums, encode_sums

_PACKS: Final = "SELECT id, members, body, checksum FROM pack ORDER BY id"
_STORED: Final = """
    SELECT source, CASE WHEN event_id IS NULL THEN 'published' ELSE 'quarantined' END, count(*)
    FROM event JOIN origin ON origin.id = origin_id LEFT JOIN quarantine ON event_id = event.id
    GROUP BY 1, 2
    UNION ALL SELECT source, 'rejected', count(*) FROM rejection GROUP BY source
"""
_ARCHIVED: Final = "SELECT DISTINCT path FROM page WHERE stream_id = ?"


@contextmanager
def sqlite_repair(
    path: Path, identity: LogIdentity, same_state: Callable[[bytes, bytes], bool]
) -> Iterator[SqliteRepair]:
    """The repair of a log; it is committed when the `with` block ends without an error.

    Args:
        path: an existing log.
        identity: the identity that the log must have.
        same_state: whether two states of a cabinet are equal.

    Raises:
        LogLocked: a service writes the log.
        LogMismatch: it is another log, or was further before (`ldes_shok.log.sqlite.high_water`).
        LogUnavailable: it cannot be written; nothing was changed.
    """
    path = followed(path)
    lock = WriterLock(path)
    try:
        connection = open_for_writing(path, identity, SCHEMA)
        try:
            begin_epoch(connection)
            connection.execute("BEGIN IMMEDIATE")
            seen = read_witness(path)
            commits = seen.commits if seen else 0
            repair = SqliteRepair(connection, RowDigests(identity.secret), same_state, commits)
            yield repair
            connection.execute("COMMIT")
            if seen is None or not behind(seen, repair.seen):
                write_witness(path, repair.seen)
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise LogUnavailable(f"{path}: {error}") from error
    finally:
        lock.release()


class SqliteRepair:
    """See `ldes_shok.log.repair`."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        digests: RowDigests,
        same_state: Callable[[bytes, bytes], bool],
        commits: int,
    ) -> None:
        """`commits` is the number of known commits, if the log itself does not hold it."""
        self._connection = connection
        self._digests = digests
        self._same_state = same_state
        self._log_id = meta(connection, LOG_ID)
        self._commits = commits
        self.seen = HighWater(self._log_id, 0, "")

    def unsound(self) -> frozenset[str]:
        """The tables whose rows do not match their sums."""
        try:
            self._commits, encoded, digest = read_head(
                self._connection, self._digests, self._log_id
            )
        except LogDamaged:
            return frozenset({HEAD})
        self.seen = HighWater(self._log_id, self._commits, digest.hex())
        kept = decode_sums(encoded)
        return frozenset(
            table
            for table in summed_tables(self._connection)
            if self._sum(table) != kept.get(table, NOTHING)
        )

    def put_states(self, states: Mapping[Place, bytes]) -> int:
        """Replace all states of cabinets by these; returns how many rows changed."""
        rows = select(self._connection, "SELECT tenant, cabinet, value, checksum FROM state")
        kept = {
            (tenant, cabinet): value
            for tenant, cabinet, value, crc in rows
            if checksum(tenant, cabinet, value) == crc
        }
        wrong = [
            place
            for place, value in states.items()
            if place not in kept or not self._same_state(kept[place], value)
        ]
        gone = [(row[0], row[1]) for row in rows if (row[0], row[1]) not in states]
        self._connection.executemany("DELETE FROM state WHERE tenant = ? AND cabinet = ?", gone)
        self._connection.executemany(
            "INSERT OR REPLACE INTO state VALUES (?, ?, ?, ?)",
            [(*place, states[place], checksum(*place, states[place])) for place in wrong],
        )
        return len(wrong) + len(gone)

    def put_tallies(self) -> int:
        """Recount the stored events; returns how many rows changed."""
        kept = {
            (source, outcome): (events, crc)
            for source, outcome, events, crc in select(
                self._connection, "SELECT source, outcome, events, checksum FROM tally"
            )
        }
        counted = {
            (source, outcome): events
            for source, outcome, events in select(self._connection, _STORED)
        }
        for (source, outcome), (events, _) in kept.items():
            known = 0 if outcome in ("published", "quarantined", "rejected") else events
            counted.setdefault((source, outcome), known)
        rows = [(*place, n, checksum(*place, n)) for place, n in counted.items()]
        wrong = [row for row in rows if kept.get(row[:2], (0, row[3])) != row[2:]]
        self._connection.executemany("INSERT OR REPLACE INTO tally VALUES (?, ?, ?, ?)", wrong)
        return len(wrong)

    def put_index(self, table: str) -> int:
        """Rebuild an index where it is wrong; returns how many rows changed."""
        rows = _iri_rows if table == "iri" else _version_rows
        columns = 2 if table == "iri" else 3
        marks = ", ".join("?" * columns)
        names = ["iri", "member_id"] if table == "iri" else ["entity", "version_us", "member_id"]
        execute = self._connection.execute
        execute(f"CREATE TEMP TABLE made ({', '.join(names)}, PRIMARY KEY ({', '.join(names)}))")
        for pack in map(SqlitePackRow._make, execute(_PACKS)):
            self._connection.executemany(
                f"INSERT INTO made VALUES ({marks})",  # noqa: S608  marks
                rows(pack),
            )
        listed = ", ".join(names)
        extra = execute(
            f"DELETE FROM {table} WHERE ({listed}) NOT IN (SELECT {listed} FROM made)"  # noqa: S608
        ).rowcount
        missing = execute(
            f"INSERT INTO {table} SELECT {listed} FROM made"  # noqa: S608  constants
            f" WHERE ({listed}) NOT IN (SELECT {listed} FROM {table})"
        ).rowcount
        execute("DROP TABLE made")
        return extra + missing

    def put_nodes(self, stream: str, nodes: Iterable[Node]) -> int:
        """Replace all nodes of a stream by these; returns how many rows changed."""
        ids = select(self._connection, "SELECT id FROM stream WHERE name = ?", (stream,))
        if not ids:
            return 0
        stream_id = ids[0][0]
        archived = {path for (path,) in select(self._connection, _ARCHIVED, (stream_id,))}
        wanted = {_row(stream_id, node, archived) for node in nodes}
        kept = set(select(self._connection, "SELECT * FROM node WHERE stream_id = ?", (stream_id,)))
        self._connection.executemany(
            "DELETE FROM node WHERE stream_id = ? AND path = ?",
            [row[:2] for row in kept - wanted],
        )
        marks = ", ".join("?" * 13)
        self._connection.executemany(
            f"INSERT OR REPLACE INTO node VALUES ({marks})",  # noqa: S608  marks
            list(wanted - kept),
        )
        return len({row[1] for row in kept ^ wanted})

    def drop_memories(self) -> int:
        """Delete memories that are not what was stored; returns how many rows."""
        rows = select(self._connection, "SELECT source, subject, value, checksum FROM memory")
        wrong = [row[:2] for row in rows if checksum(*row[:3]) != row[3]]
        self._connection.executemany("DELETE FROM memory WHERE source = ? AND subject = ?", wrong)
        return len(wrong)

    def sum_anew(self, tables: Collection[str]) -> None:
        """Accept the present rows of these tables; HEAD is all tables."""
        if HEAD in tables:
            print_of = self._digests.fingerprint(self._log_id)
            self._connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)",
                                     (FINGERPRINT, print_of))  # fmt: skip
            self._connection.execute("DELETE FROM log_sum")
            sums = {table: self._sum(table) for table in summed_tables(self._connection)}
        else:
            _, encoded, _ = read_head(self._connection, self._digests, self._log_id)
            sums = decode_sums(encoded) | {table: self._sum(table) for table in tables}
        self._commits += 1
        digest = write_head(
            self._connection, self._digests, self._log_id, self._commits, encode_sums(sums)
        )
        self.seen = HighWater(self._log_id, self._commits, digest.hex())

    def _sum(self, table: str) -> TableSum:
        return sum_table(self._connection, self._digests, table)


def _iri_rows(pack: SqlitePackRow) -> Sequence[Row]:
    return [(member.iri, id_) for id_, member in enumerate(pack.decode(), pack.id)]


def _version_rows(pack: SqlitePackRow) -> Sequence[Row]:
    rows = (version_row(member, id_) for id_, member in enumerate(pack.decode(), pack.id))
    return [row for row in rows if row is not None]


def _row(stream_id: int, node: Node, archived: Collection[str]) -> Row:
    row = row_of_node(stream_id, node)
    if node.sealed and node.kind is NodeKind.LEAF and node.path in archived:
        return (*row[:-1], 1)
    return row
