"""What derivers remember, by subject: read from the log, kept at hand, written with what it gave.

Changes are staged until whoever hands them over says that they are safe. Nothing staged is ever
read back from the log, so a hand-over that failed leaves what the log has.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec

from ldes_shok.cabinet.incoming import Memory
from ldes_shok.log.records import MemoryRecord

S = TypeVar("S", bound=msgspec.Struct)

Recall = Callable[[str], bytes | None]
"""Subject to what the log remembers of it."""


RecallAll = Callable[[str], Sequence[MemoryRecord]]
"""The beginning of subjects to what the log remembers of each."""


class Notebook:
    """Structs by subject; not for several threads at once."""

    def __init__(self, recall: Recall, recall_all: RecallAll, limit: int = 2_000) -> None:
        """`limit` is how many subjects are kept at hand."""
        self._recall = recall
        self._recall_all = recall_all
        self._limit = limit
        self._known: dict[str, msgspec.Struct | None] = {}
        self._staged: dict[str, msgspec.Struct | None] = {}

    def get(self, subject: str, kind: type[S]) -> S | None:
        """What is remembered of a subject; None if nothing, or no more.

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
        """What is remembered of all subjects that begin with `prefix`, by subject.

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
        """Remember this from now on."""
        self._staged[subject] = value

    def drop(self, subject: str) -> None:
        """Remember nothing more of a subject."""
        self._staged[subject] = None

    @property
    def is_changed(self) -> bool:
        """Whether something waits to be written."""
        return bool(self._staged)

    def staged(self) -> tuple[Memory, ...]:
        """What is to be written."""
        return tuple(
            Memory(subject, b"" if value is None else msgspec.msgpack.encode(value))
            for subject, value in self._staged.items()
        )

    def settle(self) -> None:
        """What was staged is safe."""
        for subject, value in self._staged.items():
            self._keep(subject, value)
        self._staged.clear()

    def forget(self) -> None:
        """What was staged is not safe, and what is known may be older than the log."""
        self._staged.clear()
        self._known.clear()

    def _keep(self, subject: str, value: msgspec.Struct | None) -> None:
        if len(self._known) >= self._limit and subject not in self._known:
            del self._known[next(iter(self._known))]
        self._known[subject] = value
