"""The wait of a standby for a log that another process writes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

import structlog

from ldes_shok.errors import LogLocked, LogUnavailable, WriterSilent
from ldes_shok.log.postgres.writer import PostgresLogWriter

_STANDBY_SECONDS: Final = 0.5
"""How long a standby waits before it asks again whether the writer is gone."""


def stand_by(elect: Callable[[], PostgresLogWriter]) -> PostgresLogWriter:
    """Ask until this process is elected; waits also for a server that is away."""
    known = ""
    while True:
        try:
            return elect()
        except (LogLocked, LogUnavailable) as error:
            if str(error) != known:
                known = str(error)
                event = "writer_silent" if isinstance(error, WriterSilent) else "standing_by"
                structlog.get_logger("ldes_shok").warning(event, reason=known)
            time.sleep(_STANDBY_SECONDS)
