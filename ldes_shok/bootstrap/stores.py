"""Opens the store of the settings: SQLite or PostgreSQL."""

from __future__ import annotations

from pathlib import Path

from ldes_shok.log.identity import LogIdentity
from ldes_shok.log.opened import OpenLog, Replacement
from ldes_shok.log.pulse import Pulse
from ldes_shok.log.sqlite.reader import SqliteLogReader
from ldes_shok.log.sqlite.writer import SqliteLogWriter
from ldes_shok.settings.model import Settings
from ldes_shok.settings.store import postgres_url, store_path


def open_log(settings: Settings, identity: LogIdentity, log_path: Path | None = None) -> OpenLog:
    """Open the log to write; a standby waits until it is elected.

    Args:
        settings: of the service.
        identity: the identity that the log must have.
        log_path: an SQLite file in place of the log of the settings.

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
