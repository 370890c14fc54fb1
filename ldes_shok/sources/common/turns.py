"""Turns: tasks that need the same subjects run one after another; all others run at once.

A turn may name more subjects while it waits: the subject of a message may show only when the
message is read with its memory. The queue of a subject is in the order in which turns began. A turn
that names the subject late is put before turns that began later, unless those already run. A
running turn names no more subjects and waits for no other turn. A waiting turn waits only for turns
that run or began before it. So there is no deadlock.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable


class Turn:
    """A turn that waits or runs.

    Attributes:
        subjects: the subjects in whose queues it is.
        goes: whether it runs: it needs no more subjects and is first for all of its own.
        called: set when it may be first.
        was_overtaken: whether another turn may have run since it was first.
    """

    def __init__(self, number: int) -> None:
        """`number` grows with each turn that begins."""
        self.number = number
        self.subjects: set[str] = set()
        self.goes = False
        self.called = asyncio.Event()
        self.was_overtaken = False


class Turns:
    """The turns of one event loop."""

    def __init__(self) -> None:
        self._lines: dict[str, list[Turn]] = {}
        self._begun = 0

    def begin(self) -> Turn:
        """A new turn, behind all others. The caller must end it."""
        self._begun += 1
        return Turn(self._begun)

    def stand(self, turn: Turn, subjects: Iterable[str]) -> bool:
        """Join the queues of these subjects too; returns whether it is first in all its queues."""
        for subject in subjects:
            if subject not in turn.subjects:
                turn.subjects.add(subject)
                self._put(turn, self._lines.setdefault(subject, []))
        if self._is_first(turn):
            return True
        turn.was_overtaken = True
        turn.called.clear()
        return False

    def end(self, turn: Turn) -> None:
        """Leave all queues, and call the turns that are first now."""
        for subject in turn.subjects:
            line = self._lines[subject]
            line.remove(turn)
            if not line:
                del self._lines[subject]
            elif self._is_first(line[0]):
                line[0].called.set()

    def _is_first(self, turn: Turn) -> bool:
        return all(self._lines[subject][0] is turn for subject in turn.subjects)

    @staticmethod
    def _put(turn: Turn, line: list[Turn]) -> None:
        place = len(line)
        while place and line[place - 1].number > turn.number and not line[place - 1].goes:
            place -= 1
            line[place].was_overtaken = True
        line.insert(place, turn)
