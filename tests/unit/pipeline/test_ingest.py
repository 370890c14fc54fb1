"""Group commit: answers in order, bounded, drained at the end."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import cast

import pytest
from structlog.testing import capture_logs

from ldes_shok.cabinet.incoming import Delivery, Raw
from ldes_shok.cabinet.outcome import Outcome, OutcomeKind
from ldes_shok.errors import LogUnavailable, Overloaded, ShuttingDown
from ldes_shok.log.records import NodeRecord
from ldes_shok.observability.metrics import Metrics
from ldes_shok.pipeline.archive import BackgroundArchiver, LeafArchiver
from ldes_shok.pipeline.commit_delay import CommitDelay
from ldes_shok.pipeline.ingest import GroupCommit, IngestLimits
from ldes_shok.pipeline.lanes import LaneRules
from ldes_shok.pipeline.queue import Lane, QueueBounds
from ldes_shok.pipeline.writer import Writer, Written
from tests.support.patience import HANG_SECONDS
from tests.support.vertical import (
    Vertical,
    configuration,
    delivery,
    measurement,
    reading,
    status,
)
from tests.unit.sources.decoders import counting, message_of

SOURCE = "http:voorbeeldstad:push"
LIMITS = IngestLimits(
    queue=QueueBounds(max_events=5, max_bytes=100_000, commit_events=4, commit_bytes=50_000),
    queue_seconds=3_600,
    wait_seconds=0,
    retry_after_seconds=3,
)
PATIENT = replace(LIMITS, wait_seconds=HANG_SECONDS)
LIVE = LaneRules(max_live_events=100, of_source={})
REPLAY = LaneRules(max_live_events=100, of_source={SOURCE: Lane.REPLAY})


class GatedWriter:
    """Commits when it is let; remembers what was in each commit."""

    def __init__(self) -> None:
        self.commits: list[list[str]] = []
        self.failures: list[Exception] = []
        self.entered = threading.Semaphore(0)
        self.gate = threading.Semaphore(0)
        self.open = False
        self.ended = True
        self.probes = 0
        self.to_release = 0

    @property
    def releases(self) -> bool:
        return self.to_release > 0

    def release(self) -> Written:
        written = self._commit(["release"])
        self.to_release -= 1
        return written

    def write(self, deliveries: Sequence[Delivery]) -> Written:
        return self._commit([delivery.payload.decode() for delivery in deliveries])

    def retry(self, event_ids: Sequence[int]) -> Written:
        return self._commit([f"retry {event_id}" for event_id in event_ids])

    def seal(self) -> bool:
        if self.ended:
            self._commit(["seal"])
        return self.ended

    def probe(self) -> None:
        self.probes += 1
        if self.failures:
            raise self.failures.pop(0)

    def unarchived(self, limit: int) -> Sequence[NodeRecord]:
        assert limit > 0
        return ()

    def _commit(self, words: list[str]) -> Written:
        self.entered.release()
        if not self.open:
            assert self.gate.acquire(timeout=HANG_SECONDS)
        if self.failures:
            raise self.failures.pop(0)
        self.commits.append(words)
        outcomes = tuple(Outcome(OutcomeKind.PUBLISHED, key=word) for word in words)
        return Written(outcomes, Counter(kasten=len(words)))

    def let_go(self) -> None:
        """From now on nothing hangs."""
        self.open = True
        self.gate.release(1000)

    async def hangs(self) -> None:
        """Return once the writer's thread is in a commit."""
        assert await asyncio.to_thread(self.entered.acquire, timeout=HANG_SECONDS)


class NoLeaves(LeafArchiver):
    """Nothing is sealed in these tests."""

    def __init__(self) -> None:
        """It reads no log."""


def archiver(metrics: Metrics) -> BackgroundArchiver:
    return BackgroundArchiver(NoLeaves(), metrics)


@pytest.fixture
def writer() -> GatedWriter:
    return GatedWriter()


@pytest.fixture
def metrics() -> Metrics:
    return Metrics(["http:voorbeeldstad:push"], ["kasten"])


