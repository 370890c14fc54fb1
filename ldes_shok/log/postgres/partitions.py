"""Partitions: made before they are needed, dropped month by month."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from ldes_shok.errors import MonthNotOver
from ldes_shok.log.postgres.connection import Connection
from ldes_shok.log.postgres.months import NO_MONTH, after, year_of

MONTHLY: Final = ("pack", "event_pack", "quarantine", "rejection", "sealed_head", "page")
YEARLY: Final = ("iri", "identity")

_NAME: Final = re.compile(rf"(?:({'|'.join(MONTHLY)})|({'|'.join(YEARLY)}))_(\d+)\Z")
_LOCK_TIMEOUT: Final = "SET LOCAL lock_timeout = '5s'"


class Partitions:
    """The partitions that exist, as the one writer knows them."""

    def __init__(self, connection: Connection) -> None:
        """Read the partitions from the database; raises psycopg.Error."""
        rows = connection.execute(
            "SELECT child.relname FROM pg_inherits"
            " JOIN pg_class child ON child.oid = inhrelid"
            " JOIN pg_class parent ON parent.oid = inhparent"
            " WHERE parent.relname = ANY(%s)",
            ([*MONTHLY, *YEARLY],),
        ).fetchall()
        self._names = {str(row[0]) for row in rows}
        self._months: set[int] = set()

    def ensure(self, connection: Connection, months: Iterable[int]) -> None:
        """Make the partitions of these months and of the months after them, in a transaction.

        Raises psycopg.Error.
        """
        new = {month for month in months if month != NO_MONTH} - self._months
        if not new:
            return
        wanted = sorted({m for month in new for m in (month, after(month))})
        missing = [
            *((table, month) for month in wanted for table in MONTHLY),
            *((table, year) for year in sorted({*map(year_of, wanted)}) for table in YEARLY),
        ]
        missing = [(t, number) for t, number in missing if f"{t}_{number}" not in self._names]
        if missing:
            with connection.transaction():
                connection.execute(_LOCK_TIMEOUT)
                for table, number in missing:
                    _make(connection, table, number)
        self._names.update(f"{table}_{number}" for table, number in missing)
        self._months |= new

    def drop_before(self, connection: Connection, month: int) -> None:
        """Drop every month before `month`, and the years that are wholly before it.

        Inside the caller's transaction; one statement takes all of them. Raises psycopg.Error.

        Raises:
            MonthNotOver: something in these months is not sealed yet.
        """
        connection.execute(_LOCK_TIMEOUT)
        row = connection.execute(
            "SELECT min(month) FROM node WHERE NOT sealed AND month <> %s", (NO_MONTH,)
        ).fetchone()
        if row is not None and row[0] is not None and row[0] < month:
            raise MonthNotOver(f"{row[0]} still has open nodes; drop months before it only")
        names = sorted(name for name in self._names if _is_before(name, month))
        if names:
            connection.execute(f"DROP TABLE {', '.join(names)}")
        connection.execute(
            "UPDATE head SET dropped_before = greatest(dropped_before, %s)", (month,)
        )

    def forget_before(self, month: int) -> None:
        """Forget the dropped partitions, after the commit."""
        self._names = {name for name in self._names if not _is_before(name, month)}
        self._months = {known for known in self._months if known >= month}


def _make(connection: Connection, table: str, number: int) -> None:
    # Attach the table. Creating it as a partition would lock out the readers of the whole table.
    key = "month" if table in MONTHLY else "year"
    name = f"{table}_{number}"
    connection.execute(
        f"CREATE TABLE {name} (LIKE {table} INCLUDING DEFAULTS INCLUDING STORAGE,"
        f" CHECK ({key} = {number}))"
    )
    connection.execute(f"ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES IN ({number})")


def _is_before(name: str, month: int) -> bool:
    match = _NAME.match(name)
    if match is None:
        return False
    monthly, _, digits = match.groups()
    number = int(digits)
    if monthly:
        return NO_MONTH < number < month
    return number < year_of(month)
