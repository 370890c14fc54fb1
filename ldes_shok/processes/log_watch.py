"""For a process that only reads: watches whether the log can be read and its writer is alive."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

import structlog

from ldes_shok.errors import LogError
from ldes_shok.log.base import LogReader
from ldes_shok.log.reads import Reads
from ldes_shok.log.records import SilentWriter
from ldes_shok.observability import metric_table as table
from ldes_shok.observability.metrics import Metrics

LOOK_SECONDS: Final = 0.5
"""How often the log is read."""


class LogWatch:
    """Reads the log regularly; `problems` and `remarks` are for `/health/ready`."""

    def __init__(self, reader: LogReader, stream: str, metrics: Metrics, reads: Reads) -> None:
        """Watch the log of `reader` on the threads of `reads`; `stream` is one of its streams."""
        self._reader = reader
        self._stream = stream
        self._metrics = metrics
        self._reads = reads
        self._problem = "the log was not read yet"
        self._remark = ""

    def problems(self) -> Sequence[str]:
        """Return why the log cannot be read; empty if it can."""
        return (self._problem,) if self._problem else ()

    def remarks(self) -> Sequence[str]:
        """Return which writer is silent, and since when; empty if none is."""
        return (self._remark,) if self._remark else ()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Watch until the block ends."""
        looking = asyncio.create_task(self._run())
        try:
            yield
        finally:
            looking.cancel()

    async def _run(self) -> None:
        while True:
            problem, silent = "", None
            try:
                silent = await self._reads.run(self._look)
            except LogError as error:
                problem = str(error)
            if problem != self._problem:
                structlog.get_logger("ldes_shok").info("log_readable", problem=problem)
            self._problem = problem
            self._note(silent)
            await asyncio.sleep(LOOK_SECONDS)

    def _look(self) -> SilentWriter | None:
        self._reader.stream(self._stream)
        return self._reader.silent_writer()

    def _note(self, silent: SilentWriter | None) -> None:
        self._metrics.set(table.WRITER_SILENT, silent.silent_seconds if silent else 0)
        if silent is None:
            self._remark = ""
            return
        since = f"{silent.since:%Y-%m-%dT%H:%M:%SZ}"
        if not self._remark:
            log = structlog.get_logger("ldes_shok")
            log.error("writer_silent", writer=silent.name, since=since)
        self._remark = (
            f"the writer is not heard of since {since}: {silent.name} (deploy/postgresql.md, When "
            "a writer stands still)"
        )