@pytest.fixture
async def ingest(writer: GatedWriter, metrics: Metrics) -> AsyncIterator[GroupCommit]:
    async with ingesting(writer, metrics, LIMITS, LIVE) as running:
        yield running


@asynccontextmanager
async def ingesting(
    writer: GatedWriter,
    metrics: Metrics,
    limits: IngestLimits,
    lanes: LaneRules,
    commit_delay: CommitDelay | None = None,
) -> AsyncIterator[GroupCommit]:
    running = GroupCommit(
        cast(Writer, writer), limits, lanes, metrics, archiver(metrics), commit_delay=commit_delay
    )
    running.start()
    yield running
    writer.let_go()
    await asyncio.to_thread(running.stop)


def _events(*words: str) -> list[Delivery]:
    return [delivery(word.encode()) for word in words]


def _keys(outcomes: Sequence[Outcome]) -> list[str | None]:
    return [outcome.key for outcome in outcomes]


async def _submitted(
    ingest: GroupCommit, *groups: Sequence[str]
) -> list[asyncio.Task[Sequence[Outcome]]]:
    """Tasks whose deliveries are in the queue, in this order."""
    tasks = []
    for group in groups:
        before = ingest.queued_events
        tasks.append(asyncio.create_task(_submit(ingest, _events(*group))))
        await asyncio.sleep(0)
        assert ingest.queued_events == before + len(group)
    return tasks


async def _submit(ingest: GroupCommit, deliveries: Sequence[Delivery]) -> Sequence[Outcome]:
    return await ingest.submit(deliveries)


async def _held(ingest: GroupCommit, writer: GatedWriter) -> asyncio.Task[Sequence[Outcome]]:
    """One event hangs in the writer, so that what comes after it gathers."""
    task = asyncio.create_task(_submit(ingest, _events("first")))
    await writer.hangs()
    return task


async def test_what_gathers_while_a_commit_runs_is_one_commit(
    ingest: GroupCommit, writer: GatedWriter
) -> None:
    first = await _held(ingest, writer)
    a, b, c = await _submitted(ingest, ["a1", "a2"], ["b1"], ["c1"])
    writer.let_go()
    assert _keys(await first) == ["first"]
    assert [_keys(await task) for task in (a, b, c)] == [["a1", "a2"], ["b1"], ["c1"]]
    assert writer.commits == [["first"], ["a1", "a2", "b1", "c1"]]


async def test_fifty_stations_that_push_at_once_share_a_commit(
    writer: GatedWriter, metrics: Metrics
) -> None:
    """Of a source that is decoded, too: a station waits for its own last message alone."""
    roomy = replace(LIMITS, queue=QueueBounds(1000, 1_000_000, 1000, 1_000_000))
    decoding = counting()
    async with ingesting(writer, metrics, roomy, LIVE) as ingest:
        first = await _held(ingest, writer)
        tasks = [
            asyncio.create_task(decoding.submit([message_of("x", f"station-{n % 50}")], ingest))
            for n in range(51)
        ]
        while ingest.queued_events < 50:
            await asyncio.to_thread(lambda: None)
        writer.let_go()
        await asyncio.gather(first, *tasks)
    assert [len(commit) for commit in writer.commits] == [1, 50, 1]


class _Patient(CommitDelay):
    """Waits until all are there, however slow the machine is."""

    @property
    def patience_seconds(self) -> float:
        return HANG_SECONDS


async def test_those_who_shared_the_last_commits_share_the_next(
    writer: GatedWriter, metrics: Metrics
) -> None:
    commit_delay = _Patient()
    async with ingesting(writer, metrics, LIMITS, LIVE, commit_delay) as ingest:
        for _ in range(2):
            commit_delay.note(3, 0.0)
        # One after another: nobody is committed before the last of them is there.
        tasks = await _submitted(ingest, ["a"], ["b"])
        await asyncio.to_thread(lambda: None)
        tasks += await _submitted(ingest, ["c"])
        writer.let_go()
        await asyncio.gather(*tasks)
        assert writer.commits == [["a", "b", "c"]]


