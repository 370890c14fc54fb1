"""Archiving: what is stored of a sealed leaf is the page that was served; nobody waits for it."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from ldes_shok.errors import LogUnavailable
from ldes_shok.fragmentation.tree import Policy
from ldes_shok.ldes.member import Form
from ldes_shok.log.records import LeafArchive, NodeRecord
from ldes_shok.observability.metric_table import UNARCHIVED, GaugeRow
from ldes_shok.observability.metrics import Metrics
from ldes_shok.pipeline.archive import (
    LEAVES_PER_STEP,
    BackgroundArchiver,
    LeafArchiver,
    archive_all,
)
from ldes_shok.pipeline.ingest import GroupCommit
from ldes_shok.representation.pages import PageCache, Pages
from tests.support.patience import HANG_SECONDS
from tests.support.vertical import Vertical, configuration, deliveries, open_vertical, status
from tests.unit.pipeline.test_ingest import LIMITS, LIVE

LEAVES = 4


def _reports(first: int, count: int) -> list[bytes]:
    """Each a version of the cabinet's socket, and so a leaf of its own."""
    hours = (f"2026-05-12T{n // 60:02d}:{n % 60:02d}:00Z" for n in range(first, first + count))
    return [status(hour, axes={"occupancy": "free"}) for hour in hours]


@pytest.fixture
def sealed(tmp_path: Path) -> Iterator[Vertical]:
    """A log with sealed leaves of one member each."""
    opened = open_vertical(tmp_path, policy=Policy(1, 1000, 1000), members_per_millisecond=1)
    opened.writer.write(deliveries(configuration(), *_reports(0, LEAVES)))
    yield opened
    opened.close()


def _archiver(vertical: Vertical) -> LeafArchiver:
    return LeafArchiver(vertical.reader, vertical.hypermedia)


def _leaves(vertical: Vertical) -> list[NodeRecord]:
    return list(vertical.writer.unarchived(1000))


def test_what_is_stored_is_the_page_that_was_served(sealed: Vertical) -> None:
    """P4: a sealed node never changes by a byte."""
    pages = Pages(sealed.reader, sealed.hypermedia, PageCache(0))
    leaves = _leaves(sealed)
    assert len(leaves) > LEAVES
    before = {
        (leaf.stream, leaf.node.path, form): pages.render(
            sealed.stream(leaf.stream), leaf.node, form
        ).body
        for leaf in leaves
        for form in Form
    }
    archive_all(sealed.writer, _archiver(sealed))
    assert _leaves(sealed) == []
    for (stream, path, form), body in before.items():
        coded = sealed.reader.archived_page(stream, path, form)
        assert coded is not None
        assert gzip.decompress(coded) == body
        head = sealed.reader.sealed_head(stream, path, form)
        assert head is not None
        assert head.digest == hashlib.sha256(body).digest()
        node = sealed.reader.node(stream, path)
        assert node is not None
        assert pages.render(sealed.stream(stream), node, form).body == body


def test_equal_pages_are_coded_to_equal_bytes(sealed: Vertical) -> None:
    """No time and no name goes into the header of gzip."""
    leaf = _leaves(sealed)[0]
    archiver = _archiver(sealed)
    first, second = archiver.make(leaf), archiver.make(leaf)
    assert first == second
    assert all(page.gzip[4:8] == b"\0\0\0\0" for page in first.pages)


class Background:
    """The archiver's thread beside a writer's thread that is the test."""

    def __init__(self, vertical: Vertical, archiver: LeafArchiver | None = None) -> None:
        self.metrics = Metrics()
        self.background = BackgroundArchiver(archiver or _archiver(vertical), self.metrics)
        self._woken = threading.Semaphore(0)
        self.background.start(self._woken.release)

    def wait(self, times: int = 1) -> None:
        """Until the thread has tried so many leaves."""
        for _ in range(times):
            assert self._woken.acquire(timeout=HANG_SECONDS)


def test_leaves_are_stored_a_few_at_a_time(sealed: Vertical) -> None:
    running, leaves = Background(sealed), _leaves(sealed)
    assert running.background.due
    running.background.step(sealed.writer)
    assert b"ldes_shok_unarchived_leaves %d.0\n" % len(leaves) in running.metrics.render()
    running.wait(len(leaves))
    left = len(leaves)
    while left:
        assert running.background.due
        running.background.step(sealed.writer)
        left = max(0, left - LEAVES_PER_STEP)
        assert len(_leaves(sealed)) == left
    while running.background.due:
        running.background.step(sealed.writer)
    assert b"ldes_shok_unarchived_leaves 0.0\n" in running.metrics.render()
    running.background.stop()


def test_a_commit_is_looked_at_and_nothing_is_due_without_one(sealed: Vertical) -> None:
    archive_all(sealed.writer, _archiver(sealed))
    running = Background(sealed)
    running.background.step(sealed.writer)
    assert not running.background.due
    sealed.writer.write(deliveries(*_reports(LEAVES, 2)))
    assert not running.background.due
    running.background.look()
    assert running.background.due
    running.background.step(sealed.writer)
    running.wait(len(_leaves(sealed)))
    running.background.step(sealed.writer)
    assert _leaves(sealed) == []
    running.background.stop()


