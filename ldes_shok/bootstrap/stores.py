"""The store that the settings name, opened: SQLite or PostgreSQL."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import structlog

from ldes_shok.errors import LogLocked, LogUnavailable
from ldes_shok.log.base import LogReader, LogWriter
from ldes_shok.log.postgres.pulse import Pulse
from ldes_shok.log.postgres.reader import PostgresLogReader
from ldes_shok.log.postgres.writer import PostgresLogWriter
from ldes_shok.log.sqlite_reader import SqliteLogReader
from ldes_shok.log.sqlite_writer import SqliteLogWriter
from ldes_shok.settings.model import Settings
from ldes_shok.settings.store import postgres_url, store_path

STANDBY_SECONDS: Final = 0.5
"""How long a standby waits before it asks again whether the writer is gone."""


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
        replacement: says when another process writes it instead.
    """

    writer: LogWriter
    reader: LogReader
    path: Path | None
    replacement: Replacement = field(default_factory=Replacement)


def open_log(settings: Settings, log_path: Path | None = None) -> OpenLog:
    """The log to write; a standby returns when it was elected.

    Args:
        settings: of the service.
        log_path: an SQLite file in place of what the settings name.

    Raises:
        LogLocked, LogMismatch, LogUnavailable: it cannot be opened.
    """
    url = None if log_path else postgres_url(settings.store)
    public_url = settings.public_url
    if url is None:
        path = log_path or store_path(settings.store)
        return OpenLog(SqliteLogWriter(path, public_url), SqliteLogReader(path, public_url), path)
    pulse, replacement = Pulse(), Replacement()

    def elected() -> PostgresLogWriter:
        return PostgresLogWriter(url, public_url, pulse=pulse, on_replaced=replacement.declare)

    writer = _stand_by(elected) if settings.store.standby else elected()
    return OpenLog(writer, PostgresLogReader(url, public_url, pulse=pulse), None, replacement)


def open_log_reader(settings: Settings, log_path: Path | None = None) -> LogReader:
    """The log to read, beside whoever writes it; nothing is opened before it is asked something."""
    url = None if log_path else postgres_url(settings.store)
    if url is None:
        return SqliteLogReader(log_path or store_path(settings.store), settings.public_url)
    return PostgresLogReader(url, settings.public_url)


def open_existing_log(settings: Settings) -> LogReader:
    """The log to read, for a command that can do nothing without one.

    Raises:
        LogUnavailable: there is no file yet.
    """
    if postgres_url(settings.store) is None:
        path = store_path(settings.store)
        if not path.exists():
            raise LogUnavailable(f"{path}: there is no log here yet; has the service run?")
    return open_log_reader(settings)


def _stand_by(elected: Callable[[], PostgresLogWriter]) -> PostgresLogWriter:
    """Ask until this process is elected. A server that is away for a while is waited for too."""
    said = ""
    while True:
        try:
            return elected()
        except (LogLocked, LogUnavailable) as error:
            if str(error) != said:
                said = str(error)
                structlog.get_logger("ldes_shok").info("standing_by", reason=said)
            time.sleep(STANDBY_SECONDS)
