"""Starts, drains and stops the running service."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import partial

import structlog
import uvloop

from ldes_shok.bootstrap.core import Core, ReadCore, build_core, build_read_core
from ldes_shok.bootstrap.decoders import build_decodings
from ldes_shok.bootstrap.derive import deriving
from ldes_shok.bootstrap.housekeeping import build_forgetting
from ldes_shok.bootstrap.intake import correcting, lane_rules, limits
from ldes_shok.bootstrap.ocpp16 import build_centrals, build_silences
from ldes_shok.bootstrap.privacy import build_secrecy
from ldes_shok.bootstrap.reading import read_limits
from ldes_shok.bootstrap.replicas import build_replicas
from ldes_shok.bootstrap.serving import answering, listeners
from ldes_shok.bootstrap.sources import SourceTools, build_sources, running_sources
from ldes_shok.bootstrap.web import Taking
from ldes_shok.clock import Clock, SystemClock
from ldes_shok.errors import LogError, WriterReplaced
from ldes_shok.log.reads import Reads
from ldes_shok.observability import metric_table as table
from ldes_shok.pipeline.archive import BackgroundArchiver
from ldes_shok.pipeline.ingest import GroupCommit
from ldes_shok.pipeline.readiness import problems
from ldes_shok.processes.hangup import Hangup
from ldes_shok.processes.housekeeping import housekeeping
from ldes_shok.processes.log_watch import LOOK_SECONDS, LogWatch
from ldes_shok.processes.refusing_ingest import RefusingIngest
from ldes_shok.processes.renewal import Renewals, renewing
from ldes_shok.processes.sockets import Sockets
from ldes_shok.settings.model import Settings
from ldes_shok.settings.secrets import ServiceSecrets, resolve_secrets

Life = Callable[["Running"], Awaitable[None]]
"""What a service does while it runs, until it must stop."""


class Running:
    """A running service: what its life may use."""

    def __init__(self, core: Core, ingest: GroupCommit, clock: Clock, reads: Reads) -> None:
        self.core = core
        self.ingest = ingest
        self.clock = clock
        self.reads = reads
        self.stopping = asyncio.Event()


def run_service(settings: Settings) -> int:
    """Serve until SIGTERM or SIGINT and return the exit code. SIGHUP renews the secrets.

    Raises:
        LdesShokError: the service cannot start.
    """
    hangup = Hangup()
    secrets = resolve_secrets(settings, os.environ)
    clock = SystemClock()
    if settings.service.role == "reader":
        return run_reader(_read_core(settings, clock), secrets, hangup)
    core = build_core(settings, secrets.identity, clock)

    async def wait(running: Running) -> None:
        structlog.get_logger("ldes_shok").info("serving", url=settings.public_url)
        await running.stopping.wait()

    return run_core(core, secrets, clock, wait, hangup)


def run_core(
    core: Core,
    secrets: ServiceSecrets,
    clock: Clock,
    life: Life,
    hangup: Hangup | None = None,
) -> int:
    """Run a built service to its end and close the log; without `hangup`, SIGHUP ends it.

    Raises:
        ConfigurationError: the service cannot listen on its port.
        WriterReplaced: another process was elected as the writer; this process must start again.
    """
    _run(core, partial(_write, core, secrets, clock, life, hangup))
    if core.replacement.reason:
        raise WriterReplaced(core.replacement.reason)
    structlog.get_logger("ldes_shok").info("stopped")
    return 0


def run_reader(core: ReadCore, secrets: ServiceSecrets, hangup: Hangup) -> int:
    """Run a service that only reads to its end, and close the log.

    Raises:
        ConfigurationError: the service cannot listen on its port.
    """
    _run(core, partial(_read, core, secrets, hangup))
    structlog.get_logger("ldes_shok").info("stopped")
    return 0


def _run(core: ReadCore, work: Callable[[Sequence[Sockets]], Coroutine[None, None, None]]) -> None:
    try:
        with (
            listeners(core.settings) as sockets,
            asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
        ):
            runner.run(work(sockets))
    finally:
        core.close()


def _stops(stopping: asyncio.Event) -> asyncio.AbstractEventLoop:
    """Return the running loop; SIGTERM and SIGINT set `stopping` from now on."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    return loop


async def _write(
    core: Core,
    secrets: ServiceSecrets,
    clock: Clock,
    life: Life,
    hangup: Hangup | None,
    sockets: Sequence[Sockets],
) -> None:
    settings = core.settings
    renewals = Renewals()
    archiver = BackgroundArchiver(core.leaf_archiver, core.metrics)
    ingest = GroupCommit(
        core.writer,
        limits(settings),
        lane_rules(settings),
        core.metrics,
        archiver,
        correcting(settings),
    )
    reads = Reads(core.reader, read_limits(settings))
    running = Running(core, ingest, clock, reads)
    loop = _stops(running.stopping)

    def stop_soon() -> None:
        """Stop soon; runs on the writer's thread."""
        loop.call_soon_threadsafe(running.stopping.set)

    core.replacement.listen(stop_soon)
    secrecy = build_secrecy(settings, os.environ, clock)
    decodings = build_decodings(settings, core.reader, secrecy, reads.run)
    tools = SourceTools(
        ingest,
        decodings,
        clock,
        core.reader.memory,
        reads.run,
        settings.ingest.stuck_after_failures,
        renewals,
    )
    centrals = build_centrals(settings, secrets, tools)
    sources = [
        *build_silences(settings, tools, core.reader),
        *build_sources(settings, secrets, tools),
        *build_replicas(settings, secrets, tools, core.reader),
        *centrals,
    ]
    forgetting = build_forgetting(core, ingest, clock, reads.run)
    on_behind = partial(core.metrics.set, table.DERIVED_BEHIND)
    taking = Taking(
        ingest,
        decodings,
        lambda: sources,
        centrals,
        problems=partial(problems, ingest),
        remarks=lambda: forgetting.remarks,
    )
    ingest.start()
    try:
        with reads:
            async with (
                answering(core, secrets, taking, reads, sockets, renewals),
                housekeeping(ingest, forgetting),
                running_sources(sources),
                deriving(settings, core.reader, clock, ingest, on_behind),
                renewing(settings, secrets, renewals, hangup),
            ):
                await life(running)
                structlog.get_logger("ldes_shok").info("draining")
    finally:
        await asyncio.to_thread(ingest.stop)


async def _read(
    core: ReadCore, secrets: ServiceSecrets, hangup: Hangup, sockets: Sequence[Sockets]
) -> None:
    stopping, renewals = asyncio.Event(), Renewals()
    _stops(stopping)
    with Reads(core.reader, read_limits(core.settings)) as reads:
        watch = LogWatch(core.reader, core.streams[0].name, core.metrics, reads)
        taking = Taking(RefusingIngest(), {}, tuple, problems=watch.problems, remarks=watch.remarks)
        async with (
            watch.running(),
            answering(core, secrets, taking, reads, sockets, renewals),
            renewing(core.settings, secrets, renewals, hangup),
        ):
            structlog.get_logger("ldes_shok").info("reading", url=core.settings.public_url)
            await stopping.wait()
            structlog.get_logger("ldes_shok").info("draining")


def _read_core(settings: Settings, clock: Clock) -> ReadCore:
    """Wait until the log can be read, then build the core: the log holds the list of streams."""
    known = ""
    while True:
        try:
            return build_read_core(settings, clock)
        except LogError as error:
            if str(error) != known:
                known = str(error)
                structlog.get_logger("ldes_shok").info("waiting_for_log", reason=known)
            time.sleep(LOOK_SECONDS)
