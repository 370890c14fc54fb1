"""Turns sealed leaves into stored pages, in the background.

A sealed leaf never changes. So its page is made once, compressed once and stored, and requests get
the stored bytes. To make a page costs more than to publish its members. So a separate thread makes
it. The writer's thread only stores it, a few leaves at a time.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Sequence
from threading import Condition, Thread
from typing import Final, Protocol

import structlog
from zlib_ng import zlib_ng

from ldes_shok.errors import LdesShokError
from ldes_shok.ldes.form import Form
from ldes_shok.log.base import LogReader
from ldes_shok.log.records import ArchivedPage, LeafArchive, NodeRecord
from ldes_shok.observability import metric_table as table
from ldes_shok.observability.metrics import Metrics
from ldes_shok.representation.hypermedia import HypermediaWriter

_GZIP_LEVEL: Final = 4
"""zlib-ng at 4: the size of zlib at 6 in a fifth of the time, 7 us a member for all forms."""

_GZIP_FORMAT: Final = 31
"""zlib's number for gzip with the largest window; the time in its header is 0."""

LEAVES_PER_STEP: Final = 4
"""How many leaves are stored between two commits: it takes 2 ms, so no event waits longer."""

_LOOK_AHEAD: Final = 64
_MAX_READY: Final = 32
"""One is about 100 kB, so the pages that are made but not stored take at most some 3 MB."""


class LeafArchiver:
    """Makes the archive of a sealed leaf."""

    def __init__(self, reader: LogReader, hypermedia: HypermediaWriter) -> None:
        self._reader = reader
        self._hypermedia = hypermedia

    def make(self, record: NodeRecord) -> LeafArchive:
        """The pages of a leaf in all forms, compressed, and its members packed.

        Raises:
            LogUnavailable: the leaf cannot be read.
        """
        stream, node = record.stream, record.node
        return LeafArchive(
            stream,
            node.path,
            node.first_position,
            node.members,
            tuple(self._page(record, form) for form in Form),
            self._reader.packed(stream, node.first_position, node.members),
        )

    def _page(self, record: NodeRecord, form: Form) -> ArchivedPage:
        stream, node = record.stream, record.node
        head = self._reader.sealed_head(stream, node.path, form)
        if head is None:
            raise LdesShokError(f"{stream} {node.path} is sealed without a {form.value} head")
        blocks = self._reader.blocks(stream, node.first_position, node.members, form)
        body = head.prefix + self._hypermedia.separator(form).join(blocks) + head.suffix
        coded = zlib_ng.compress(body, _GZIP_LEVEL, _GZIP_FORMAT)
        return ArchivedPage(form, coded, hashlib.sha256(body).digest())


class ArchiveStore(Protocol):
    """The part of the log's writer that archiving needs."""

    def unarchived(self, limit: int) -> Sequence[NodeRecord]:
        """Sealed leaves whose pages are not stored yet, oldest first."""
        ...

    def archive(self, leaves: Sequence[LeafArchive]) -> None:
        """Store the pages of sealed leaves, all or nothing."""
        ...


def archive_all(store: ArchiveStore, archiver: LeafArchiver) -> None:
    """Archive all sealed leaves now. Only for a writer that no other caller waits for.

    Raises:
        LogUnavailable: the leaves before the error are stored.
    """
    while leaves := store.unarchived(LEAVES_PER_STEP):
        store.archive([archiver.make(leaf) for leaf in leaves])


class BackgroundArchiver:
    """Makes archives in its own thread; the writer's thread fetches and stores them.

    Only the writer's thread uses `due` and `step`. They never wait for the archiving thread.
    """

    def __init__(self, archiver: LeafArchiver, metrics: Metrics) -> None:
        self._archiver = archiver
        self._metrics = metrics
        self._changed = Condition()
        self._waiting: deque[NodeRecord] = deque()
        self._ready: deque[LeafArchive] = deque()
        self._known: set[tuple[str, str]] = set()
        self._look = True
        self._stopping = False
        self._wake: Callable[[], None] = _no_wake
        self._thread = Thread(target=self._run, name="archiver", daemon=True)

    def start(self, wake: Callable[[], None]) -> None:
        """Start the thread; `wake` is called when there is something to store."""
        self._wake = wake
        self._thread.start()

    def stop(self) -> None:
        """End the thread. What is not stored is made again after the next start. Blocks."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self._thread.join()

    def look(self) -> None:
        """Note that a commit happened: leaves may be sealed now."""
        self._look = True

    @property
    def due(self) -> bool:
        """Whether `step` has something to do."""
        return bool(self._ready) or (self._look and not self._waiting)

    def step(self, store: ArchiveStore) -> None:
        """Store a few archives that are ready, and find the next leaves to archive.

        Raises:
            LogUnavailable: no leaf of this step is stored; it is tried again after the next commit.
        """
        try:
            self._store(store)
            if self._look and not self._waiting:
                self._find(store)
        except Exception:
            # Do not try again and again while the store refuses.
            self._look = False
            raise
        finally:
            self._metrics.set(table.UNARCHIVED, len(self._known))

    def _store(self, store: ArchiveStore) -> None:
        with self._changed:
            leaves = [self._ready.popleft() for _ in range(min(LEAVES_PER_STEP, len(self._ready)))]
            self._changed.notify()
        try:
            if leaves:
                store.archive(leaves)
        finally:
            self._known.difference_update((leaf.stream, leaf.path) for leaf in leaves)

    def _find(self, store: ArchiveStore) -> None:
        found = store.unarchived(_LOOK_AHEAD + len(self._known))
        new = [leaf for leaf in found if _name(leaf) not in self._known]
        self._look = len(new) >= _LOOK_AHEAD
        with self._changed:
            self._known.update(map(_name, new))
            self._waiting += new
            self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._stopping and (not self._waiting or len(self._ready) >= _MAX_READY):
                    self._changed.wait()
                if self._stopping:
                    return
                leaf = self._waiting[0]
            made = self._make(leaf)
            with self._changed:
                self._waiting.popleft()
                if made is not None:
                    self._ready.append(made)
            self._wake()

    def _make(self, leaf: NodeRecord) -> LeafArchive | None:
        try:
            return self._archiver.make(leaf)
        except Exception as error:  # noqa: BLE001  it stays `known`: it is tried after a restart
            structlog.get_logger("ldes_shok.archive").error(
                "leaf_not_archived", stream=leaf.stream, node=leaf.node.path, reason=str(error)
            )
            return None


def _name(record: NodeRecord) -> tuple[str, str]:
    return record.stream, record.node.path


def _no_wake() -> None:
    """Do nothing: the writer's thread is not started yet."""
