"""The memory of the folds, by subject: read from the log, cached, stored with the derived events.

Changes are staged until the runner confirms that they are stored. Staged changes are never read
back from the log. So after a failed hand-over the memory is what the log has.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec

from ldes_shok.cabinet.incoming import Memory
from ldes_shok.log.records import MemoryRecord

S = TypeVar("S", bound=msgspec.Struct)

Recall = Callable[[str], bytes | None]
"""Maps a subject to the log's memory of it."""


RecallAll = Callable[[str], Sequence[MemoryRecord]]
"""Maps a prefix of subjects to the log's memory of each."""


class Notebook:
    """Structs by subject. Not safe for several threads at once."""

    def __init__(self, recall: Recall, recall_all: RecallAll, limit: int = 2_000) -> None:
        """`limit` is how many subjects are cached."""
        self._recall = recall
        self._recall_all = recall_all
        self._limit = limit
        self._known: dict[str, msgspec.Struct | None] = {}
        self._staged: dict[str, msgspec.Struct | None] = {}

    def get(self, subject: str, kind: type[S]) -> S | None:
        """The memory of a subject; None if there is none, or if it was dropped.

        Raises:
            LogUnavailable: it cannot be read.
        """
        for notes in (self._staged, self._known):
            if subject in notes:
                found: Any = notes[subject]
                return found if isinstance(found, kind) else None
        value = self._recall(subject)
        read = msgspec.msgpack.decode(value, type=kind) if value else None
        self._keep(subject, read)
        return read

    def all(self, prefix: str, kind: type[S]) -> dict[str, S]:
        """The memory of all subjects that begin with `prefix`, by subject.

        Raises:
            LogUnavailable: it cannot be read.
        """
        found: dict[str, S] = {
            record.subject: msgspec.msgpack.decode(record.value, type=kind)
            for record in self._recall_all(prefix)
            if record.value and record.subject not in self._staged
        }
        found |= {
            subject: value
            for subject, value in self._staged.items()
            if subject.startswith(prefix) and isinstance(value, kind)
        }
        return found

    def put(self, subject: str, value: S) -> None:
        """Stage the new memory of a subject."""
        self._staged[subject] = value

    def drop(self, subject: str) -> None:
        """Stage the end of the memory of a subject."""
        self._staged[subject] = None

    @property
    def is_changed(self) -> bool:
        """Whether something is staged."""
        return bool(self._staged)

    def staged(self) -> tuple[Memory, ...]:
        """The staged changes, to be stored."""
        return tuple(
            Memory(subject, b"" if value is None else msgspec.msgpack.encode(value))
            for subject, value in self._staged.items()
        )

    def settle(self) -> None:
        """Note that the staged changes are stored."""
        for subject, value in self._staged.items():
            self._keep(subject, value)
        self._staged.clear()

    def forget(self) -> None:
        """Drop the staged changes, which are not stored, and the cache, which may be stale."""
        self._staged.clear()
        self._known.clear()

    def _keep(self, subject: str, value: msgspec.Struct | None) -> None:
        if len(self._known) >= self._limit and subject not in self._known:
            del self._known[next(iter(self._known))]
        self._known[subject] = value
