"""The running service: started, drained, stopped."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from datetime import UTC
from functools import partial
from pathlib import Path

import structlog
import uvloop
from aiohttp import web
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from ldes_shok.bootstrap.core import Core, build_core
from ldes_shok.bootstrap.decoders import build_decodings
from ldes_shok.bootstrap.derive import deriving
from ldes_shok.bootstrap.housekeeping import FORGET_SECONDS, Forgetting
from ldes_shok.bootstrap.intake import correcting, lane_rules, limits
from ldes_shok.bootstrap.ocpp16 import build_centrals, build_silences
from ldes_shok.bootstrap.privacy import build_secrecy
from ldes_shok.bootstrap.reader_service import run_reader
from ldes_shok.bootstrap.reading import read_limits, revealed
from ldes_shok.bootstrap.renewal import Renewals, renewing
from ldes_shok.bootstrap.replicas import build_replicas
from ldes_shok.bootstrap.sources import SourceTools, build_sources, running_sources
from ldes_shok.bootstrap.web import Gather, Taking, build_services, nothing_to_gather
from ldes_shok.clock import Clock, SystemClock
from ldes_shok.errors import LogUnavailable, ShuttingDown, WriterReplaced
from ldes_shok.http.serving.app import create_app
from ldes_shok.http.serving.server import listening
from ldes_shok.log.reads import Reads
from ldes_shok.observability import metric_table as table
from ldes_shok.pipeline.archive import BackgroundArchiver
from ldes_shok.pipeline.ingest import Ingest
from ldes_shok.processes.hangup import Hangup
from ldes_shok.processes.sockets import Sockets, bound
from ldes_shok.processes.workers import (
    Order,
    Readers,
    listening_for_readers,
    private_directory,
)
from ldes_shok.settings.model import Settings
from ldes_shok.settings.secrets import ServiceSecrets, resolve_secrets

SEAL_SECONDS = 15
"""How often nodes are looked at whose interval may be over by the clock."""

Life = Callable[["Running"], Awaitable[None]]
"""What a service does while it runs, until it is told to stop."""


class Running:
    """A service that is up: what its life may use."""

    def __init__(self, core: Core, ingest: Ingest, clock: Clock, reads: Reads) -> None:
        self.core = core
        self.ingest = ingest
        self.clock = clock
        self.reads = reads
        self.stopping = asyncio.Event()


def run_service(settings: Settings) -> int:
    """Serve until SIGTERM or SIGINT; returns the exit code. SIGHUP renews its secrets.

    Raises:
        LdesShokError: it cannot start; says why.
    """
    hangup = Hangup()
    secrets = resolve_secrets(settings, os.environ)
    clock = SystemClock()
    if settings.service.role == "reader":
        return run_reader(settings, secrets, clock, hangup)
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
    """Run a built service to its end and let go of the log; without `hangup` SIGHUP ends it.

    Raises:
        ConfigurationError: it cannot listen on its port.
        WriterReplaced: another process was elected to write the log; this one must start again.
    """
    try:
        with (
            _listeners(core.settings) as sockets,
            asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
        ):
            runner.run(_run(core, secrets, clock, life, sockets, hangup))
    finally:
        core.close()
    if core.replacement.reason:
        raise WriterReplaced(core.replacement.reason)
    structlog.get_logger("ldes_shok").info("stopped")
    return 0


def _listeners(settings: Settings) -> AbstractContextManager[Sequence[Sockets]]:
    if settings.service.role == "writer":
        return nullcontext(())
    return bound(settings.http.host, settings.http.port, settings.http.workers)


async def _run(
    core: Core,
    secrets: ServiceSecrets,
    clock: Clock,
    life: Life,
    sockets: Sequence[Sockets],
    hangup: Hangup | None,
) -> None:
    settings = core.settings
    renewals = Renewals()
    archiver = BackgroundArchiver(core.leaf_archiver, core.metrics)
    ingest = Ingest(
        core.writer,
        limits(settings),
        lane_rules(settings),
        core.metrics,
        archiver,
        correcting(settings),
    )
    reads = Reads(core.reader, read_limits(settings))
    running = Running(core, ingest, clock, reads)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, running.stopping.set)
    core.replacement.listen(partial(_stop_soon, loop, running))
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
    on_behind = partial(core.metrics.set, table.DERIVED_BEHIND)
    forgetting = Forgetting(core, ingest, clock, reads.run)
    ingest.start()
    try:
        with reads:

            def application(gather: Gather) -> web.Application:
                taking = Taking(ingest, decodings, lambda: sources, centrals)
                services = build_services(
                    core, secrets, taking, reads, gather, remarks=lambda: forgetting.remarks
                )
                renewals.of_services(settings, services)
                return create_app(services, clock)

            async with (
                _serving(application, core, secrets, sockets, renewals),
                _scheduled(ingest, forgetting),
                running_sources(sources),
                deriving(settings, core.reader, clock, ingest, on_behind),
                renewing(settings, secrets, renewals, hangup),
            ):
                await life(running)
                structlog.get_logger("ldes_shok").info("draining")
    finally:
        await asyncio.to_thread(ingest.stop)


def _stop_soon(loop: asyncio.AbstractEventLoop, running: Running) -> None:
    """From another thread."""
    loop.call_soon_threadsafe(running.stopping.set)


@asynccontextmanager
async def _serving(
    application: Callable[[Gather], web.Application],
    core: Core,
    secrets: ServiceSecrets,
    sockets: Sequence[Sockets],
    renewals: Renewals,
) -> AsyncIterator[None]:
    """Answer requests: here, in as many processes of their own as there are sockets, or not."""
    if core.settings.service.role == "writer":
        yield
        return
    grace_seconds = core.settings.http.shutdown_grace_seconds
    if len(sockets) == 1:
        async with listening(
            application(nothing_to_gather),
            sockets[0],
            SystemClock(),
            grace_seconds=grace_seconds,
        ):
            yield
        return
    pulse = None if core.pulse is None else core.pulse.descriptor
    order = Order(core.settings, revealed(core.settings, secrets), core.log_file, pulse)
    with private_directory() as directory:
        readers = Readers(order, sockets, Path(directory), core.metrics)

        async def take(new: ServiceSecrets) -> None:
            await readers.renew(revealed(core.settings, new))

        renewals.secrets.append(take)
        async with (
            listening_for_readers(application(readers.gather), Path(directory), grace_seconds),
            readers.running(grace_seconds),
        ):
            yield


@asynccontextmanager
async def _scheduled(ingest: Ingest, forget: Forgetting) -> AsyncIterator[None]:
    """Housekeeping by the clock; never on the way of an event."""

    async def seal() -> None:
        try:
            # By a clock that is ahead, what is sealed keeps publication there: with no event, not.
            if await forget.look() or ingest.last_error:
                await ingest.seal()
        except (LogUnavailable, ShuttingDown) as error:
            structlog.get_logger("ldes_shok.maintain").warning("not_sealed", reason=str(error))

    scheduler = AsyncIOScheduler(timezone=UTC)
    scheduler.add_job(
        seal, "interval", seconds=SEAL_SECONDS, coalesce=True, max_instances=1,
        misfire_grace_time=None,
    )  # fmt: skip
    scheduler.add_job(
        forget, "interval", seconds=FORGET_SECONDS, coalesce=True, max_instances=1,
        misfire_grace_time=None,
    )  # fmt: skip
    scheduler.start()
    try:
        await seal()
        await forget()
        yield
    finally:
        scheduler.shutdown(wait=False)
