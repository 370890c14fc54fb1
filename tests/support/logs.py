"""A log read beside its writer, wherever it is."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from ldes_shok.log.base import LogReader
from ldes_shok.log.identity import LogIdentity
from ldes_shok.log.postgres.reader import PostgresLogReader
from ldes_shok.log.sqlite.reader import SqliteLogReader

SECRET: Final = b"an invented secret, for tests only"

Where = Path | str
"""An SQLite file, or the URL of a database."""


def open_reader(where: Where, public_url: str) -> LogReader:
    """The log at `where`."""
    if isinstance(where, str):
        return PostgresLogReader(where, public_url)
    return SqliteLogReader(where, public_url)


def identity_of(public_url: str) -> LogIdentity:
    """Of a log that no service opens."""
    return LogIdentity(public_url, SECRET)