class Choosy(LeafArchiver):
    """Fails on one leaf."""

    def __init__(self, archiver: LeafArchiver, refused: NodeRecord) -> None:
        self._archiver = archiver
        self._refused = refused
        self.asked = 0

    def make(self, record: NodeRecord) -> LeafArchive:
        if record == self._refused:
            self.asked += 1
            raise LogUnavailable("damaged")
        return self._archiver.make(record)


def test_a_leaf_that_cannot_be_made_is_in_nobodys_way(sealed: Vertical) -> None:
    leaves = _leaves(sealed)
    choosy = Choosy(_archiver(sealed), leaves[0])
    running = Background(sealed, choosy)
    running.background.step(sealed.writer)
    running.wait(len(leaves))
    for _ in range(len(leaves)):
        running.background.look()
        running.background.step(sealed.writer)
    assert _leaves(sealed) == leaves[:1]
    assert choosy.asked == 1
    running.background.stop()


class Full:
    """A store that refuses while `failing`."""

    def __init__(self, vertical: Vertical) -> None:
        self._writer = vertical.writer
        self.failing = True
        self.unreadable = False
        self.asked = 0

    def unarchived(self, limit: int) -> Sequence[NodeRecord]:
        self.asked += 1
        if self.unreadable:
            raise LogUnavailable("disk I/O error")
        return self._writer.unarchived(limit)

    def archive(self, leaves: Sequence[LeafArchive]) -> None:
        if self.failing:
            raise LogUnavailable("the disk is full")
        self._writer.archive(leaves)


def test_what_could_not_be_stored_is_made_again_after_the_next_commit(sealed: Vertical) -> None:
    running, store, leaves = Background(sealed), Full(sealed), _leaves(sealed)
    running.background.step(store)
    running.wait(len(leaves))
    for _ in range(-(-len(leaves) // LEAVES_PER_STEP)):
        with pytest.raises(LogUnavailable):
            running.background.step(store)
    # It does not try again and again while nothing can be written.
    assert not running.background.due
    store.failing = False
    running.background.look()
    running.background.step(store)
    running.wait(len(leaves))
    while running.background.due:
        running.background.step(store)
    assert _leaves(sealed) == []
    running.background.stop()


def test_a_log_that_cannot_be_read_is_left_alone_until_the_next_commit(sealed: Vertical) -> None:
    running, store = Background(sealed), Full(sealed)
    store.unreadable = True
    with pytest.raises(LogUnavailable):
        running.background.step(store)
    assert not running.background.due
    running.background.look()
    assert running.background.due
    running.background.stop()


def test_the_log_is_asked_only_after_a_commit(sealed: Vertical) -> None:
    archive_all(sealed.writer, _archiver(sealed))
    running, store = Background(sealed), Full(sealed)
    for _ in range(3):
        running.background.step(store)
    assert store.asked == 1
    running.background.look()
    running.background.step(store)
    assert store.asked == 2
    running.background.stop()


async def test_the_writers_thread_archives_while_it_has_nothing_else_to_do(
    sealed: Vertical, monkeypatch: pytest.MonkeyPatch
) -> None:
    metrics, done = Metrics(["http:voorbeeldstad:push"], ["kasten"]), threading.Event()
    look = metrics.set

    def noted(row: GaugeRow, value: float, *labels: str) -> None:
        look(row, value, *labels)
        if row is UNARCHIVED and not value:
            done.set()

    monkeypatch.setattr(metrics, "set", noted)
    background = BackgroundArchiver(_archiver(sealed), metrics)
    ingest = GroupCommit(sealed.writer, LIMITS, LIVE, metrics, background)
    ingest.start()
    submitted = [ingest.submit(deliveries(report)) for report in _reports(LEAVES, 3)]
    outcomes = [await work for work in submitted]
    assert {outcome.kind.value for each in outcomes for outcome in each} == {"published"}
    assert await asyncio.to_thread(done.wait, HANG_SECONDS)
    await asyncio.to_thread(ingest.stop)
    archive_all(sealed.writer, _archiver(sealed))
    assert sealed.writer.unarchived(9) == []


class _Noted(BackgroundArchiver):
    """Notes that it was told of a commit."""

    looked = False

    def look(self) -> None:
        self.looked = True
        super().look()


async def test_after_each_commit_leaves_are_looked_for(sealed: Vertical) -> None:
    metrics = Metrics(["http:voorbeeldstad:push"], ["kasten"])
    background = _Noted(_archiver(sealed), metrics)
    ingest = GroupCommit(sealed.writer, LIMITS, LIVE, metrics, background)
    ingest.start()
    looked = []
    for report in _reports(LEAVES, 2):
        background.looked = False
        await ingest.submit(deliveries(report))
        looked.append(background.looked)
    await asyncio.to_thread(ingest.stop)
    assert looked == [True, True]
    assert ingest.commit_seconds == 0