async def test_who_is_alone_is_not_kept_waiting(writer: GatedWriter, metrics: Metrics) -> None:
    async with ingesting(writer, metrics, LIMITS, LIVE, _Patient()) as ingest:
        writer.let_go()
        for word in "abc":
            await ingest.submit(_events(word))
        assert writer.commits == [["a"], ["b"], ["c"]]


async def test_replay_and_the_end_wait_for_nobody(writer: GatedWriter, metrics: Metrics) -> None:
    commit_delay = _Patient()
    async with ingesting(writer, metrics, LIMITS, REPLAY, commit_delay) as ingest:
        for _ in range(2):
            commit_delay.note(9, 0.0)
        writer.let_go()
        await ingest.submit(_events("replay"))
    commit_delay = _Patient()
    async with ingesting(writer, metrics, LIMITS, LIVE, commit_delay) as ingest:
        for _ in range(2):
            commit_delay.note(9, 0.0)
        (waiting,) = await _submitted(ingest, ["last"])
    assert _keys(await waiting) == ["last"]
    assert writer.commits == [["replay"], ["last"]]


async def test_a_commit_holds_no_more_than_it_may_unless_one_sender_sent_more(
    ingest: GroupCommit, writer: GatedWriter
) -> None:
    first = await _held(ingest, writer)
    tasks = await _submitted(ingest, ["a1", "a2", "a3"], ["b1", "b2"])
    writer.let_go()
    await asyncio.gather(first, *tasks)
    assert writer.commits[1:] == [["a1", "a2", "a3"], ["b1", "b2"]]
    large = await ingest.submit(_events(*(f"l{n}" for n in range(9))))
    assert len(large) == 9
    assert len(writer.commits[-1]) == 9


async def test_nothing_is_nothing(ingest: GroupCommit, writer: GatedWriter) -> None:
    assert await ingest.submit([]) == ()
    assert writer.commits == []


async def test_too_many_that_wait_are_refused_and_told_when_to_come_back(
    ingest: GroupCommit, writer: GatedWriter, metrics: Metrics
) -> None:
    """P13: overloaded, it answers 429 with Retry-After and recovers alone."""
    first = await _held(ingest, writer)
    (waiting,) = await _submitted(ingest, ["a1", "a2", "a3"])
    with pytest.raises(Overloaded) as refused:
        await ingest.submit(_events("b1", "b2", "b3"))
    assert refused.value.retry_after_seconds == 3
    assert 'ldes_shok_refused_total{lane="live"} 1.0' in metrics.render().decode()
    assert not ingest.is_full
    (small,) = await _submitted(ingest, ["b1", "b2"])
    assert ingest.queued_events == 5
    assert ingest.is_full
    writer.let_go()
    await asyncio.gather(first, waiting, small)
    assert _keys(await ingest.submit(_events("c1"))) == ["c1"]
    assert ingest.queued_events == 0
    assert [word for commit in writer.commits for word in commit if word.startswith("b")] == [
        "b1",
        "b2",
    ]


async def test_a_sender_waits_for_room_before_it_is_refused(
    writer: GatedWriter, metrics: Metrics
) -> None:
    async with ingesting(writer, metrics, PATIENT, LIVE) as ingest:
        first = await _held(ingest, writer)
        (waiting,) = await _submitted(ingest, ["a1", "a2", "a3", "a4", "a5"])
        outside = asyncio.create_task(_submit(ingest, _events("b1")))
        gone = asyncio.create_task(_submit(ingest, _events("c1")))
        await asyncio.sleep(0)
        assert ingest.queued_events == 5
        gone.cancel()
        with pytest.raises(asyncio.CancelledError):
            await gone
        writer.let_go()
        assert _keys(await outside) == ["b1"]
        await asyncio.gather(first, waiting)
    assert [commit for commit in writer.commits if "c1" in commit] == []


