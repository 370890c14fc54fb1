"""Reads of the log beside an event loop: on a few threads, so many at once, for so long.

The loop itself never reads: what it cannot answer from memory waits here, and only that. A read
that takes too long fails with `LogSlow` for whoever waits, and is interrupted, so that its thread
comes back. A thread that does not (a disk that answers nothing) is lost until it does; while all
are, who comes next is told at once.
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
"""How often a read is interrupted that does not end: between two of its questions nothing is."""

_END_SECONDS: Final = 5.0
"""How long the end waits for threads that are lost."""


class Interruptible(Protocol):
    """What is read; the log's readers are."""

    def interrupt(self, thread: int) -> None:
        """Have what a thread reads now fail with LogUnavailable. Never waits."""
        ...


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """How much is read at once, and for how long.

    Attributes:
        threads: so many read.
        waiting: so many more wait for one of them.
        seconds: from being asked to the answer.
    """

    threads: int
    waiting: int
    seconds: float


@dataclass(slots=True, eq=False)
class _Read:
    """One read: asked for on the loop, done on a thread."""

    call: Callable[[], Any]
    future: asyncio.Future[Any]
    patience: asyncio.TimerHandle | None = None
    thread: int = 0
    since_seconds: float = 0.0


class Reads:
    """The threads that read for one event loop. Asked on that loop only."""

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
        """Whether no thread is left that could read."""
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
        """What `function` gives on another thread.

        Raises:
            LogSlow: it takes too long, or too much waits.
            LogUnavailable: the log cannot be read.
        """
        return await self.begin(function, *arguments)

    def begin(
        self, function: Callable[[Unpack[Arguments]], Result], *arguments: *Arguments
    ) -> asyncio.Future[Result]:
        """As `run`, begun; what it raises later is the error of the future.

        Raises:
            LogSlow: no thread is left, or too much waits.
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
        """End the threads; whatever is still read is interrupted."""
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
                # Whoever waited may have given up; then nobody wants it any more.
                is_wanted = not read.future.done()
                if is_wanted:
                    read.thread, read.since_seconds = get_ident(), monotonic()
            if is_wanted:
                try:
                    result = read.call()
                except BaseException as caught:  # noqa: BLE001  it is whoever waits who must know
                    error = caught
                with self._lock:
                    read.thread = 0
            try:
                read.future.get_loop().call_soon_threadsafe(self._settle, read, result, error)
            except RuntimeError:
                return  # the loop is closed: whoever waited is gone
            del read, result, error  # what was read is not kept until the next one comes

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
        """It takes too long: say so, and get the thread back."""
        if not read.future.done():
            seconds = self._limits.seconds
            read.future.set_exception(
                LogSlow(f"the log was not read within {seconds:g} s: try again")
            )
        with self._lock:
            # Under the lock: a thread is not interrupted in what it reads for somebody else.
            if read.thread:
                self._log.interrupt(read.thread)
                self._overdue.add(read)
        if read in self._overdue:
            loop = asyncio.get_running_loop()
            read.patience = loop.call_later(_AGAIN_SECONDS, self._give_up, read)
