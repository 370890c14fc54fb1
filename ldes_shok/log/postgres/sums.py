"""The table sums in PostgreSQL: triggers report every row that a commit changes.

The server does not have the key. It computes the SHA-256 of each row, and the writer keys that.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from psycopg import sql

from ldes_shok.errors import LogDamaged
from ldes_shok.log.identity import FINGERPRINT, LOG_ID, refuse_secret
from ldes_shok.log.postgres.connection import Connection
from ldes_shok.log.postgres.partitions import MONTHLY
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

DERIVED: Final = frozenset({"iri", "identity", "node", "log_sum", "head", "lease"})
"""Tables without a sum: `head` and `lease` are about the writer, and `fsck` derives the others
again."""

CHANGED: Final = (
    "SELECT coalesce(current_setting('ldes_shok.changed_before', true), '')"
    " || coalesce(current_setting('ldes_shok.changed', true), '')"
)
"""The changes of a transaction so far, one line for each row."""

_FORGET: Final = (
    "SELECT set_config('ldes_shok.changed_before', '', true),"
    " set_config('ldes_shok.changed', '', true)"
)
_TABLES: Final = (
    "SELECT relname, EXISTS (SELECT 1 FROM pg_trigger WHERE tgrelid = pg_class.oid"
    " AND tgname = 'tell_change') FROM pg_class"
    " WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p')"
    " AND NOT relispartition ORDER BY relname"
)
_PUT: Final = (
    "INSERT INTO log_sum VALUES (%s, %s, %b, %b) ON CONFLICT (part) DO UPDATE SET"
    " commits = excluded.commits, sums = excluded.sums, digest = excluded.digest"
)
_ENDS: Final = (
    "SELECT name, stream.members, pack.end FROM stream CROSS JOIN LATERAL (SELECT coalesce("
    " (SELECT first_number + p.members FROM pack p WHERE p.stream_id = stream.id"
    "  ORDER BY first_number DESC LIMIT 1), 0) AS end) AS pack WHERE pack.end <> stream.members"
    # All months of a stream may have been dropped.
    " AND NOT (pack.end = 0 AND (SELECT dropped_before FROM head) > 0)"
)
_PARTS: Final = "log_sum"
"""The name, among the sums of part 0, of the other parts' sums: none can vanish unnoticed."""

Put = tuple[str, Sequence[object]]


@dataclass(frozen=True, slots=True)
class TablePart:
    """The sums of the rows of a part, and how many commits changed them."""

    commits: int
    sums: Sums

    @property
    def encoded(self) -> bytes:
        """The sums as they are stored."""
        return encode_sums(self.sums)


