"""Finds every read and write of the log on a thread whose event loop runs; there must be none.

The methods of the stores are put behind a question, in this process or in one that serves
(`tests.support.serving`). What is found fails where it happens, and stands in `FOUND` and on
standard error for those who must not overlook it.
"""

from __future__ import annotations

import asyncio
import sys
import threading
import traceback
from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from ldes_shok.log.base import LogReader, LogWriter
from ldes_shok.log.sqlite.reader import SqliteLogReader
from ldes_shok.log.sqlite.writer import SqliteLogWriter

FOUND: Final[list[str]] = []
MARK: Final = "THE LOG IS USED ON THE EVENT LOOP"
_FROM_MEMORY: Final = frozenset({"generation", "interrupt", "close", "next_event_id"})


def watch(*, postgres: bool = False, exempt: threading.Thread | None = None) -> None:
    """From now on, in this process.

    Args:
        postgres: watch that store too; loading it takes its time.
        exempt: a thread that may: that of the tests, which look into logs as they like.
    """
    stores: list[tuple[type, type]] = [(LogReader, SqliteLogReader), (LogWriter, SqliteLogWriter)]
    if postgres:
        from ldes_shok.log.postgres.reader import PostgresLogReader  # noqa: PLC0415
        from ldes_shok.log.postgres.writer import PostgresLogWriter  # noqa: PLC0415

        stores += [(LogReader, PostgresLogReader), (LogWriter, PostgresLogWriter)]
    for protocol, store in stores:
        for name in vars(protocol):
            if not name.startswith("_") and name not in _FROM_MEMORY:
                setattr(store, name, _watched(getattr(store, name), exempt))


def _watched(method: Callable[..., Any], exempt: threading.Thread | None) -> Callable[..., Any]:
    @wraps(method)
    def call(*arguments: Any, **named: Any) -> Any:
        if asyncio._get_running_loop() is not None and threading.current_thread() is not exempt:
            stack = "".join(traceback.format_stack(limit=8))
            FOUND.append(f"{MARK}: {method.__qualname__}\n{stack}")
            print(FOUND[-1], file=sys.stderr, flush=True)  # noqa: T201
            raise AssertionError(FOUND[-1])
        return method(*arguments, **named)

    return call