async def test_replay_is_cut_and_answered_when_all_of_it_is_stored(
    writer: GatedWriter, metrics: Metrics
) -> None:
    async with ingesting(writer, metrics, PATIENT, REPLAY) as ingest:
        writer.let_go()
        words = [f"r{number}" for number in range(11)]
        assert _keys(await ingest.submit(_events(*words))) == words
    assert writer.commits == [words[:4], words[4:8], words[8:]]
    assert ingest.queued_events == 0


async def test_replay_of_which_a_piece_failed_is_told_so_and_the_rest_of_it_is_dropped(
    writer: GatedWriter, metrics: Metrics
) -> None:
    """P1: what is acknowledged is stored; what is not, is sent again as a whole."""
    async with ingesting(writer, metrics, PATIENT, REPLAY) as ingest:
        backlog = asyncio.create_task(_submit(ingest, _events(*"abcdefghijk")))
        await writer.hangs()
        writer.gate.release()
        await writer.hangs()
        writer.failures.append(LogUnavailable("the disk is full"))
        writer.let_go()
        with pytest.raises(LogUnavailable):
            await backlog
        assert ingest.queued_events == 0
        assert _keys(await ingest.submit(_events("next"))) == ["next"]
    assert writer.commits == [list("abcd"), ["next"]]


async def test_live_goes_before_replay_that_came_earlier(
    writer: GatedWriter, metrics: Metrics
) -> None:
    """Live traffic before replay."""
    lanes = LaneRules(max_live_events=2, of_source={})
    async with ingesting(writer, metrics, PATIENT, lanes) as ingest:
        first = await _held(ingest, writer)
        backlog, report = await _submitted(ingest, ["r1", "r2", "r3"], ["a1"])
        writer.let_go()
        await asyncio.gather(first, backlog, report)
    assert writer.commits[:2] == [["first"], ["a1", "r1"]]


async def test_no_more_waits_than_is_stored_in_time(writer: GatedWriter, metrics: Metrics) -> None:
    """P13: a slow disk makes the queue shorter; nobody waits until he gives up."""
    slow = replace(LIMITS, queue=replace(LIMITS.queue, max_events=1_000), queue_seconds=0.000001)
    async with ingesting(writer, metrics, slow, LIVE) as ingest:
        tasks = [await _held(ingest, writer)]
        tasks += await _submitted(ingest, *([f"a{number}"] for number in range(20)))
        writer.gate.release(2)
        await tasks[1]
        await writer.hangs()
        assert ingest.is_full
        with pytest.raises(Overloaded):
            await ingest.submit(_events("b1"))
        writer.let_go()
        await asyncio.gather(*tasks)
        assert _keys(await ingest.submit(_events("b1"))) == ["b1"]


async def test_a_sender_that_hangs_up_does_not_lose_its_events(
    ingest: GroupCommit, writer: GatedWriter
) -> None:
    """P1: an acknowledged event is never lost; what was taken is written."""
    first = await _held(ingest, writer)
    gone, stays = await _submitted(ingest, ["a1"], ["b1"])
    gone.cancel()
    writer.let_go()
    assert _keys(await stays) == ["b1"]
    with pytest.raises(asyncio.CancelledError):
        await gone
    await first
    assert writer.commits == [["first"], ["a1", "b1"]]


async def test_retries_and_seals_are_commits_of_their_own(
    ingest: GroupCommit, writer: GatedWriter
) -> None:
    first = await _held(ingest, writer)
    (before,) = await _submitted(ingest, ["a1"])
    retry = asyncio.create_task(ingest.retry([7, 9]))
    await asyncio.sleep(0)
    seal = asyncio.create_task(ingest.seal())
    await asyncio.sleep(0)
    (after,) = await _submitted(ingest, ["b1"])
    writer.let_go()
    assert _keys(await retry) == ["retry 7", "retry 9"]
    await seal
    await asyncio.gather(first, before, after)
    assert writer.commits == [["first"], ["a1"], ["retry 7", "retry 9"], ["seal"], ["b1"]]


