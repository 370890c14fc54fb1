"""Receives notices of commits, and knows when it cannot."""

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
"""After so long without an answer the server counts as frozen (it keeps its connections)."""


class Listener:
    """A thread with its own connection that LISTENs, and also polls in case a notice was lost.

    Without a connection it does not know of commits. `generation` then never returns the same
    number twice, so the caller reads the log itself.
    """

    def __init__(self, connect: Callable[[], Connection], pulse: Pulse) -> None:
        """Start nothing; the first call of `generation` starts the thread."""
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
        """Whether it is connected and the server answers: it then soon knows of a commit."""
        return self._hears and monotonic() - self._heard_seconds < _SILENT_SECONDS

    def generation(self) -> int:
        """The newest generation; a new number each time while that is unknown. Never waits."""
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
                # A reader meets the same error and reports it. Here it only means: unknown.
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
