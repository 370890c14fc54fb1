"""Answers requests: in this process, or in as many processes as `http.workers` sets."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from pathlib import Path

from aiohttp import web

from ldes_shok.bootstrap.callers import who_may_push
from ldes_shok.bootstrap.core import Core, ReadCore
from ldes_shok.bootstrap.reading import revealed
from ldes_shok.bootstrap.web import Gather, Taking, build_services, nothing_to_gather
from ldes_shok.clock import SystemClock
from ldes_shok.http.serving.app import create_app
from ldes_shok.http.serving.server import listening
from ldes_shok.log.reads import Reads
from ldes_shok.processes.channel import ReaderStart
from ldes_shok.processes.renewal import Renewals
from ldes_shok.processes.sockets import Sockets, bound
from ldes_shok.processes.workers import (
    SOCKET_NAME,
    Readers,
    listening_for_readers,
    private_directory,
)
from ldes_shok.settings.model import Settings
from ldes_shok.settings.secrets import ServiceSecrets


def listeners(settings: Settings) -> AbstractContextManager[Sequence[Sockets]]:
    """Return the sockets of each process that answers; none for a writer without HTTP."""
    if settings.service.role == "writer":
        return nullcontext(())
    return bound(settings.http.host, settings.http.port, settings.http.workers)


@asynccontextmanager
async def answering(
    core: ReadCore,
    secrets: ServiceSecrets,
    taking: Taking,
    reads: Reads,
    sockets: Sequence[Sockets],
    renewals: Renewals,
) -> AsyncIterator[None]:
    """Answer requests until the block ends.

    Args:
        core: the log and what is built from it.
        secrets: of the sources and the consumers.
        taking: how events come in.
        reads: threads that read the log.
        sockets: of each process that answers; if there is one, it is this process.
        renewals: gets what must be renewed at SIGHUP.
    """
    settings, grace_seconds = core.settings, core.settings.http.shutdown_grace_seconds

    def application(gather: Gather) -> web.Application:
        services = build_services(core, secrets, taking, reads, gather)

        async def take(new: ServiceSecrets) -> None:
            services.callers.renew(*who_may_push(settings, new))
            services.reading.access.renew(revealed(settings, new))

        renewals.secrets.append(take)
        renewals.files.append(services.reading.access.renew_signed)
        renewals.reopened.append(services.reading.audit.close)
        return create_app(services, core.clock)

    if not sockets:
        yield
    elif len(sockets) == 1:
        async with listening(
            application(nothing_to_gather), sockets[0], SystemClock(), grace_seconds=grace_seconds
        ):
            yield
    else:
        with private_directory() as directory:
            socket_path = Path(directory) / SOCKET_NAME
            readers = Readers(_starts(core, secrets, sockets, socket_path), core.metrics)

            async def take_readers(new: ServiceSecrets) -> None:
                await readers.renew(revealed(settings, new))

            renewals.secrets.append(take_readers)
            async with (
                listening_for_readers(application(readers.gather), socket_path, grace_seconds),
                readers.running(grace_seconds),
            ):
                yield


def _starts(
    core: ReadCore, secrets: ServiceSecrets, sockets: Sequence[Sockets], socket_path: Path
) -> list[ReaderStart]:
    pulse = core.pulse if isinstance(core, Core) else None
    return [
        ReaderStart(
            number=number,
            settings=core.settings,
            credentials=revealed(core.settings, secrets),
            log_path=None if core.log_file is None else str(core.log_file),
            socket_path=str(socket_path),
            listeners=[listener.fileno() for listener in group],
            pulse=None if pulse is None else pulse.descriptor,
        )
        for number, group in enumerate(sockets, start=1)
    ]