@pytest.mark.parametrize(
    ("failure", "sentence"),
    [(LogUnavailable("the disk is full"), "the disk is full"), (KeyError("x"), "KeyError: 'x'")],
)
async def test_all_in_a_failed_commit_are_told_and_the_next_one_works(
    ingest: GroupCommit, writer: GatedWriter, failure: Exception, sentence: str
) -> None:
    first = await _held(ingest, writer)
    a, b = await _submitted(ingest, ["a1"], ["b1"])
    writer.gate.release()
    await first
    writer.failures.append(failure)
    writer.let_go()
    for task in (a, b):
        with pytest.raises(type(failure)):
            await task
    assert ingest.last_error == sentence
    assert _keys(await ingest.submit(_events("a1"))) == ["a1"]
    assert ingest.last_error == ""


async def test_a_log_that_takes_writes_again_is_noticed_without_an_event(
    ingest: GroupCommit, writer: GatedWriter
) -> None:
    """P13: it recovers alone."""
    writer.ended = False
    writer.let_go()
    await ingest.seal()
    assert writer.probes == 0
    writer.failures += [LogUnavailable("full"), LogUnavailable("still full")]
    with pytest.raises(LogUnavailable):
        await ingest.submit(_events("a1"))
    with pytest.raises(LogUnavailable):
        await ingest.seal()
    assert (writer.probes, ingest.last_error) == (1, "still full")
    await ingest.seal()
    assert (writer.probes, ingest.last_error) == (2, "")


async def test_what_waited_for_a_configuration_holds_nobody_up(
    ingest: GroupCommit, writer: GatedWriter
) -> None:
    first = await _held(ingest, writer)
    (after,) = await _submitted(ingest, ["a1"])
    writer.to_release = 3
    writer.gate.release(3)
    assert _keys(await first) == ["first"]
    assert _keys(await after) == ["a1"]
    writer.let_go()
    while writer.releases:  # noqa: ASYNC110 - a thread changes it
        await asyncio.sleep(0)
    assert writer.commits == [["first"], ["release"], ["a1"], ["release"], ["release"]]


async def test_what_waited_is_tried_again_after_the_next_commit_and_not_at_once(
    ingest: GroupCommit, writer: GatedWriter
) -> None:
    first = await _held(ingest, writer)
    writer.to_release = 1
    writer.gate.release()
    await first
    await writer.hangs()  # the release
    writer.failures.append(LogUnavailable("full"))
    writer.gate.release()
    after = asyncio.create_task(_submit(ingest, _events("a1")))
    await writer.hangs()
    writer.gate.release()
    assert _keys(await after) == ["a1"]
    await writer.hangs()
    writer.let_go()
    while writer.releases:  # noqa: ASYNC110 - a thread changes it
        await asyncio.sleep(0)
    assert writer.commits == [["first"], ["a1"], ["release"]]


async def test_stopping_finishes_what_waits_and_takes_nothing_new(
    ingest: GroupCommit, writer: GatedWriter
) -> None:
    first = await _held(ingest, writer)
    waiting = await _submitted(ingest, ["a1", "a2", "a3"], ["b1", "b2"])
    stopping = asyncio.create_task(asyncio.to_thread(ingest.stop))
    while not ingest._stopping:  # noqa: ASYNC110 - a thread sets it
        await asyncio.sleep(0)
    with pytest.raises(ShuttingDown):
        await ingest.submit(_events("c1"))
    assert not stopping.done()
    writer.let_go()
    await stopping
    assert [_keys(outcomes) for outcomes in await asyncio.gather(first, *waiting)] == [
        ["first"],
        ["a1", "a2", "a3"],
        ["b1", "b2"],
    ]


def test_a_loop_that_is_gone_does_not_stop_the_writer(
    writer: GatedWriter, metrics: Metrics
) -> None:
    running = GroupCommit(cast(Writer, writer), LIMITS, LIVE, metrics, archiver(metrics))
    running.start()

    async def hang_up() -> None:
        assert not (await _held(running, writer)).done()

    asyncio.run(hang_up())
    writer.let_go()
    assert _keys(asyncio.run(_submit(running, _events("later")))) == ["later"]
    running.stop()
    assert writer.commits == [["first"], ["later"]]


