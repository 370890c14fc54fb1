"""One writer per log, elected by the database.

A new writer raises the epoch, and every commit names its epoch: so a former writer never commits
again. The writer's session holds a lock of its epoch. The server releases the lock when the session
ends, for any reason; then another process may be elected. If the session lives but its process or
machine stands still, a standby replaces the writer when its lease has run out: see `lease`.

One case has no replacement: a server process that hangs inside a transaction and keeps the row of
the epoch locked. `WriterSilent` then names the writer, since when, and what to do.
"""

from __future__ import annotations

import time
from typing import Final

import psycopg

from ldes_shok.errors import LogLocked, WriterSilent
from ldes_shok.log.postgres.connection import Connection, own_name, translated
from ldes_shok.log.postgres.lease import ELECTED, MAKE_TABLE, Lease, read_lease

_ELECTION: Final = (0x6C646573, 1)
"""Held during an election. A writer of a release before leases holds it as long as it lives."""

_PATIENCE: Final = "500ms"
_PATIENCE_SECONDS: Final = 0.5
_LOOK_SECONDS: Final = 0.05
_LOOKS: Final = 3
"""How often a standby must see that a lease is over before it replaces the writer. A writer that
could not renew it, because the database stood still or its clock jumped, renews it meanwhile."""


class Succession:
    """What a standby observed, from one try to be elected to the next."""

    def __init__(self) -> None:
        self._seen: tuple[int, str] | None = None
        self._looks = 0

    def may_replace(self, lease: Lease) -> bool:
        """Whether the same lease was over at each look."""
        seen = (lease.epoch, lease.until)
        self._looks = self._looks + 1 if lease.is_over and seen == self._seen else 0
        self._seen = seen
        return self._looks >= _LOOKS


def elect(connection: Connection, succession: Succession | None = None) -> int:
    """Become the writer, or refuse within a second; returns the epoch.

    Args:
        connection: in autocommit; its locks are released when it ends.
        succession: of a standby. Without one, a writer whose session lives is never replaced.

    Raises:
        LogLocked: another session is the writer; the message names its process and machine.
        WriterSilent: another session is the writer, and its lease has run out.
        LogUnavailable: the server did not answer.
    """
    with translated("opened"):
        lease = _look(connection)
        if lease.pid is not None:
            if succession is None or not succession.may_replace(lease):
                raise _refusal(connection, lease)
            if not lease.waits:
                raise _stuck(connection, lease)
            # The other process may itself stand still; then it ends when it goes on.
            connection.execute("SELECT pg_terminate_backend(%s)", (lease.pid,))
        return _take(connection, lease)


def begin_epoch(connection: Connection, epoch: int) -> None:
    """Refuse every writer before this epoch, also in a log that was made after the election.

    Raises:
        LogUnavailable: the server did not answer.
    """
    with translated("opened"):
        connection.execute("UPDATE head SET epoch = %s WHERE epoch < %s", (epoch, epoch))


def _look(connection: Connection) -> Lease:
    """Read the lease; wait a moment, as the server may not know yet that the last holder died."""
    end_seconds = time.monotonic() + _PATIENCE_SECONDS
    lease = read_lease(connection)
    while lease.pid is not None and time.monotonic() < end_seconds:
        time.sleep(_LOOK_SECONDS)
        lease = read_lease(connection)
    return lease


def _take(connection: Connection, lease: Lease) -> int:
    """Do the election; refuse if anything changed since the lease was read."""
    try:
        with connection.transaction():
            connection.execute("SELECT set_config('lock_timeout', %s, true)", (_PATIENCE,))
            connection.execute("SELECT pg_advisory_xact_lock(%s, %s)", _ELECTION)
            connection.execute(MAKE_TABLE)
            epoch = _next_epoch(connection)
            row = connection.execute(
                # The lease has no end until the log is open: a step of the schema may take long.
                "UPDATE lease SET epoch = %s, writer = %s, until = 'infinity'"
                " WHERE epoch = %s AND until = %s::timestamptz RETURNING epoch",
                (epoch, own_name("writer"), lease.epoch, lease.until),
            ).fetchone()
            if row is None:
                raise _refusal(connection, read_lease(connection))
            connection.execute("SELECT pg_advisory_lock(%s, %s)", (ELECTED, epoch & 0x7FFFFFFF))
    except psycopg.errors.LockNotAvailable as error:
        if lease.pid is not None:
            raise _stuck(connection, lease) from error
        raise _held_by_another_release(connection) from error
    return epoch


def _next_epoch(connection: Connection) -> int:
    """Raise the epoch, if there is a log, in the transaction of the election."""
    if connection.execute("SELECT to_regclass('head')").fetchone() == (None,):
        row = connection.execute("SELECT epoch + 1 FROM lease").fetchone()
    else:
        row = connection.execute(
            "UPDATE head SET epoch = greatest(epoch, (SELECT epoch FROM lease)) + 1 RETURNING epoch"
        ).fetchone()
    if row is None:
        raise LogLocked("the log has no head row; it was not made by this service")
    return int(row[0])


def _refusal(connection: Connection, lease: Lease) -> LogLocked:
    who = f"{lease.writer}, connected from {lease.client}"
    if not lease.is_over:
        return LogLocked(f"{connection.info.dbname}: the log is being written by {who}")
    return WriterSilent(
        f"{connection.info.dbname}: the log is held by {who}, which should have said something by "
        f"{lease.until} and did not: a standby (store.standby) takes over; if there is none, end "
        "that process"
    )


def _stuck(connection: Connection, lease: Lease) -> WriterSilent:
    return WriterSilent(
        f"{connection.info.dbname}: the log is held by {lease.writer}, not heard of since "
        f"{lease.until}, and the server's process {lease.pid} keeps what it locked: on the server, "
        f"SELECT pg_terminate_backend({lease.pid}); if it is still there after that, kill -9 "
        f"{lease.pid} (deploy/postgresql.md, When a writer stands still)"
    )


def _held_by_another_release(connection: Connection) -> LogLocked:
    row = connection.execute(
        "SELECT application_name, coalesce(host(client_addr), 'a local socket')"
        " FROM pg_locks JOIN pg_stat_activity USING (pid)"
        " WHERE locktype = 'advisory' AND granted AND classid = %s AND objid = %s"
        " AND pg_locks.database = (SELECT oid FROM pg_database"
        "  WHERE datname = current_database())",
        _ELECTION,
    ).fetchone()
    who = f"{row[0]}, connected from {row[1]}" if row else "another process"
    return LogLocked(f"{connection.info.dbname}: the log is being written by {who}")
