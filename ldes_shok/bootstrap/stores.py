"""The store that the settings name, opened: SQLite or PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ldes_shok.log.base import LogReader, LogWriter
from ldes_shok.log.identity import LogIdentity
from ldes_shok.log.pulse import Pulse
from ldes_shok.log.sqlite.reader import SqliteLogReader
from ldes_shok.log.sqlite.writer import SqliteLogWriter
from ldes_shok.settings.model import Settings
from ldes_shok.settings.store import postgres_url, store_path


class Replacement:
    """Whether another writer was elected in our place. Told on the writer's thread."""

    def __init__(self) -> None:
        self._listener: Callable[[], None] | None = None
        self._reason = ""

    @property
    def reason(self) -> str:
        """Who it is; empty while this process is the writer."""
        return self._reason

    def declare(self, reason: str) -> None:
        """There is another writer."""
        self._reason = reason
        if self._listener is not None:
            self._listener()

    def listen(self, listener: Callable[[], None]) -> None:
        """Call `listener` when there is."""
        self._listener = listener
        if self._reason:
            listener()


@dataclass(frozen=True, slots=True)
class OpenLog:
    """A log that this process writes.

    Attributes:
        writer, reader: the log.
        path: its file; None when it is in a database.
        pulse: tells the processes beside this one of commits; None where the database does.
        replacement: says when another process writes it instead.
    """

    writer: LogWriter
    reader: LogReader
    path: Path | None
    replacement: Replacement
    pulse: Pulse | None = None


def open_log(settings: Settings, identity: LogIdentity, log_path: Path | None = None) -> OpenLog:
    """The log to write; a standby returns when it was elected.

    Args:
        settings: of the service.
        identity: whose log it must be.
        log_path: an SQLite file in place of what the settings name.

    Raises:
        LogLocked, LogMismatch, LogUnavailable: it cannot be opened.
    """
    url = None if log_path else postgres_url(settings.store)
    if url is None:
        path = log_path or store_path(settings.store)
        pulse = Pulse.shared() if settings.http.workers > 1 else Pulse()
        replacement = Replacement()
        writer = SqliteLogWriter(path, identity, pulse=pulse, on_replaced=replacement.declare)
        reader = SqliteLogReader(path, identity.public_url, pulse=pulse)
        return OpenLog(writer, reader, path, replacement, pulse)
    from ldes_shok.bootstrap.postgres_store import open_postgres_log  # noqa: PLC0415  14 MB

    return open_postgres_log(settings, identity, url)
