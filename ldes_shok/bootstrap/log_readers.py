"""Opens the log of the settings to read: SQLite or PostgreSQL. Loads no code that writes."""

from __future__ import annotations

from pathlib import Path

from ldes_shok.errors import LogUnavailable
from ldes_shok.log.base import LogReader
from ldes_shok.log.pulse import Pulse
from ldes_shok.log.sqlite.reader import SqliteLogReader
from ldes_shok.settings.model import Settings
from ldes_shok.settings.store import postgres_url, store_path


def open_log_reader(
    settings: Settings, log_path: Path | None = None, pulse: Pulse | None = None
) -> LogReader:
    """Return the log to read, beside its writer; it is opened at the first read.

    Args:
        settings: of the service.
        log_path: an SQLite file in place of the log of the settings.
        pulse: the pulse of the process that writes that file.
    """
    url = None if log_path else postgres_url(settings.store)
    if url is None:
        path = log_path or store_path(settings.store)
        return SqliteLogReader(path, settings.public_url, pulse=pulse)
    from ldes_shok.log.postgres.reader import PostgresLogReader  # noqa: PLC0415  14 MB

    return PostgresLogReader(url, settings.public_url)


def open_existing_log(settings: Settings) -> LogReader:
    """Return the log to read, for a command that needs an existing log.

    Raises:
        LogUnavailable: there is no file yet.
    """
    if postgres_url(settings.store) is None:
        path = store_path(settings.store)
        if not path.exists():
            raise LogUnavailable(f"{path}: there is no log here yet; has the service run?")
    return open_log_reader(settings)
