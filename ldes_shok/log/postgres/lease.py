"""The writer's lease: a row with the name of the writer and the end of the lease.

The lease goes by the database's clock alone, so the clocks of machines do not matter. It only shows
whether the writer is alive; the epoch in every commit is what refuses a writer that was replaced. A
writer may renew a lease that ran out if no other writer was elected. So a database that stood still
costs nothing.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final, NamedTuple

from ldes_shok.log.postgres.connection import Connection, Select
from ldes_shok.log.records import SilentWriter

LEASE: Final = timedelta(seconds=5)
"""How long a lease lasts without renewal."""

RENEW_SECONDS: Final = 1.0
"""How often a writer without commits renews its lease."""

MAKE_TABLE: Final = """
CREATE TABLE IF NOT EXISTS lease (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    epoch bigint NOT NULL, -- of the election
    writer text NOT NULL, -- who was elected
    until timestamptz NOT NULL
) WITH (fillfactor = 10);
INSERT INTO lease (epoch, writer, until) VALUES (0, '', '-infinity') ON CONFLICT DO NOTHING;
"""
"""Not a step of the schema: the election comes before those steps."""

EXTEND: Final = "UPDATE lease SET until = clock_timestamp() + %s WHERE epoch = %s"

RELEASE: Final = "UPDATE lease SET until = '-infinity' WHERE epoch = %s"

ELECTED: Final = 0x6C646574
"""A session holds, as long as it lives, the lock with this number and its epoch."""

_SILENT: Final = (
    "SELECT writer, until, extract(epoch FROM clock_timestamp() - until)::float8 FROM lease"
    " WHERE isfinite(until) AND until + %s < clock_timestamp()"
)


class Lease(NamedTuple):
    """The row of the lease, and what the server knows of the session of the writer.

    Attributes:
        epoch: of the election; 0 if there was none.
        until: end of the lease, as the server writes it.
        writer: the elected writer.
        is_over: whether the lease has run out.
        pid: the server's process for the session; None if the session has ended.
        client: the address that it is connected from.
        waits: whether that process waits for its client.
    """

    epoch: int = 0
    until: str = "-infinity"
    writer: str = ""
    is_over: bool = True
    pid: int | None = None
    client: str = ""
    waits: bool = False


def read_lease(connection: Connection) -> Lease:
    """The present lease; waits for no lock. Raises psycopg.Error."""
    if connection.execute("SELECT to_regclass('lease')").fetchone() == (None,):
        return Lease()
    row = connection.execute(
        "SELECT lease.epoch, until::text, writer, until < clock_timestamp(), held.pid,"
        " coalesce(host(client_addr), 'a local socket'), coalesce(wait_event = 'ClientRead', false)"
        " FROM lease LEFT JOIN pg_locks AS held"
        "  ON locktype = 'advisory' AND granted AND classid = %s"
        "  AND objid::bigint = lease.epoch & 2147483647"
        "  AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        " LEFT JOIN pg_stat_activity ON pg_stat_activity.pid = held.pid",
        (ELECTED,),
    ).fetchone()
    return Lease(*row) if row else Lease()


def silent_writer(select: Select) -> SilentWriter | None:
    """The writer whose lease ran out; None if its lease holds, or if there is no writer.

    Raises:
        LogUnavailable: the log cannot be read.
    """
    if select("SELECT to_regclass('lease')", ())[0][0] is None:
        return None
    rows = select(_SILENT, (LEASE,))
    return SilentWriter(*rows[0]) if rows else None
