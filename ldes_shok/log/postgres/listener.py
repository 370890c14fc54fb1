"""Hears of commits, and says when it cannot."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from threading import Event, Lock, Thread
from time import monotonic
from typing import Final

import psycopg

from ldes_shok.errors import LogError
from ldes_shok.log.postgres.connection import Connection
from ldes_shok.log.pulse import Pulse

CHANNEL: Final = "ldes_shok"

_POLL_SECONDS: Final = 0.5
_RETRY_SECONDS: Final = 0.2
_STOP_SECONDS: Final = 5.0
_SILENT_SECONDS: Final = 2.0
"""A server that did not answer for so long (a frozen one keeps its connections) tells nothing."""


class Listener:
    """A thread with a connection of its own that LISTENs, and asks too in case it was not told.

    While it has no connection nobody can tell whether anything was committed: `generation` then
    never gives the same number twice, so whoever asks looks in the log itself.
    """

    def __init__(self, connect: Callable[[], Connection], pulse: Pulse) -> None:
        """Start nothing; the first question does."""
        self._connect = connect
        self._pulse = pulse
        self._unknown = itertools.count(-1, -1)
        self._hears = False
        self._heard_seconds = 0.0
        self._stopping = Event()
        self._starting = Lock()
        self._thread: Thread | None = None

    @property
    def hears(self) -> bool:
        """Whether it is connected, and answered: what is committed now is known within a moment."""
        return self._hears and monotonic() - self._heard_seconds < _SILENT_SECONDS

    def generation(self) -> int:
        """The newest generation; a number that never was while that is not known. Never waits."""
        if self._thread is None:
            self._start()
        return self._pulse.generation if self.hears else next(self._unknown)

    def close(self) -> None:
        """End the thread."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(_STOP_SECONDS)

    def _start(self) -> None:
        with self._starting:
            if self._thread is None and not self._stopping.is_set():
                self._thread = Thread(target=self._run, name="log-listener", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                with self._connect() as connection:
                    self._listen(connection)
            except (LogError, psycopg.Error):
                # Whoever reads meets the same and says so; here it only means: not known.
                self._hears = False
                self._stopping.wait(_RETRY_SECONDS)
        self._hears = False

    def _listen(self, connection: Connection) -> None:
        connection.execute(f"LISTEN {CHANNEL}")
        while not self._stopping.is_set():
            row = connection.execute("SELECT generation FROM head").fetchone()
            if row is not None:
                self._pulse.beat(int(row[0]))
            self._heard_seconds, self._hears = monotonic(), True
            for notice in connection.notifies(timeout=_POLL_SECONDS):
                self._pulse.beat(int(notice.payload))
                if self._stopping.is_set():
                    return