class PostgresSums:
    """The table sums, as one session changes them."""

    def __init__(self, connection: Connection, digests: RowDigests) -> None:
        """Prepare; `read` or `begin` comes next. Raises psycopg.Error."""
        self._digests = digests
        self._log_id = meta(connection, LOG_ID)
        self.parts: dict[int, TablePart] = {}
        self._next: dict[int, TablePart] = {}
        self.has_begun = bool(meta(connection, FINGERPRINT))

    def read(self, connection: Connection) -> None:
        """Read the stored sums.

        Raises:
            LogDamaged: they are not what was stored.
            psycopg.Error
        """
        self.parts = read_parts(connection, self._digests, self._log_id)

    def check_ends(self, connection: Connection) -> None:
        """Check that no table lost its last rows. This is a quick look at each; `fsck` checks all.

        Raises:
            LogDamaged: a table lost its last rows.
            psycopg.Error
        """
        newest = max(self.parts)
        if newest:
            for table in ("event_pack", "pack"):
                query = sql.SQL("SELECT count(*) FROM {} WHERE month = %s")
                (found,) = _row(connection, query.format(sql.Identifier(table)), (newest,))
                written = self.parts[newest].sums.get(table, NOTHING).rows
                if found != written:
                    raise LogDamaged(
                        f"the log is damaged: {written} rows of {table} were written in {newest}, "
                        f"and {found} are there; {WAY_OUT}"
                    )
        for table in ("stream", "meta"):
            found = sum_table(connection, self._digests, table)
            if found.get(0, NOTHING) != self.parts[0].sums.get(table, NOTHING):
                raise LogDamaged(f"the log is damaged: {table} is not what was written; {WAY_OUT}")
        for name, members, end in connection.execute(_ENDS).fetchall():
            raise LogDamaged(
                f"the log is damaged: {members} members of {name} were written, and the last one "
                f"is {end}; {WAY_OUT}"
            )

    def begin(self, connection: Connection) -> None:
        """Sum up the present rows of a new log, or after an upgrade, within a transaction.

        Raises psycopg.Error.
        """
        connection.execute(
            "INSERT INTO meta VALUES (%s, %s)",
            (FINGERPRINT, self._digests.fingerprint(self._log_id)),
        )
        parts = {n: TablePart(1, sums) for n, sums in sum_up(connection, self._digests).items()}
        follow(connection)
        connection.execute(_FORGET)
        for put in self.restate(parts):
            connection.execute(*put)
        self.has_begun = True

    def puts(self, changed: str, dropped_before: int = 0) -> list[Put]:
        """The statements that store the sums after the rows in CHANGED and the dropped months."""
        if not changed and not dropped_before:
            self._next = self.parts
            return []
        changes: dict[int, Changes] = {0: Changes(self._digests)}
        for line in changed.splitlines():
            name, month, change, digest = line.split(" ")
            delta = changes.setdefault(int(month), Changes(self._digests))
            (delta.added if change == "+" else delta.removed)(name, bytes.fromhex(digest))
        parts: dict[int, TablePart] = {}
        for number, delta in changes.items():
            old = self.parts.get(number, TablePart(0, {}))
            parts[number] = TablePart(old.commits + 1, added_up(old.sums, delta.take()))
        gone = [number for number in self.parts if 0 < number < dropped_before]
        return self.restate(parts, gone)

    def advance(self) -> None:
        """Take over the sums that were stored last: they are committed."""
        self.parts = self._next

    def restate(self, parts: Mapping[int, TablePart], gone: Collection[int] = ()) -> list[Put]:
        """The statements that set these parts, part 0 among them, to these sums."""
        changes = Changes(self._digests)
        for number in sorted((parts.keys() | set(gone)) - {0}):
            if number in self.parts:
                _is_part(changes.removed, number, self.parts[number])
            if number not in gone:
                _is_part(changes.added, number, parts[number])
        root = parts[0]
        now = {**parts, 0: TablePart(root.commits, added_up(root.sums, changes.take()))}
        self._next = {n: part for n, part in {**self.parts, **now}.items() if n not in gone}
        puts = [_put(self._digests, self._log_id, n, part) for n, part in sorted(now.items())]
        return [*puts, *[("DELETE FROM log_sum WHERE part = %s", (number,)) for number in gone]]


def read_parts(connection: Connection, digests: RowDigests, log_id: str) -> dict[int, TablePart]:
    """Every part as it is stored.

    Raises:
        LogDamaged: a part is not what was stored.
        psycopg.Error
    """
    parts: dict[int, TablePart] = {}
    for number, commits, sums, digest in connection.execute("SELECT * FROM log_sum"):
        if not is_same(digests.head(log_id, number, commits, bytes(sums)), bytes(digest)):
            raise LogDamaged(f"the log is damaged: what month {number} adds up to; {WAY_OUT}")
        parts[number] = TablePart(commits, decode_sums(bytes(sums)))
    if 0 not in parts:
        raise LogDamaged(f"the log is damaged: what its tables add up to is gone; {WAY_OUT}")
    changes = Changes(digests)
    for number in parts.keys() - {0}:
        _is_part(changes.added, number, parts[number])
    if added_up({}, changes.take()).get(_PARTS, NOTHING) != parts[0].sums.get(_PARTS, NOTHING):
        raise LogDamaged(f"the log is damaged: what a month adds up to is gone; {WAY_OUT}")
    return parts


