"""A log in PostgreSQL, opened; imported only when the settings name one."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Final

import structlog

from ldes_shok.bootstrap.stores import OpenLog, Replacement
from ldes_shok.errors import LogLocked, LogUnavailable, WriterSilent
from ldes_shok.log.identity import LogIdentity
from ldes_shok.log.postgres.election import Succession
from ldes_shok.log.postgres.reader import PostgresLogReader
from ldes_shok.log.postgres.writer import PostgresLogWriter
from ldes_shok.log.pulse import Pulse
from ldes_shok.settings.model import Settings

STANDBY_SECONDS: Final = 0.5
"""How long a standby waits before it asks again whether the writer is gone."""


def open_postgres_log(settings: Settings, identity: LogIdentity, url: str) -> OpenLog:
    """The log to write; a standby returns when it was elected.

    Raises:
        LogLocked, LogMismatch, LogUnavailable: it cannot be opened.
    """
    pulse, replacement = Pulse(), Replacement()
    elect = partial(PostgresLogWriter, url, identity, pulse=pulse, on_replaced=replacement.declare)
    if settings.store.standby:
        writer = _stand_by(partial(elect, succession=Succession()))
    else:
        writer = elect()
    reader = PostgresLogReader(url, settings.public_url, pulse=pulse)
    return OpenLog(writer, reader, None, replacement=replacement)


def open_postgres_reader(settings: Settings, url: str) -> PostgresLogReader:
    """The log to read; connects when it is asked something."""
    return PostgresLogReader(url, settings.public_url)


def _stand_by(elect: Callable[[], PostgresLogWriter]) -> PostgresLogWriter:
    """Ask until this process is elected; a server that is away is waited for too."""
    said = ""
    while True:
        try:
            return elect()
        except (LogLocked, LogUnavailable) as error:
            if str(error) != said:
                said = str(error)
                event = "writer_silent" if isinstance(error, WriterSilent) else "standing_by"
                structlog.get_logger("ldes_shok").warning(event, reason=said)
            time.sleep(STANDBY_SECONDS)
