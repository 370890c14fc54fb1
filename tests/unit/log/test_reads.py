"""Reads beside an event loop: bounded in number and in time, and none piles up."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
import weakref
from collections.abc import Iterator

import pytest

from ldes_shok.errors import LogSlow, LogUnavailable
from ldes_shok.log.reads import ReadLimits, Reads
from tests.support.patience import HANG_SECONDS, eventually

AT_ONCE = 2
WAITING = 3


class Log:
    """What takes as long as the test says; `interrupt` ends what lets itself be ended."""

    def __init__(self) -> None:
        self.may_end = threading.Event()
        self.is_deaf = False
        self.begun: list[int] = []
        self.interrupted: list[int] = []
        self._interrupts: dict[int, threading.Event] = {}

    def read(self, number: int) -> int:
        interrupt = self._interrupts.setdefault(threading.get_ident(), threading.Event())
        interrupt.clear()
        self.begun.append(number)
        end = time.monotonic() + HANG_SECONDS
        while not self.may_end.wait(0.001) and time.monotonic() < end:
            if interrupt.is_set() and not self.is_deaf:
                raise LogUnavailable("interrupted")
        return number

    def interrupt(self, thread: int) -> None:
        self.interrupted.append(thread)
        self._interrupts[thread].set()


@pytest.fixture
def log() -> Iterator[Log]:
    log = Log()
    yield log
    log.may_end.set()


def limited(log: Log, seconds: float = HANG_SECONDS) -> Reads:
    return Reads(log, ReadLimits(AT_ONCE, WAITING, seconds))


async def begun(log: Log, count: int = AT_ONCE) -> None:
    await eventually(lambda: len(log.begun) >= count)


async def test_what_is_read_comes_back(log: Log) -> None:
    with limited(log) as reads:
        log.may_end.set()
        assert await asyncio.gather(*(reads.run(log.read, n) for n in range(5))) == [*range(5)]
        assert threading.get_ident() not in log._interrupts
        with pytest.raises(ZeroDivisionError):
            await reads.run(lambda: 1 // 0)
        assert reads.problem == ""


async def test_so_many_at_once_and_so_many_that_wait(log: Log) -> None:
    """P13: more is refused at once, and nothing is kept of it."""
    with limited(log) as reads:
        futures = [reads.begin(log.read, n) for n in range(AT_ONCE + WAITING)]
        await begun(log)
        for _ in range(100):
            with pytest.raises(LogSlow, match="wait"):
                await reads.run(log.read, 99)
        assert len(log.begun) == AT_ONCE
        log.may_end.set()
        assert await asyncio.gather(*futures) == [*range(AT_ONCE + WAITING)]
        assert await reads.run(log.read, 7) == 7


async def test_what_takes_too_long_is_ended_and_its_thread_comes_back(log: Log) -> None:
    with limited(log, 0.01) as reads:
        for _ in range(3 * AT_ONCE):
            with pytest.raises(LogSlow, match="within"):
                await reads.run(log.read, 1)
            await eventually(lambda: not reads.problem)
        log.may_end.set()
        assert await reads.run(lambda: "quick") == "quick"


async def test_while_no_thread_is_left_who_comes_is_told_at_once(log: Log) -> None:
    """P13: a store that does not answer holds nobody, and is taken up again when it does."""
    log.is_deaf = True
    with limited(log, 0.01) as reads:
        for _ in range(AT_ONCE):
            with pytest.raises(LogSlow, match="within"):
                await reads.run(log.read, 1)
        await eventually(lambda: reads.are_stuck)
        assert f"{AT_ONCE} of {AT_ONCE} threads" in reads.problem
        for _ in range(100):
            with pytest.raises(LogSlow, match="the log is slow"):
                await reads.run(log.read, 2)
        await eventually(lambda: len(log.interrupted) > 2 * AT_ONCE)  # again and again
        log.may_end.set()
        await eventually(lambda: not reads.problem)
        assert await reads.run(log.read, 3) == 3


async def test_who_gave_up_is_not_read_for(log: Log) -> None:
    with limited(log) as reads:
        first = [reads.begin(log.read, n) for n in range(AT_ONCE)]
        await begun(log)
        others = [reads.begin(log.read, 10 + n) for n in range(WAITING)]
        for other in others:
            other.cancel()
        log.may_end.set()
        await asyncio.gather(*first)
        assert await reads.run(log.read, 3) == 3
        assert sorted(log.begun) == [*range(AT_ONCE), 3]


async def test_nothing_is_kept_of_what_was_read(log: Log) -> None:
    class Large:
        """What a read gives."""

    kept: list[weakref.ref[Large]] = []

    def read() -> Large:
        large = Large()
        kept.append(weakref.ref(large))
        return large

    with limited(log) as reads:
        for _ in range(AT_ONCE):
            await reads.run(read)
        await asyncio.sleep(0)
        gc.collect()
        await eventually(lambda: all(each() is None for each in kept))
    assert len(kept) == AT_ONCE


def test_the_end_ends_the_threads(log: Log) -> None:
    others = set(threading.enumerate())

    def reading() -> int:
        threads = set(threading.enumerate()) - others
        return sum(thread.name.startswith("reader-") for thread in threads)

    async def one() -> None:
        reads = limited(log)
        assert reading() == AT_ONCE
        future = reads.begin(log.read, 1)
        await begun(log, 1)
        await asyncio.to_thread(reads.close)
        with pytest.raises(LogUnavailable):
            await future

    asyncio.run(one())
    assert reading() == 0
