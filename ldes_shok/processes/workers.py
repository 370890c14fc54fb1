"""Starts, watches, restarts and stops the reader processes beside the writing process."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
import tempfile
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

import msgspec
import structlog
from aiohttp import web

from ldes_shok.http.access.policy import Credential
from ldes_shok.http.serving.server import close
from ldes_shok.observability import metric_table as table
from ldes_shok.observability.metrics import Metrics
from ldes_shok.processes.channel import (
    Channel,
    Count,
    Message,
    ReaderStart,
    Renew,
    RequestCounts,
)

READY_SECONDS: Final = 30.0
"""How long a start waits for its readers before the service goes on without them."""

_STEADY_SECONDS: Final = 10.0
"""A reader that ran this long restarts at once; others wait longer each time."""

_FIRST_PAUSE_SECONDS: Final = 0.1
_LONGEST_PAUSE_SECONDS: Final = 5.0
_COUNT_SECONDS: Final = 1.0
_RENEW_SECONDS: Final = 10.0
_LINGER_SECONDS: Final = 1.0
"""How long to read the rest of a refused body. aiohttp (3.14) does not see that its sender left,
and a stop would wait for it."""

SOCKET_NAME: Final = "writer.sock"


class _ReaderProcess:
    """One reader process at a time, for as long as the service runs."""

    def __init__(self, start: ReaderStart, metrics: Metrics) -> None:
        self._start = start
        self._metrics = metrics
        self._stopping = False
        self._channel: Channel | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._unanswered: deque[asyncio.Future[None]] = deque()
        self.ready = asyncio.Event()
        self._log = structlog.get_logger("ldes_shok.workers").bind(reader=start.number)

    async def run(self) -> None:
        """Restart the process whenever it ends, until `stop` is called."""
        loop = asyncio.get_running_loop()
        pause_seconds = _FIRST_PAUSE_SECONDS
        while not self._stopping:
            began_seconds = loop.time()
            try:
                code = await self._live()
            except OSError as error:
                code = error.errno or 1
            if self._stopping:
                return
            if loop.time() - began_seconds > _STEADY_SECONDS:
                pause_seconds = _FIRST_PAUSE_SECONDS
            self._log.error("reader_ended", exit_code=code, again_in_seconds=pause_seconds)
            await asyncio.sleep(pause_seconds)
            pause_seconds = min(2 * pause_seconds, _LONGEST_PAUSE_SECONDS)

    async def count(self) -> None:
        """Add the counts of the process; give up if it does not answer."""
        if self._channel is not None and self.ready.is_set():
            with suppress(ConnectionError, TimeoutError):
                await asyncio.wait_for(await self._ask(self._channel, Count()), _COUNT_SECONDS)

    async def renew(self, credentials: list[Credential]) -> None:
        """Give these credentials to this process and to those after it."""
        self._start = msgspec.structs.replace(self._start, credentials=credentials)
        if self._channel is None:
            return
        try:
            renewed = await self._ask(self._channel, Renew(credentials))
            if self.ready.is_set():
                await asyncio.wait_for(renewed, _RENEW_SECONDS)
        except (ConnectionError, TimeoutError):
            # A dead reader restarts with new credentials. A stuck one must not keep the old ones.
            self._log.error("reader_not_renewed")
            self._signal(signal.SIGKILL)

    async def stop(self, within_seconds: float) -> None:
        """Let the process finish open requests, then end it."""
        self._stopping = True
        if self._process is None:
            return
        self._signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(self._process.wait(), within_seconds)
        except TimeoutError:
            self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError):
                self._process.send_signal(number)

    async def _ask(self, channel: Channel, question: Message) -> asyncio.Future[None]:
        """Send a question; the future is done with its answer. Answers come in order."""
        answered: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._unanswered.append(answered)
        await channel.send(question)
        return answered

    async def _live(self) -> int:
        """Start the process, read its messages until its end and return its exit code."""
        ours, theirs = socket.socketpair()
        start = self._start
        shared = [] if start.pulse is None else [start.pulse]
        try:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "ldes_shok.bootstrap.reader", str(theirs.fileno()),
                stdin=asyncio.subprocess.DEVNULL,
                pass_fds=[theirs.fileno(), *start.listeners, *shared],
            )  # fmt: skip
        except OSError:
            ours.close()
            raise
        finally:
            theirs.close()
        channel = self._channel = await Channel.over(ours)
        try:
            with suppress(ConnectionError):
                _ = await self._ask(channel, self._start)
            async for message in channel.messages():
                if isinstance(message, RequestCounts):
                    self._answered(message)
            return await self._process.wait()
        finally:
            self.ready.clear()
            self._unanswered.clear()
            channel.close()
            self._channel = None

    def _answered(self, counts: RequestCounts) -> None:
        for route, status, count in counts.requests:
            self._metrics.add(table.REQUESTS, route, status, count=count)
        self.ready.set()
        # At its end a reader sends its counts without a question.
        if self._unanswered and not (answered := self._unanswered.popleft()).done():
            answered.set_result(None)


class Readers:
    """All reader processes of a service."""

    def __init__(self, starts: Sequence[ReaderStart], metrics: Metrics) -> None:
        """Prepare one reader for each of `starts`; add its counts to `metrics`."""
        self._readers = [_ReaderProcess(start, metrics) for start in starts]

    async def gather(self) -> None:
        """Add the counts of all readers until now."""
        await asyncio.gather(*(reader.count() for reader in self._readers))

    async def renew(self, credentials: list[Credential]) -> None:
        """Give these credentials to all readers."""
        await asyncio.gather(*(reader.renew(credentials) for reader in self._readers))

    async def _all_ready(self) -> None:
        for reader in self._readers:
            await reader.ready.wait()

    @asynccontextmanager
    async def running(self, grace_seconds: float) -> AsyncIterator[None]:
        """Run the readers; at the end, give them this time to finish open requests."""
        tasks = [asyncio.create_task(reader.run()) for reader in self._readers]
        ready = asyncio.create_task(self._all_ready())
        try:
            done, _ = await asyncio.wait(
                (ready, *tasks), timeout=READY_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
            for task in done:
                await task
            yield
        finally:
            # Twice: a reader waits for its handlers, then for its slow clients.
            within_seconds = 2 * grace_seconds + _COUNT_SECONDS
            await asyncio.gather(*(reader.stop(within_seconds) for reader in self._readers))
            for task in (*tasks, ready):
                task.cancel()
            await asyncio.gather(*tasks, ready, return_exceptions=True)


@asynccontextmanager
async def listening_for_readers(
    application: web.Application, socket_path: Path, grace_seconds: float
) -> AsyncIterator[None]:
    """Answer on a Unix socket the requests that readers pass on."""
    runner = web.AppRunner(
        application,
        access_log=None,
        shutdown_timeout=grace_seconds,
        lingering_time=_LINGER_SECONDS,
    )
    await runner.setup()
    try:
        await web.UnixSite(runner, str(socket_path)).start()
        yield
    finally:
        await close(runner)


def private_directory() -> tempfile.TemporaryDirectory[str]:
    """Return a new folder that only this user may enter; its end removes all its content."""
    return tempfile.TemporaryDirectory(prefix="ldes-shok-")
