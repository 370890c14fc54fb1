"""Runs aiohttp's server with our connections in front of it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

from aiohttp import web

from ldes_shok.clock import Clock
from ldes_shok.http.serving.connection import Connections, ConnectionTimeouts
from ldes_shok.http.serving.headers import http_date
from ldes_shok.http.serving.known_requests import Express
from ldes_shok.http.serving.protocol import RequestProtocol
from ldes_shok.http.serving.read_services import READING

_BACKLOG: Final = 1_024
_IDLE_SECONDS: Final = 0.1


@asynccontextmanager
async def listening(
    application: web.Application,
    listeners: Sequence[socket.socket],
    clock: Clock,
    *,
    grace_seconds: float,
    patience: ConnectionTimeouts | None = None,
) -> AsyncIterator[None]:
    """Serve an application that reads the log (`READING`); at the end finish open requests.

    Args:
        application: answers the requests.
        listeners: bound sockets; the caller closes them.
        clock: the machine's, for the Date header.
        grace_seconds: how long the end may wait for answers in progress, and once more as long for
            slow clients.
        patience: the timeouts of slow clients.
    """
    runner = web.AppRunner(application, shutdown_timeout=grace_seconds)
    await runner.setup()
    loop = asyncio.get_running_loop()
    connections = Connections(
        Express(application[READING]), patience or ConnectionTimeouts(), loop.time()
    )
    connections.express.date = http_date(clock.now())
    tending = asyncio.create_task(_tend(connections, clock))

    def accept() -> asyncio.Protocol:
        if runner.server is None:
            raise ConnectionAbortedError("the server is stopping")
        inner = RequestProtocol(runner.server, clock, application[READING].metrics)
        return connections.accept(inner)

    try:
        servers = [
            await loop.create_server(accept, sock=listener, backlog=_BACKLOG)
            for listener in listeners
        ]
        try:
            yield
        finally:
            for server in servers:
                server.close()
            latest_seconds = loop.time() + 2 * grace_seconds
            await connections.settle(grace_seconds)
            await close(runner)
            await connections.leave(max(0, min(grace_seconds, latest_seconds - loop.time())))
    finally:
        await runner.cleanup()
        tending.cancel()


async def close(runner: web.AppRunner) -> None:
    """Finish requests in progress, then close.

    aiohttp closes idle connections once. A connection that the kernel accepted just before the
    socket closed starts only after that, and holds the shutdown for its whole grace (seen: 11 s in
    one of some forty stops under load). So idle connections are closed until the shutdown is done.
    """
    closing = asyncio.create_task(runner.cleanup())
    while not closing.done():
        if runner.server is not None:
            runner.server.pre_shutdown()
        await asyncio.wait({closing}, timeout=_IDLE_SECONDS)
    await closing


async def _tend(connections: Connections, clock: Clock) -> None:
    """At the start of every second, update the Date header and close slow connections."""
    loop = asyncio.get_running_loop()
    while True:
        now = clock.now()
        connections.express.date = http_date(now)
        connections.look(loop.time())
        await asyncio.sleep(1 - now.microsecond / 1e6)
