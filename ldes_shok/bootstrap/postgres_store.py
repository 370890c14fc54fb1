"""Opens a log in PostgreSQL; imported only when the settings name one."""

from __future__ import annotations

from functools import partial

from ldes_shok.log.identity import LogIdentity
from ldes_shok.log.opened import OpenLog, Replacement
from ldes_shok.log.postgres.election import Succession
from ldes_shok.log.postgres.reader import PostgresLogReader
from ldes_shok.log.postgres.standby import stand_by
from ldes_shok.log.postgres.writer import PostgresLogWriter
from ldes_shok.log.pulse import Pulse
from ldes_shok.settings.model import Settings


def open_postgres_log(settings: Settings, identity: LogIdentity, url: str) -> OpenLog:
    """Open the log to write; a standby waits until it is elected.

    Raises:
        LogLocked, LogMismatch, LogUnavailable: it cannot be opened.
    """
    pulse, replacement = Pulse(), Replacement()
    elect = partial(PostgresLogWriter, url, identity, pulse=pulse, on_replaced=replacement.declare)
    if settings.store.standby:
        writer = stand_by(partial(elect, succession=Succession()))
    else:
        writer = elect()
    reader = PostgresLogReader(url, settings.public_url, pulse=pulse)
    return OpenLog(writer, reader, None, replacement=replacement)
