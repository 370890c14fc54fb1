"""Rounds over the log: what failed is done again, and nothing is remembered of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ldes_shok.cabinet.incoming import Delivery, Memory
from ldes_shok.cabinet.outcome import Outcome, OutcomeKind
from ldes_shok.clock import ManualClock, to_milliseconds
from ldes_shok.derive.metering import MeteringFold
from ldes_shok.derive.runner import NOTES, Deriving, place_of
from ldes_shok.errors import Overloaded
from ldes_shok.log.records import Commit, EventRecord, MemoryRecord
from ldes_shok.log.sqlite.reader import SqliteLogReader
from ldes_shok.log.sqlite.writer import SqliteLogWriter
from tests.support.events import measurement
from tests.support.logs import identity_of

NOON = datetime(2026, 5, 12, 12, tzinfo=UTC)
URL = "http://shok.test"


class Sink:
    """Stores notes as the pipeline does; refuses when told."""

    def __init__(self, writer: SqliteLogWriter) -> None:
        self._writer = writer
        self.refuses = False
        self.taken: list[Delivery] = []

    async def submit(self, deliveries: Sequence[Delivery]) -> Sequence[Outcome]:
        if self.refuses:
            raise Overloaded(1)
        self.taken += [delivery for delivery in deliveries if delivery.payload]
        notes: tuple[Memory, ...] = deliveries[-1].notes
        memories = tuple(MemoryRecord(NOTES.source, n.subject, n.value) for n in notes)
        self._writer.commit(Commit(memories=memories))
        return [Outcome(OutcomeKind.NOTED, None) for _ in deliveries]


class Log:
    """A log with readings in it, and who derives from it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.writer = SqliteLogWriter(path, identity_of(URL))
        self.reader = SqliteLogReader(path, URL)
        self.sink = Sink(self.writer)
        self.executor = ThreadPoolExecutor(1)
        self.behind: list[float] = []
        self.deriving = self.start()

    def start(self) -> Deriving:
        return Deriving(
            self.reader,
            [MeteringFold()],
            ManualClock(NOON),
            self.executor,
            on_behind=self.behind.append,
        )

    def read(self, first: int, count: int) -> None:
        """Readings number `first` and on, a quarter of an hour apart."""
        self.writer.commit(
            Commit(
                events=tuple(
                    EventRecord(
                        n, "t", f"m:{n}", bytes(32), n.to_bytes(16, "big"), "measurement",
                        "http:t:push", "VBS-001", 1_000,
                        measurement("VBS-001", NOON.replace(hour=n // 4, minute=n % 4 * 15),
                                    value=str(10 * n)),
                        bytes(32), None,
                    )
                    for n in range(first, first + count)
                )
            )
        )  # fmt: skip

    def close(self) -> None:
        self.executor.shutdown()
        self.reader.close()
        self.writer.close()


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    log = Log(tmp_path / "log.db")
    yield log
    log.close()


async def test_a_round_gives_what_follows_and_remembers_where_it_was(log: Log) -> None:
    log.read(1, 4)
    assert await log.deriving.round(log.sink)
    assert len(log.sink.taken) == 3
    assert place_of(log.reader) == 4
    assert await log.deriving.round(log.sink) == 0


async def test_what_was_refused_is_given_again(log: Log) -> None:
    log.read(1, 4)
    log.sink.refuses = True
    with pytest.raises(Overloaded):
        await log.deriving.round(log.sink)
    assert place_of(log.reader) == 0
    log.sink.refuses = False
    await log.deriving.round(log.sink)
    assert len(log.sink.taken) == 3


async def test_another_process_goes_on_where_the_first_was(log: Log) -> None:
    log.read(1, 3)
    await log.deriving.round(log.sink)
    log.read(4, 2)
    await log.start().round(log.sink)
    assert len(log.sink.taken) == 4
    assert len({delivery.payload for delivery in log.sink.taken}) == 4


async def test_how_far_it_is_behind_is_told(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ldes_shok.derive.runner.ROUND_EVENTS", 3)
    log.read(1, 5)
    for _ in range(3):
        await log.deriving.round(log.sink)
    assert log.behind == [to_milliseconds(NOON) / 1000 - 1, 0, 0]


class _Failing(Sink):
    """Fails a few times, and tells when it was given something after all."""

    def __init__(self, writer: SqliteLogWriter, *failures: Exception) -> None:
        super().__init__(writer)
        self._failures = list(failures)
        self.given = asyncio.Event()

    async def submit(self, deliveries: Sequence[Delivery]) -> Sequence[Outcome]:
        if self._failures:
            raise self._failures.pop(0)
        self.given.set()
        return await super().submit(deliveries)


async def test_it_goes_on_after_a_refusal_and_after_a_defect(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ldes_shok.derive.runner._RETRY_SECONDS", 0)
    log.read(1, 4)
    sink = _Failing(log.writer, Overloaded(1), ZeroDivisionError())
    running, given = (
        asyncio.create_task(log.deriving.run(sink)),
        asyncio.ensure_future(sink.given.wait()),
    )
    await asyncio.wait((running, given), return_when=asyncio.FIRST_COMPLETED)
    assert not running.done()
    for task in (running, given):
        task.cancel()
    await asyncio.gather(running, given, return_exceptions=True)
