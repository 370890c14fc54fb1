"""The service as a reader: any number of such processes answer beside one that writes."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Sequence

import structlog
import uvloop

from ldes_shok.bootstrap.core import ReadCore, build_read_core
from ldes_shok.bootstrap.reading import read_limits
from ldes_shok.bootstrap.renewal import Renewals, renewing
from ldes_shok.bootstrap.web import Taking, build_services
from ldes_shok.clock import Clock
from ldes_shok.errors import LogError
from ldes_shok.http.serving.app import create_app
from ldes_shok.http.serving.server import listening
from ldes_shok.log.reads import Reads
from ldes_shok.log.records import SilentWriter
from ldes_shok.observability import metric_table as table
from ldes_shok.processes.hangup import Hangup
from ldes_shok.processes.refusing_ingest import IngestElsewhere
from ldes_shok.processes.sockets import Sockets, bound
from ldes_shok.settings.model import Settings
from ldes_shok.settings.secrets import ServiceSecrets

_LOOK_SECONDS = 0.5


def run_reader(settings: Settings, secrets: ServiceSecrets, clock: Clock, hangup: Hangup) -> int:
    """Serve until SIGTERM or SIGINT; returns the exit code. SIGHUP renews its secrets.

    Raises:
        LdesShokError: it cannot start; says why.
    """
    core = _waited_for(settings, clock)
    try:
        with (
            bound(settings.http.host, settings.http.port, 1) as sockets,
            asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
        ):
            runner.run(_run(core, secrets, clock, sockets[0], hangup))
    finally:
        core.close()
    structlog.get_logger("ldes_shok").info("stopped")
    return 0


def _waited_for(settings: Settings, clock: Clock) -> ReadCore:
    """The core, once the log can be read: it says which streams there are."""
    said = ""
    while True:
        try:
            return build_read_core(settings, clock)
        except LogError as error:
            if str(error) != said:
                said = str(error)
                structlog.get_logger("ldes_shok").info("waiting_for_log", reason=said)
            time.sleep(_LOOK_SECONDS)


async def _run(
    core: ReadCore,
    secrets: ServiceSecrets,
    clock: Clock,
    listeners: Sockets,
    hangup: Hangup,
) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    with Reads(core.reader, read_limits(core.settings)) as reads:
        watch = _Watch(core, reads)
        ingest = IngestElsewhere(lambda: watch.problem)
        taking = Taking(ingest, {}, tuple)
        services = build_services(core, secrets, taking, reads, remarks=lambda: watch.remarks)
        renewals = Renewals()
        renewals.of_services(core.settings, services)
        watching = asyncio.create_task(watch.run())
        try:
            async with (
                listening(
                    create_app(services, clock),
                    listeners,
                    clock,
                    grace_seconds=core.settings.http.shutdown_grace_seconds,
                ),
                renewing(core.settings, secrets, renewals, hangup),
            ):
                structlog.get_logger("ldes_shok").info("reading", url=core.settings.public_url)
                await stopping.wait()
                structlog.get_logger("ldes_shok").info("draining")
        finally:
            watching.cancel()


class _Watch:
    """Whether the log can be read, and somebody writes it who is heard of: for `/health/ready`."""

    def __init__(self, core: ReadCore, reads: Reads) -> None:
        self._core = core
        self._reads = reads
        self.problem = "the log was not read yet"
        self.remarks: Sequence[str] = ()

    async def run(self) -> None:
        """Look now and then, and say when it changes."""
        while True:
            problem, silent = "", None
            try:
                silent = await self._reads.run(self._look)
            except LogError as error:
                problem = str(error)
            if problem != self.problem:
                structlog.get_logger("ldes_shok").info("log_readable", problem=problem)
            self.problem = problem
            self._tell(silent)
            await asyncio.sleep(_LOOK_SECONDS)

    def _look(self) -> SilentWriter | None:
        self._core.reader.stream(self._core.streams[0].name)
        return self._core.reader.silent_writer()

    def _tell(self, silent: SilentWriter | None) -> None:
        seconds = silent.silent_seconds if silent else 0.0
        self._core.metrics.set(table.WRITER_SILENT, seconds)
        if silent is None:
            self.remarks = ()
            return
        since = f"{silent.since:%Y-%m-%dT%H:%M:%SZ}"
        if not self.remarks:
            log = structlog.get_logger("ldes_shok")
            log.error("writer_silent", writer=silent.name, since=since)
        said = f"the writer is not heard of since {since}: {silent.name}"
        self.remarks = (f"{said} (deploy/postgresql.md, When a writer stands still)",)
