"""A real log whose commits fail when told, in every way that a caller can meet.

After Sunlight's table (FiloSottile/sunlight, `TestSequenceErrors`): each step is tried with an
error after which nothing is stored, and with one after which it is stored all the same.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from enum import Enum
from pathlib import Path
from typing import cast

from ldes_shok.errors import LogUnavailable
from ldes_shok.log.identity import LogIdentity
from ldes_shok.log.records import Commit, LeafArchive, StateRecord
from ldes_shok.log.sqlite.writer import SqliteLogWriter


class Fate(Enum):
    """What becomes of a commit."""

    STORED = "stored"
    """Stored, and its caller is told so."""

    LOST = "lost"
    """An error, and nothing of it is stored."""

    TORN = "torn"
    """An error inside the transaction, which is undone."""

    BLIND = "blind"
    """As TORN, and until its caller is told nothing can be read either."""

    KEPT = "kept"
    """An error, and all of it is stored."""

    @property
    def stores(self) -> bool:
        """Whether the log has it afterwards."""
        return self in {Fate.STORED, Fate.KEPT}


class Moment(Enum):
    """When a process dies, seen from a commit."""

    BEFORE = "before"
    DURING = "during"
    """Inside the transaction, with all its rows written."""

    AFTER = "after"
    """When it is durable and nobody was told."""

    @property
    def stores(self) -> bool:
        """Whether the log has the commit afterwards."""
        return self is Moment.AFTER


class Died(Exception):
    """The process ends here: nothing behind it runs, and its files stay as they are."""


class UnreliableLog(SqliteLogWriter):
    """The SQLite log with a fate for its next commit.

    Attributes:
        fate: of the next commit or archiving; then all is well again.
    """

    def __init__(self, path: Path, identity: LogIdentity) -> None:
        super().__init__(path, identity)
        # A process that dies leaves what it wrote with the kernel, synced or not; power cuts have
        # tests of their own.
        self._connection.execute("PRAGMA synchronous = OFF")
        self.fate = Fate.STORED
        self._path = path
        self._death: tuple[Moment, Path] | None = None

    def die(self, moment: Moment, image: Path) -> None:
        """Die in the next commit and leave the log's files in `image`, as a kill -9 leaves them."""
        self._death = (moment, image)

    def commit(self, commit: Commit) -> None:
        """As the real one, if fate allows.

        Raises:
            LogUnavailable: the fate is not STORED.
            Died: as arranged by `die`.
        """
        if self._death is not None:
            self._die(*self._death, commit)
        if self.fate in {Fate.TORN, Fate.BLIND}:
            commit = replace(commit, states=cast(tuple[StateRecord, ...], self._torn()))
            try:
                super().commit(commit)
            finally:
                self.fate = Fate.STORED
                self._connection.set_progress_handler(None, 0)
        self._suffer(lambda: super(UnreliableLog, self).commit(commit))

    def archive(self, leaves: Sequence[LeafArchive]) -> None:
        """As the real one, if fate allows."""
        self._suffer(lambda: super(UnreliableLog, self).archive(leaves))

    def _torn(self) -> Iterator[StateRecord]:
        """Rows that cannot be written: whoever comes to them has an error in its hands."""
        if self.fate is Fate.BLIND:
            # SQLite asks at every step whether to go on: no.
            self._connection.set_progress_handler(lambda: 1, 1)
        yield from ()
        raise LogUnavailable("the test decided so: in the middle of the transaction")

    def _suffer(self, store: Callable[[], None]) -> None:
        fate, self.fate = self.fate, Fate.STORED
        if fate.stores:
            store()
        if fate is not Fate.STORED:
            raise LogUnavailable(f"the test decided so: the batch is {fate.value}")

    def _die(self, moment: Moment, image: Path, commit: Commit) -> None:
        if moment is Moment.BEFORE:
            self._photograph(image)
            raise Died
        if moment is Moment.DURING:
            self._connection.set_trace_callback(
                lambda statement: self._photograph(image) if statement == "COMMIT" else None
            )
        super().commit(commit)
        if moment is Moment.AFTER:
            self._photograph(image)
        assert image.is_dir(), "the commit wrote no COMMIT"
        raise Died

    def _photograph(self, image: Path) -> None:
        image.mkdir()
        # Not the -shm: it is memory, which SQLite makes anew from the -wal after a crash.
        for path in (self._path, self._path.with_name(f"{self._path.name}-wal")):
            shutil.copy(path, image / path.name)
