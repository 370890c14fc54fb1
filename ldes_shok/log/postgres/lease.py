"""The writer's lease: a row that says who writes, and until when it need not be heard of.

By the database's clock alone, so that clocks of machines do not matter. It only says whether
somebody is still there; what refuses a writer that was replaced is the epoch, in every commit. A
lease that ran out and that nobody took is simply taken up again: so a database that stood still
costs nothing.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final, NamedTuple

from ldes_shok.log.postgres.connection import Connection, Select
from ldes_shok.log.records import SilentWriter

LEASE: Final = timedelta(seconds=5)
"""For how long a writer need not be heard of."""

RENEW_SECONDS: Final = 1.0
"""How often one that has nothing to commit says that it is there."""

MAKE_TABLE: Final = """
CREATE TABLE IF NOT EXISTS lease (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    epoch bigint NOT NULL, -- of the election
    writer text NOT NULL, -- who was elected
    until timestamptz NOT NULL
) WITH (fillfactor = 10);
INSERT INTO lease (epoch, writer, until) VALUES (0, '', '-infinity') ON CONFLICT DO NOTHING;
"""
"""No step of the schema: who takes those was elected before."""

EXTEND: Final = "UPDATE lease SET until = clock_timestamp() + %s WHERE epoch = %s"

RELEASE: Final = "UPDATE lease SET until = '-infinity' WHERE epoch = %s"

ELECTED: Final = 0x6C646574
"""The lock that a session holds as long as it lives is this and its epoch."""

_SILENT: Final = (
    "SELECT writer, until, extract(epoch FROM clock_timestamp() - until)::float8 FROM lease"
    " WHERE isfinite(until) AND until + %s < clock_timestamp()"
)


class Lease(NamedTuple):
    """What the row says, and what the server knows of the session that was elected.

    Attributes:
        epoch: of the election; 0 if there was none.
        until: end of the lease, as the server writes it.
        writer: who was elected.
        is_over: whether the lease is.
        pid: the server's process for the session; None if the session is no more.
        client: from where it is connected.
        waits: whether that process waits for its client to say something.
    """

    epoch: int = 0
    until: str = "-infinity"
    writer: str = ""
    is_over: bool = True
    pid: int | None = None
    client: str = ""
    waits: bool = False


def read_lease(connection: Connection) -> Lease:
    """Where things stand; no lock is waited for. Raises psycopg.Error."""
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
    """Who was elected and is not heard of any more; None while all is well, or nobody writes.

    Raises:
        LogUnavailable: the log cannot be read.
    """
    if select("SELECT to_regclass('lease')", ())[0][0] is None:
        return None
    rows = select(_SILENT, (LEASE,))
    return SilentWriter(*rows[0]) if rows else None