def sum_up(connection: Connection, digests: RowDigests) -> dict[int, dict[str, TableSum]]:
    """The sums of the present rows of every table, by part, within a transaction."""
    whole: dict[int, dict[str, TableSum]] = {0: {}}
    for table in summed_tables(connection):
        for number, sum_ in sum_table(connection, digests, table).items():
            whole.setdefault(number, {})[table] = sum_
    return whole


def sum_table(connection: Connection, digests: RowDigests, table: str) -> dict[int, TableSum]:
    """The sums of the present rows of a table, by part, within a transaction."""
    whole: dict[int, TableSum] = {}
    month = "month" if table in MONTHLY else "0"
    query = sql.SQL("SELECT {}, sha256(record_send(t)) FROM {} t").format(
        sql.SQL(month), sql.Identifier(table)
    )
    with connection.cursor(name="sums") as cursor:
        cursor.itersize = 10_000
        for number, digest in cursor.execute(query):
            one = TableSum(1, digests.row(table, bytes(digest)))
            whole[number] = whole.get(number, NOTHING).plus(one)
    return whole


def summed_tables(connection: Connection) -> list[str]:
    """The tables that have a sum, by name."""
    return [name for name, _ in connection.execute(_TABLES).fetchall() if name not in DERIVED]


def follow(connection: Connection) -> None:
    """Put the trigger on the tables that have none yet."""
    for table, is_followed in connection.execute(_TABLES).fetchall():
        if table in DERIVED or is_followed:
            continue
        connection.execute(
            sql.SQL(
                "CREATE TRIGGER tell_change AFTER INSERT OR UPDATE OR DELETE ON {}"
                " FOR EACH ROW EXECUTE FUNCTION tell_change({}, {})"
            ).format(sql.Identifier(table), table, "month" if table in MONTHLY else "")
        )


def restated(connection: Connection, digests: RowDigests, change: Callable[[], None]) -> None:
    """Change tables or columns within a transaction, and adapt the sums.

    Sums that were wrong before stay wrong.
    """
    log_id = meta(connection, LOG_ID)
    stored, before = read_parts(connection, digests, log_id), sum_up(connection, digests)
    change()
    follow(connection)
    after = sum_up(connection, digests)
    sums = PostgresSums(connection, digests)
    sums.read(connection)
    parts = {
        number: TablePart(part.commits + 1, _after(part.sums, before, after, number))
        for number, part in stored.items()
    }
    for put in sums.restate(parts):
        connection.execute(*put)


def check_secret(connection: Connection, digests: RowDigests) -> None:
    """Check that a log was written with this secret.

    Raises:
        LogMismatch: it was written with another secret.
        psycopg.Error
    """
    log_id = meta(connection, LOG_ID)
    try:
        read_parts(connection, digests, log_id)
    except LogDamaged:
        # Otherwise the fingerprint is damaged: the sum of the table `meta` is wrong.
        place = connection.info.dbname
        refuse_secret(place, meta(connection, FINGERPRINT), digests.fingerprint(log_id))


def _row(connection: Connection, query: sql.Composed, parameters: Sequence[object]) -> Any:
    return connection.execute(query, parameters).fetchone()


def meta(connection: Connection, name: str) -> str:
    """A value of `meta`; empty if there is none."""
    row = connection.execute("SELECT value FROM meta WHERE name = %s", (name,)).fetchone()
    return str(row[0]) if row else ""


def _after(
    stored: Sums,
    before: dict[int, dict[str, TableSum]],
    after: dict[int, dict[str, TableSum]],
    number: int,
) -> Sums:
    own = {table: sum_ for table, sum_ in stored.items() if table != _PARTS}
    off = without(own, before.get(number, {}))
    parts = {table: sum_ for table, sum_ in stored.items() if table == _PARTS}
    return added_up(added_up(parts, off), after.get(number, {}))


def _is_part(change: Callable[..., None], number: int, part: TablePart) -> None:
    change(_PARTS, number, part.commits, part.encoded)


def _put(digests: RowDigests, log_id: str, number: int, part: TablePart) -> Put:
    encoded = part.encoded
    digest = digests.head(log_id, number, part.commits, encoded)
    return _PUT, (number, part.commits, encoded, digest)
