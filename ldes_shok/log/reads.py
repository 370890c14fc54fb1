"""Reads of the log for an event loop, on a few threads, with a limit on number and time.

The loop itself never reads the log. A request that memory cannot answer waits here, and no other. A
read that takes too long fails with `LogSlow` for its caller and is interrupted, so that its thread
becomes free. A thread that does not become free (a disk that does not answer) is lost until it
does. While all threads are lost, the next caller gets the error at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from queue import SimpleQueue
from threading import Lock, Thread, get_ident
from time import monotonic
from types import TracebackType
from typing import Any, Final, Protocol, Self, TypeVar, TypeVarTuple, Unpack

from ldes_shok.errors import LogSlow

Result = TypeVar("Result")
Arguments = TypeVarTuple("Arguments")

THREAD_NAME: Final = "reader"
_AGAIN_SECONDS: Final = 0.5
"""How often a read that does not end is interrupted; between two queries that has no effect."""

_END_SECONDS: Final = 5.0
"""How long `close` waits for threads that are lost."""


class Interruptible(Protocol):
    """A log reader whose reads can be interrupted."""

    def interrupt(self, thread: int) -> None:
        """Make the current read of a thread fail with LogUnavailable. Never waits."""
        ...


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """How many reads run at once, and for how long.

    Attributes:
        threads: how many reads run at once.
        waiting: how many more may wait for a thread.
        seconds: from the request to the answer.
    """

    threads: int
    waiting: int
    seconds: float


@dataclass(slots=True, eq=False)
class _Read:
    """One read: requested on the loop, done on a thread."""

    call: Callable[[], Any]
    future: asyncio.Future[Any]
    patience: asyncio.TimerHandle | None = None
    thread: int = 0
    since_seconds: float = 0.0


class Reads:
    """The threads that read for one event loop. Called on that loop only."""

    def __init__(self, log: Interruptible, limits: ReadLimits) -> None:
        """Start the threads.

        Args:
            log: what they read.
            limits: how much, and for how long.
        """
        self._log = log
        self._limits = limits
        self._queue: SimpleQueue[_Read | None] = SimpleQueue()
        self._lock = Lock()
        self._under_way = 0
        self._overdue: set[_Read] = set()
        self._threads = [
            Thread(target=self._work, name=f"{THREAD_NAME}-{number}", daemon=True)
            for number in range(limits.threads)
        ]
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def are_stuck(self) -> bool:
        """Whether every thread is lost."""
        return len(self._overdue) >= self._limits.threads

    @property
    def problem(self) -> str:
        """What is wrong with the log; empty while it answers in time."""
        overdue = list(self._overdue)
        if not overdue:
            return ""
        seconds = monotonic() - min(read.since_seconds for read in overdue)
        return (
            f"the log is slow: {len(overdue)} of {self._limits.threads} threads that read it wait "
            f"for it, one for {seconds:.0f} s"
        )

    async def run(
        self, function: Callable[[Unpack[Arguments]], Result], *arguments: *Arguments
    ) -> Result:
        """The result of `function`, called on another thread.

        Raises:
            LogSlow: the read takes too long, or too many reads wait.
            LogUnavailable: the log cannot be read.
        """
        return await self.begin(function, *arguments)

    def begin(
        self, function: Callable[[Unpack[Arguments]], Result], *arguments: *Arguments
    ) -> asyncio.Future[Result]:
        """Begin as `run` does. Later errors are errors of the future.

        Raises:
            LogSlow: no thread is left, or too many reads wait.
        """
        if self.are_stuck:
            raise LogSlow("the log is slow: no thread is left that could read it: try again")
        if self._under_way >= self._limits.threads + self._limits.waiting:
            raise LogSlow("too many reads of the log wait: try again")
        loop = asyncio.get_running_loop()
        read = _Read(partial(function, *arguments), loop.create_future())
        read.patience = loop.call_later(self._limits.seconds, self._give_up, read)
        self._under_way += 1
        self._queue.put(read)
        return read.future

    def close(self) -> None:
        """End the threads, and interrupt reads that still run."""
        for _ in self._threads:
            self._queue.put(None)
        end_seconds = monotonic() + _END_SECONDS
        for thread in self._threads:
            thread.join(_AGAIN_SECONDS)
            while thread.is_alive() and monotonic() < end_seconds:
                self._log.interrupt(thread.ident or 0)
                thread.join(_AGAIN_SECONDS)

    def _work(self) -> None:
        while (read := self._queue.get()) is not None:
            result, error = None, None
            with self._lock:
                # The caller may have given up; then nothing needs the result.
                is_wanted = not read.future.done()
                if is_wanted:
                    read.thread, read.since_seconds = get_ident(), monotonic()
            if is_wanted:
                try:
                    result = read.call()
                except BaseException as caught:  # noqa: BLE001  the caller must get it
                    error = caught
                with self._lock:
                    read.thread = 0
            try:
                read.future.get_loop().call_soon_threadsafe(self._settle, read, result, error)
            except RuntimeError:
                return  # the loop is closed: the caller is gone
            del read, result, error  # do not keep the result until the next read

    def _settle(self, read: _Read, result: Any, error: BaseException | None) -> None:
        self._under_way -= 1
        self._overdue.discard(read)
        if read.patience is not None:
            read.patience.cancel()
        if read.future.done():
            return
        if error is not None:
            read.future.set_exception(error)
        else:
            read.future.set_result(result)

    def _give_up(self, read: _Read) -> None:
        """Fail a read that takes too long, and interrupt its thread."""
        if not read.future.done():
            seconds = self._limits.seconds
            read.future.set_exception(
                LogSlow(f"the log was not read within {seconds:g} s: try again")
            )
        with self._lock:
            # Under the lock, so that the thread does not yet read for another caller.
            if read.thread:
                self._log.interrupt(read.thread)
                self._overdue.add(read)
        if read in self._overdue:
            loop = asyncio.get_running_loop()
            read.patience = loop.call_later(_AGAIN_SECONDS, self._give_up, read)
