"""Group commit: many sources wait, one thread writes, all get their answer after the commit.

The thread takes all deliveries that came in during the last commit. So a single event is committed
at once, and a flood in large batches, without a delay to tune. A commit waits briefly for the
senders that shared the last commits (`ldes_shok.pipeline.commit_delay`). The queue decides what may
wait and what goes first (`ldes_shok.pipeline.queue`).
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from ldes_shok.cabinet.incoming import Delivery
from ldes_shok.cabinet.outcome import Outcome, OutcomeKind
from ldes_shok.errors import LdesShokError, Overloaded, ShuttingDown
from ldes_shok.observability import metric_table as table
from ldes_shok.observability.metrics import Metrics
from ldes_shok.pipeline.answering import SenderAnswer, send
from ldes_shok.pipeline.archive import BackgroundArchiver
from ldes_shok.pipeline.commit_delay import CommitDelay
from ldes_shok.pipeline.lanes import LaneRules
from ldes_shok.pipeline.outcome_log import OutcomeLog
from ldes_shok.pipeline.pace import Pace
from ldes_shok.pipeline.queue import Entry, Lane, Piece, QueueBounds, TwoLaneQueue
from ldes_shok.pipeline.writer import Writer, Written

EVENT_BYTES = 300
"""The memory that a waiting event takes beside its payload, for its objects."""

SHORT_SECONDS = 0.05
"""How long replay may delay live events: half of what a report of now may take (p99)."""


@dataclass(frozen=True, slots=True)
class IngestLimits:
    """How much may wait, and how long a sender waits for room.

    Attributes:
        queue: bounds of what waits and of one commit; every event counts as its payload and
            `EVENT_BYTES`.
        queue_seconds: at most as many events wait as are stored in this time at the latest pace.
        wait_seconds: how long a sender waits for room before it is refused.
        retry_after_seconds: when a refused sender may send again.
    """

    queue: QueueBounds
    queue_seconds: float
    wait_seconds: float
    retry_after_seconds: int


@dataclass(slots=True)
class _Submission:
    """One submission and the sender that waits for it: deliveries, or a job (retry, seal)."""

    deliveries: Sequence[Delivery]
    future: asyncio.Future[tuple[Outcome, ...]]
    loop: asyncio.AbstractEventLoop
    submitted_seconds: float
    retry: Sequence[int] = ()
    forget_before: datetime | None = None
    outcomes: list[Outcome] = field(default_factory=list)


_Pieces = Sequence[Piece[_Submission]]


class GroupCommit:
    """The Sink of all sources: it submits to the writer's thread and waits for the commit.

    Args:
        writer: of the log; from now on only the writer's thread uses it.
        limits: how much may wait.
        lanes: choose the lane of each submission.
        metrics: count the events.
        archiver: gets its turn between two commits.
        correcting: sources that correct their own readings, by `Origin.source`.
        commit_delay: decides which senders a commit waits for.
    """

    def __init__(
        self,
        writer: Writer,
        limits: IngestLimits,
        lanes: LaneRules,
        metrics: Metrics,
        archiver: BackgroundArchiver,
        correcting: frozenset[str] = frozenset(),
        commit_delay: CommitDelay | None = None,
    ) -> None:
        self._writer = writer
        self._limits = limits
        self._lanes = lanes
        self._metrics = metrics
        self._archiver = archiver
        self._outcome_log = OutcomeLog(metrics, correcting)
        self._queue: TwoLaneQueue[_Submission] = TwoLaneQueue(limits.queue)
        self._pace = Pace()
        self._pace_of_backlog = Pace()
        self._commit_delay = commit_delay or CommitDelay()
        self._awaited = 0
        self._ready = threading.Condition()
        self._stopping = False
        self._is_behind = False
        self._last_error = ""
        self._may_release = True
        self._since_seconds: float | None = None
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)

    def start(self) -> None:
        """Start the writer's thread and the archiver's thread."""
        self._thread.start()
        self._archiver.start(self._wake)

    @property
    def last_error(self) -> str:
        """Why the last commit failed; empty if it succeeded."""
        return self._last_error

    @property
    def commit_seconds(self) -> float:
        """How long the current commit has been running; 0 without one."""
        since_seconds = self._since_seconds
        return 0.0 if since_seconds is None else time.monotonic() - since_seconds

    @property
    def queued_events(self) -> int:
        """How many events wait."""
        return self._queue.events

    @property
    def is_full(self) -> bool:
        """Whether there is no room even for live events."""
        return self._queue.is_full

    async def submit(self, deliveries: Sequence[Delivery]) -> Sequence[Outcome]:
        """Submit deliveries of one origin; returns one outcome each, in order, after the commit.

        A submission that is replay may take several commits; this returns after the last one.

        Raises:
            Overloaded: there was no room for `wait_seconds`; nothing was taken.
            ShuttingDown: nothing was taken.
            LogUnavailable: nothing was stored, or (replay) only a part. Send everything again:
                events that are stored already are recognised.
        """
        if not deliveries:
            return ()
        work = self._work(deliveries)
        sizes_bytes = tuple(delivery.size_bytes + EVENT_BYTES for delivery in deliveries)
        return await self._wait_for(Entry(work, self._lanes.lane_of(deliveries), sizes_bytes))

    async def retry(self, event_ids: Sequence[int]) -> Sequence[Outcome]:
        """Try quarantined events again."""
        return await self._wait_for(Entry(self._work((), event_ids), Lane.LIVE, ()))

    async def seal(self) -> None:
        """Seal the nodes whose interval is over by the clock."""
        await self._wait_for(Entry(self._work(()), Lane.LIVE, ()))

    async def forget_raws(self, before: datetime) -> None:
        """Delete raw bytes that were received before an instant.

        Raises:
            LogUnavailable, ShuttingDown: some may be deleted; the next call deletes the rest.
        """
        work = self._work(())
        work.forget_before = before
        await self._wait_for(Entry(work, Lane.LIVE, ()))

    def stop(self) -> None:
        """Take nothing new, finish what waits, and end the thread. Blocks."""
        with self._ready:
            self._stopping = True
            self._ready.notify()
        self._thread.join()
        self._archiver.stop()

    def _work(self, deliveries: Sequence[Delivery], retry: Sequence[int] = ()) -> _Submission:
        loop = asyncio.get_running_loop()
        return _Submission(deliveries, loop.create_future(), loop, time.monotonic(), retry)

    async def _wait_for(self, entry: Entry[_Submission]) -> tuple[Outcome, ...]:
        with self._ready:
            if self._stopping:
                raise ShuttingDown("the service is stopping: send it again in a moment")
            has_room = self._queue.add(entry)
            self._queue_changed()
        if has_room:
            # A sender that disconnects does not undo the commit: it only gets no answer.
            return await entry.work.future
        patience = entry.work.loop.call_later(self._limits.wait_seconds, self._refuse, entry)
        try:
            return await entry.work.future
        except asyncio.CancelledError:
            self._withdraw(entry)
            raise
        finally:
            patience.cancel()

    def _refuse(self, entry: Entry[_Submission]) -> None:
        """Refuse an entry that got no room in time."""
        if self._withdraw(entry) and not entry.work.future.done():
            self._metrics.add(table.REFUSED, entry.lane.value)
            entry.work.future.set_exception(Overloaded(self._limits.retry_after_seconds))

    def _withdraw(self, entry: Entry[_Submission]) -> bool:
        with self._ready:
            withdrawn = self._queue.withdraw(entry)
            self._queue_changed()
        return withdrawn

    def _queue_changed(self) -> None:
        """After a change of the queue, set the metrics and wake the writer. Needs the lock."""
        self._metrics.set(table.QUEUE, self._queue.events)
        self._metrics.set(table.QUEUE_BYTES, self._queue.size_bytes)
        if self._is_complete:
            self._ready.notify()

    def _wake(self) -> None:
        """Wake the writer because there is something to archive."""
        with self._ready:
            self._ready.notify()

    def _run(self) -> None:
        while True:
            pieces = self._gather()
            if pieces:
                self._since_seconds = time.monotonic()
                self._process(pieces)
                self._since_seconds = None
            elif self._stopping:
                return
            if self._releases:
                self._release()
            if self._archiver.due:
                self._archive()

    @property
    def _has_other_work(self) -> bool:
        return self._stopping or self._archiver.due or self._releases

    @property
    def _releases(self) -> bool:
        return self._may_release and self._writer.releases

    def _release(self) -> None:
        """Between two commits, release a few of the events that waited for a configuration."""
        try:
            written = self._writer.release()
        except Exception as error:  # noqa: BLE001  it is tried again after the next commit
            self._may_release = False
            structlog.get_logger("ldes_shok.pipeline").warning("not_released", reason=str(error))
            return
        self._archiver.look()
        self._count_members(written)

    def _archive(self) -> None:
        """Archive a few leaves, between two commits or while the queue is empty."""
        try:
            self._archiver.step(self._writer)
        except Exception as error:  # noqa: BLE001  it is made again; events are not affected
            structlog.get_logger("ldes_shok.archive").warning("not_archived", reason=str(error))

    def _gather(self) -> list[Piece[_Submission]]:
        """The next pieces, at most one commit; empty if there is other work or nothing waits."""
        with self._ready:
            while self._queue.is_empty and not self._has_other_work:
                self._ready.wait()
            self._wait_for_others()
            short_events = self._pace.events_in(SHORT_SECONDS, self._limits.queue.commit_events)
            pieces = self._queue.take(short_events)
            self._is_behind = not self._queue.is_empty
            self._queue_changed()
            return pieces

    @property
    def _is_complete(self) -> bool:
        """Whether all senders that the commit waits for have come."""
        return self._queue.senders >= self._awaited or self._queue.has_replay

    def _wait_for_others(self) -> None:
        """Wait briefly for the senders that shared the last commits. Needs the lock."""
        until_seconds = time.monotonic() + self._commit_delay.patience_seconds
        self._awaited = 0 if self._queue.is_empty else self._commit_delay.expected
        while not (self._is_complete or self._stopping):
            left_seconds = until_seconds - time.monotonic()
            if left_seconds <= 0:
                break
            self._ready.wait(left_seconds)
        self._awaited = 0

    def _process(self, pieces: _Pieces) -> None:
        started_seconds = time.monotonic()
        try:
            written = self._write(pieces)
        except LdesShokError as error:
            self._fail(pieces, error, str(error))
            return
        except Exception as error:  # noqa: BLE001  the thread must outlive a defect of ours
            self._fail(pieces, error, f"{type(error).__name__}: {error}")
            return
        self._last_error = ""
        self._may_release = True
        self._archiver.look()
        self._count(pieces, written, started_seconds)
        start = 0
        answers: list[SenderAnswer] = []
        for piece in pieces:
            work = piece.entry.work
            # A job is always alone in its commit, so all outcomes belong to it.
            size = len(written.outcomes) if piece.entry.is_job else piece.events
            work.outcomes += written.outcomes[start : start + size]
            start += size
            if piece.entry.is_taken:
                answers.append(SenderAnswer(work.loop, work.future, tuple(work.outcomes)))
        send(answers)

    def _fail(self, pieces: _Pieces, error: Exception, reason: str) -> None:
        self._last_error = reason
        with self._ready:
            for piece in pieces:
                self._queue.drop(piece.entry)
            self._queue_changed()
        works = (piece.entry.work for piece in pieces)
        send([SenderAnswer(work.loop, work.future, error) for work in works])

    def _write(self, pieces: _Pieces) -> Written:
        first = pieces[0].entry
        if not first.is_job:
            return self._writer.write(_deliveries(pieces))
        if first.work.retry:
            return self._writer.retry(first.work.retry)
        if first.work.forget_before is not None:
            deleted = self._writer.forget_raws(first.work.forget_before)
            if deleted:
                log = structlog.get_logger("ldes_shok.maintain")
                log.info("raws_forgotten", messages=deleted)
        elif not self._writer.seal() and self._last_error:
            # Nothing was written, so the log may still fail. Write to it before `ready` is true.
            self._writer.probe()
        return Written((), Counter())

    def _count(self, pieces: _Pieces, written: Written, started_seconds: float) -> None:
        now_seconds = time.monotonic()
        seconds = now_seconds - started_seconds
        self._metrics.observe(table.COMMIT, seconds)
        self._learn(sum(piece.events for piece in pieces), seconds)
        self._commit_delay.note(sum(p.entry.lane is Lane.LIVE for p in pieces), seconds)
        self._count_members(written)
        sources: Counter[tuple[str, str]] = Counter()
        deliveries = _deliveries(pieces)
        for delivery, outcome in zip(deliveries, written.outcomes, strict=False):
            if outcome.kind is OutcomeKind.NOTED:
                if delivery.raw is not None:
                    self._metrics.add(table.NOTHING, delivery.origin.source)
                continue
            sources[delivery.origin.source, outcome.kind.value] += 1
        for (source, outcome_kind), count in sources.items():
            self._metrics.events_received(source, count)
            self._metrics.add(table.EVENTS, source, outcome_kind, count=count)
        self._outcome_log.log(deliveries, written.outcomes)
        for piece in pieces:
            if not piece.entry.is_job and piece.entry.is_taken:
                waited_seconds = now_seconds - piece.entry.work.submitted_seconds
                self._metrics.observe(table.VISIBLE, waited_seconds)

    def _count_members(self, written: Written) -> None:
        for stream, count in written.published.items():
            if count:
                self._metrics.add(table.MEMBERS, stream, count=count)

    def _learn(self, events: int, seconds: float) -> None:
        """Learn the pace. Commits that left events in the queue decide how many may wait."""
        self._pace.note(events, seconds)
        if self._is_behind:
            self._pace_of_backlog.note(events, seconds)
            most = self._limits.queue.max_events
            with self._ready:
                self._queue.limit(self._pace_of_backlog.events_in(self._limits.queue_seconds, most))


def _deliveries(pieces: _Pieces) -> list[Delivery]:
    return [d for piece in pieces for d in piece.entry.work.deliveries[piece.first : piece.end]]
