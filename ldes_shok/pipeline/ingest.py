"""Group commit: many sources wait, one thread writes, all are told when it is safe.

The thread takes whatever has gathered while it wrote, so a single event is committed at once and
a flood is committed in large batches; nobody tunes a delay.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass

from ldes_shok.cabinet.incoming import Delivery
from ldes_shok.cabinet.outcome import Outcome
from ldes_shok.errors import LdesShokError, Overloaded, ShuttingDown
from ldes_shok.observability.metrics import Metrics
from ldes_shok.pipeline.writer import Writer, Written


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may wait.

    Attributes:
        max_queued_events: above this, senders are told to come back.
        max_events_per_commit: the most events in one transaction (a single larger submission
            is still one transaction).
        retry_after_seconds: when to come back.
    """

    max_queued_events: int
    max_events_per_commit: int
    retry_after_seconds: int


@dataclass(slots=True)
class _Work:
    """What waits: deliveries, or a request to seal (no deliveries) or to retry."""

    deliveries: Sequence[Delivery]
    future: asyncio.Future[tuple[Outcome, ...]]
    loop: asyncio.AbstractEventLoop
    submitted_seconds: float
    retry: Sequence[int] = ()
    seal: bool = False


class Ingest:
    """The Sink of all sources: submits to the writer's thread and waits for the commit."""

    def __init__(self, writer: Writer, limits: Limits, metrics: Metrics) -> None:
        self._writer = writer
        self._limits = limits
        self._metrics = metrics
        self._queue: deque[_Work] = deque()
        self._queued_events = 0
        self._ready = threading.Condition()
        self._stopping = False
        self._last_error = ""
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)

    def start(self) -> None:
        """Start the writer's thread."""
        self._thread.start()

    @property
    def last_error(self) -> str:
        """Why the last commit failed; empty when it did not."""
        return self._last_error

    @property
    def queued_events(self) -> int:
        """How many events wait."""
        return self._queued_events

    async def submit(self, deliveries: Sequence[Delivery]) -> Sequence[Outcome]:
        """Hand over deliveries; returns after the commit, one outcome each, in order.

        Raises:
            Overloaded, ShuttingDown: nothing was taken.
            LogUnavailable: nothing was kept.
        """
        if not deliveries:
            return ()
        return await self._enqueue(deliveries)

    async def retry(self, event_ids: Sequence[int]) -> Sequence[Outcome]:
        """Try quarantined events again."""
        return await self._enqueue((), retry=event_ids)

    async def seal(self) -> None:
        """Seal what is over by the clock."""
        await self._enqueue((), seal=True)

    def stop(self) -> None:
        """Take nothing new, finish what waits, and end the thread. Blocks."""
        with self._ready:
            self._stopping = True
            self._ready.notify()
        self._thread.join()

    async def _enqueue(
        self, deliveries: Sequence[Delivery], *, retry: Sequence[int] = (), seal: bool = False
    ) -> tuple[Outcome, ...]:
        loop = asyncio.get_running_loop()
        work = _Work(deliveries, loop.create_future(), loop, time.monotonic(), retry, seal)
        with self._ready:
            if self._stopping:
                raise ShuttingDown("the service is stopping: send it again in a moment")
            waiting = self._queued_events
            if waiting and waiting + len(deliveries) > self._limits.max_queued_events:
                raise Overloaded(self._limits.retry_after_seconds)
            self._queue.append(work)
            self._queued_events += len(deliveries)
            self._metrics.queue_events(self._queued_events)
            self._ready.notify()
        # Shielded: a sender that hangs up does not undo what is already being written.
        return await asyncio.shield(work.future)

    def _run(self) -> None:
        while True:
            works = self._gather()
            if not works:
                return
            self._process(works)

    def _gather(self) -> list[_Work]:
        """What waits, up to a commit's worth; empty when the thread must end."""
        with self._ready:
            while not self._queue and not self._stopping:
                self._ready.wait()
            works: list[_Work] = []
            events = 0
            while self._queue:
                work = self._queue[0]
                special = work.seal or bool(work.retry)
                if works and (
                    special or events + len(work.deliveries) > self._limits.max_events_per_commit
                ):
                    break
                works.append(self._queue.popleft())
                events += len(work.deliveries)
                if special:
                    break
            self._queued_events -= events
            self._metrics.queue_events(self._queued_events)
            return works

    def _process(self, works: Sequence[_Work]) -> None:
        started_seconds = time.monotonic()
        try:
            written = self._write(works)
        except LdesShokError as error:
            self._last_error = str(error)
            for work in works:
                _answer(work, error)
            return
        except Exception as error:  # noqa: BLE001  the thread must outlive a defect of ours
            self._last_error = f"{type(error).__name__}: {error}"
            for work in works:
                _answer(work, error)
            return
        self._last_error = ""
        self._count(works, written, started_seconds)
        start = 0
        for work in works:
            size = len(work.deliveries) or len(written.outcomes)
            _answer(work, written.outcomes[start : start + size])
            start += size

    def _write(self, works: Sequence[_Work]) -> Written:
        first = works[0]
        if first.seal:
            if not self._writer.seal() and self._last_error:
                # Nothing was written, so nothing was proved: try, before `ready` says so.
                self._writer.probe()
            return Written((), Counter())
        if first.retry:
            return self._writer.retry(first.retry)
        return self._writer.write([d for work in works for d in work.deliveries])

    def _count(self, works: Sequence[_Work], written: Written, started_seconds: float) -> None:
        now_seconds = time.monotonic()
        self._metrics.commit_took(now_seconds - started_seconds)
        for stream, count in written.published.items():
            if count:
                self._metrics.members_published(stream, count)
        sources: Counter[tuple[str, str]] = Counter()
        deliveries = (delivery for work in works for delivery in work.deliveries)
        for delivery, outcome in zip(deliveries, written.outcomes, strict=False):
            sources[delivery.origin.source, outcome.kind.value] += 1
        for (source, outcome_kind), count in sources.items():
            self._metrics.events_received(source, count)
            self._metrics.events_ended(source, outcome_kind, count)
        for work in works:
            if work.deliveries:
                self._metrics.visible_after(now_seconds - work.submitted_seconds)


def _answer(work: _Work, answer: tuple[Outcome, ...] | Exception) -> None:
    def settle() -> None:
        if work.future.done():
            return
        if isinstance(answer, Exception):
            work.future.set_exception(answer)
        else:
            work.future.set_result(answer)

    try:
        work.loop.call_soon_threadsafe(settle)
    except RuntimeError:
        # The loop is closed: whoever waited is gone, and what was written stays written.
        return
