"""Listening on the port of the settings, and letting go of it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from ldes_shok.errors import ConfigurationError
from ldes_shok.settings.model import Settings

_IDLE_SECONDS = 0.1


@asynccontextmanager
async def serving(runner: web.AppRunner, settings: Settings) -> AsyncIterator[None]:
    """Answer requests while the block runs.

    Raises:
        ConfigurationError: the port cannot be listened on.
    """
    await runner.setup()
    try:
        site = web.TCPSite(runner, settings.http.host, settings.http.port)
        try:
            await site.start()
        except OSError as error:
            raise ConfigurationError(
                f"http.port: cannot listen on {settings.http.host}:{settings.http.port}, "
                f"{_reason(error)}; choose another port"
            ) from error
        yield
    finally:
        await _close(runner)


async def _close(runner: web.AppRunner) -> None:
    """Answer what is under way, then close.

    aiohttp closes idle connections once. One that the kernel accepted just before the socket
    closed becomes a connection only after that, and then holds the shutdown for all of its grace
    (seen: 11 s in one of some forty stops under load); so idle ones are closed until it is done.
    """
    closing = asyncio.create_task(runner.cleanup())
    while not closing.done():
        if runner.server is not None:
            runner.server.pre_shutdown()
        await asyncio.wait({closing}, timeout=_IDLE_SECONDS)
    await closing


def _reason(error: OSError) -> str:
    """The system's own words: asyncio puts the address, which is said already, around them."""
    return os.strerror(error.errno).lower() if error.errno else str(error)
