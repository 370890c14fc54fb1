"""Gives files to a target in batches, in an order that is safe for readers at any time."""

from __future__ import annotations

from collections.abc import Collection

from ldes_shok.export.target import Item, Target
from ldes_shok.log.walk_step import OnStep, Step

_BATCH_FILES = 32
_BATCH_BYTES = 16 * 1024 * 1024


class BatchWriter:
    """Collects files that do not depend on each other, and counts members.

    A batch may be stored in any order. `settle` separates files from those that link to them.
    """

    def __init__(self, target: Target, whole: int, on_step: OnStep) -> None:
        """`whole` is the number of members in all forms together."""
        self.target = target
        self.files = 0
        self.kept_members = 0
        self._done = 0
        self._whole = whole
        self._on_step = on_step
        self._waiting: list[Item] = []
        self._waiting_bytes = 0
        self._waiting_members = 0

    def add(self, item: Item, members: int = 0) -> None:
        """Store the file now or with the next ones; it holds `members` members."""
        self._waiting.append(item)
        self._waiting_bytes += len(item.body)
        self._waiting_members += members
        if len(self._waiting) >= _BATCH_FILES or self._waiting_bytes >= _BATCH_BYTES:
            self.settle()

    def settle(self) -> None:
        """Return when all added files are safe."""
        if self._waiting:
            self.files += self.target.put(self._waiting)
            self._count(self._waiting_members)
        self._waiting, self._waiting_bytes, self._waiting_members = [], 0, 0

    def one_by_one(self, items: Collection[Item], members: int = 0) -> None:
        """Store files that may link to the ones before them; they hold `members` members."""
        self.settle()
        for item in items:
            self.add(item)
            self.settle()
        self._count(members)

    def keep(self, members: int) -> None:
        """Count members whose pages exist already."""
        self.kept_members += members
        self._count(members)

    def _count(self, members: int) -> None:
        self._done += members
        self._on_step(Step("members, in each form", self._done, self._whole))
