"""One writer per log, elected by the database: whoever holds an advisory lock of its session.

The server takes the lock back when the session ends, however it ends. A commit runs on the very
session that holds it, so a writer that lost its session can never commit again without being
elected anew; and because each election raises the epoch that every commit names, not even a
pooler that moves statements between sessions could let a former writer in.
"""

from __future__ import annotations

from typing import Final

import psycopg

from ldes_shok.errors import LogLocked
from ldes_shok.log.postgres.connection import Connection, translated

_LOCK: Final = (0x6C646573, 1)  # "ldes"
_PATIENCE: Final = "500ms"


def elect(connection: Connection) -> None:
    """Become the writer, or refuse within a second.

    Raises:
        LogLocked: another session is; the message says which process on which machine.
        LogUnavailable: the server did not answer.
    """
    with translated("opened"):
        # A moment's patience: the server may not have noticed yet that the last holder died.
        connection.execute("SELECT set_config('lock_timeout', %s, false)", (_PATIENCE,))
        try:
            connection.execute("SELECT pg_advisory_lock(%s, %s)", _LOCK)
        except psycopg.errors.LockNotAvailable:
            pass
        else:
            connection.execute("SET lock_timeout = 0")
            return
        holder = connection.execute(
            "SELECT application_name, coalesce(host(client_addr), 'a local socket')"
            " FROM pg_locks JOIN pg_stat_activity USING (pid)"
            " WHERE locktype = 'advisory' AND granted AND classid = %s AND objid = %s"
            " AND pg_locks.database = (SELECT oid FROM pg_database"
            "  WHERE datname = current_database())",
            _LOCK,
        ).fetchone()
    who = f"{holder[0]}, connected from {holder[1]}" if holder else "another process"
    raise LogLocked(f"{connection.info.dbname}: the log is being written by {who}")


def begin_epoch(connection: Connection) -> int:
    """The number of this election; every earlier writer is refused from now on."""
    with translated("opened"):
        row = connection.execute("UPDATE head SET epoch = epoch + 1 RETURNING epoch").fetchone()
    if row is None:
        raise LogLocked("the log has no head row; it was not made by this service")
    return int(row[0])
