"""A few connections for many threads."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from contextlib import suppress
from threading import Lock, get_ident
from typing import Any, Final

import psycopg

from ldes_shok.errors import LogUnavailable
from ldes_shok.log.postgres.connection import Connection, Parameters, first_line

_IDLE_CONNECTIONS: Final = 4


class ReadPool:
    """Lends a connection for one query. Keeps a few, and replaces a lost one when needed."""

    def __init__(self, connect: Callable[[], Connection]) -> None:
        """`connect` opens a connection that may read, or raises LogUnavailable or LogMismatch."""
        self._connect = connect
        self._idle: list[Connection] = []
        self._lent: dict[int, Connection] = {}
        self._lock = Lock()
        self._closed = False

    def select(self, query: str, parameters: Parameters = ()) -> list[Any]:
        """All rows of a query.

        Raises:
            LogUnavailable: the log cannot be read.
        """
        connection, is_new = self._take()
        thread = get_ident()
        while True:
            self._lent[thread] = connection
            try:
                rows = connection.execute(query, parameters, prepare=True).fetchall()
            except psycopg.Error as error:
                was_interrupted = self._lent.pop(thread, None) is None
                lost = connection.closed or connection.broken
                if lost and not is_new and not was_interrupted:
                    # The server was restarted: none of the kept connections works any more.
                    self._drop_idle()
                    connection, is_new = self._connect(), True
                    continue
                if lost:
                    connection.close()
                else:
                    self._give_back(connection)
                raise LogUnavailable(f"the log cannot be read: {first_line(error)}") from error
            self._lent.pop(thread, None)
            self._give_back(connection)
            return rows

    def interrupt(self, thread: int) -> None:
        """Cut the connection on which a thread waits for an answer.

        It does not ask the server to cancel: a server that does not answer would not cancel either.
        The server checks every second whether its client is there
        (`client_connection_check_interval`).
        """
        connection = self._lent.pop(thread, None)
        if connection is not None:
            with suppress(OSError, psycopg.Error), _socket_of(connection) as end:
                end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close idle connections now, and the others when they come back."""
        self._closed = True
        self._drop_idle()

    def _take(self) -> tuple[Connection, bool]:
        with self._lock:
            if self._idle:
                return self._idle.pop(), False
        return self._connect(), True

    def _give_back(self, connection: Connection) -> None:
        with self._lock:
            if not self._closed and len(self._idle) < _IDLE_CONNECTIONS:
                self._idle.append(connection)
                return
        connection.close()

    def _drop_idle(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()


def _socket_of(connection: Connection) -> socket.socket:
    """The connection's socket, by our own descriptor: the library may close its own meanwhile."""
    return socket.socket(fileno=os.dup(connection.fileno()))