async def test_what_happened_is_counted(vertical: Vertical, metrics: Metrics) -> None:
    """P8: received = published + duplicate + quarantined + rejected + pending."""
    running = GroupCommit(vertical.writer, LIMITS, LIVE, metrics, archiver(metrics))
    running.start()
    free = status("2026-05-12T11:45:00Z", axes={"occupancy": "free"})
    foreign = free.replace(b"VBS-001", b"VBS-002")
    payloads = [configuration(), free, free, foreign, b"x"]
    await running.submit([delivery(payload) for payload in payloads])
    await asyncio.to_thread(running.stop)
    text = metrics.render().decode()
    for outcome, events in (
        ("received", 5),
        ("published", 2),
        ("duplicate", 1),
        ("quarantined", 1),
        ("rejected", 1),
    ):
        label = f'outcome="{outcome}",source="http:voorbeeldstad:push"'
        assert f"ldes_shok_events_total{{{label}}} {events}.0" in text


async def test_a_message_without_an_event_is_counted_and_is_none(
    vertical: Vertical, metrics: Metrics
) -> None:
    running = GroupCommit(vertical.writer, LIMITS, LIVE, metrics, archiver(metrics))
    running.start()
    heartbeat = replace(delivery(b""), raw=Raw.of(b"{}", {"topic": "a"}))
    (outcome,) = await running.submit([heartbeat])
    await asyncio.to_thread(running.stop)
    assert outcome.kind is OutcomeKind.NOTED
    text = metrics.render().decode()
    source = 'source="http:voorbeeldstad:push"'
    assert f"ldes_shok_messages_without_event_total{{{source}}} 1.0" in text
    assert f'ldes_shok_events_total{{outcome="received",{source}}} 1.0' not in text


@pytest.mark.parametrize(("correcting", "count"), [(frozenset[str](), 2), (frozenset({SOURCE}), 0)])
async def test_a_contradiction_is_counted_and_logged(
    vertical: Vertical, metrics: Metrics, correcting: frozenset[str], count: int
) -> None:
    """15: published all the same, and not odd of a source that is known to correct."""
    running = GroupCommit(vertical.writer, LIMITS, LIVE, metrics, archiver(metrics), correcting)
    running.start()
    volts = [
        measurement("2026-05-12T11:45:00Z", [reading("voltage", value, "V")])
        for value in ("230", "231", "232")
    ]
    with capture_logs() as lines:
        outcomes = await running.submit([delivery(each) for each in (configuration(), *volts)])
        await asyncio.to_thread(running.stop)
    assert {outcome.kind for outcome in outcomes} == {OutcomeKind.PUBLISHED}
    text = metrics.render().decode()
    assert f'ldes_shok_contradictions_total{{source="{SOURCE}"}} {count}.0' in text
    told = [line for line in lines if line["event"] == "readings_contradicted"]
    assert sum(line["events"] for line in told) == count
    assert {line["key"] for line in told} <= {outcomes[1].key}


async def test_what_is_dropped_is_logged_once_for_each_source_and_field(
    vertical: Vertical, metrics: Metrics
) -> None:
    """Over MQTT nobody answers the sender: the operator hears of it."""
    running = GroupCommit(vertical.writer, LIMITS, LIVE, metrics, archiver(metrics))
    running.start()
    raw = b'"v":1,"raw":"sha256:' + b"0" * 64 + b'"'
    volts = [
        measurement("2026-05-12T11:45:00Z", [reading("voltage", value, "V")]).replace(b'"v":1', raw)
        for value in ("230", "231", "232")
    ]
    with capture_logs() as lines:
        await running.submit([delivery(each) for each in (configuration(), *volts)])
        await asyncio.to_thread(running.stop)
    (told,) = [line for line in lines if line["event"] == "field_unused"]
    assert told["source"] == SOURCE
    assert told["reason"].startswith("raw: was dropped: ")
