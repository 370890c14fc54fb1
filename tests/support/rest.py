"""A vendor's REST server, on loopback, whose every answer a test decides."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from aiohttp import web

from tests.support.patience import HANG_SECONDS


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it came in."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Told:
    """An answer; with `cut_after_bytes` the connection breaks in the middle of its body."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    cut_after_bytes: int | None = None


class RestServer:
    """Listens in a thread of its own.

    Attributes:
        url: where, without a slash at the end.
        answer: decides each answer; runs in the server's thread.
        asked: every request, in order.
    """

    def __init__(self) -> None:
        self.url = ""
        self.answer: Callable[[Asked], Told] = lambda _: Told(status=404)
        self.asked: list[Asked] = []
        self._more = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def start(self) -> None:
        """Listen on a free port."""
        self._thread.start()
        self._runner = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()

    def stop(self) -> None:
        """Stop listening."""
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def wait_until(self, holds: Callable[[], bool]) -> None:
        """Return once it holds, looked at after each request.

        Raises:
            TimeoutError: it did not.
        """
        deadline = time.monotonic() + HANG_SECONDS
        with self._more:
            while not holds():
                if not self._more.wait(max(0.0, deadline - time.monotonic())):
                    raise TimeoutError(f"it was asked only for {[a.query for a in self.asked]}")

    async def _listen(self) -> web.AppRunner:
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", self._handle)
        runner = web.AppRunner(application, shutdown_timeout=0)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        return runner

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        asked = Asked(
            request.method,
            request.raw_path.partition("?")[0],
            dict(request.query),
            request.headers,
            await request.read(),
        )
        told = self.answer(asked)
        with self._more:
            self.asked.append(asked)
            self._more.notify_all()
        if told.cut_after_bytes is None:
            return web.Response(status=told.status, body=told.body, headers=told.headers)
        response = web.StreamResponse(status=told.status, headers=told.headers)
        response.content_length = len(told.body)
        await response.prepare(request)
        await response.write(told.body[: told.cut_after_bytes])
        if request.transport is not None:
            request.transport.close()
        return response


@contextmanager
def running_rest() -> Iterator[RestServer]:
    """A server for the time of a test."""
    server = RestServer()
    server.start()
    try:
        yield server
    finally:
        server.stop()
