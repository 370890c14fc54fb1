"""Turns: whoever needs the same subjects goes one after another, everybody else at once.

A turn may learn of subjects while it waits: what a message is about may stand in what it says, read
with what is remembered. So a subject's line is in the order in which turns began, and a turn that
names it late is put where it belongs: before those that began later, unless they go already. Who
goes names nothing more and waits for nobody, and who waits does so for those who go or began before
it. So there is no circle.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable


class Turn:
    """One who waits, or goes.

    Attributes:
        subjects: in whose lines it stands.
        goes: whether it needs no more subjects, and has the turn of those it needs.
        called: set when it may be first.
        was_overtaken: whether somebody else may have gone since it was first.
    """

    def __init__(self, number: int) -> None:
        """`number` grows with each turn that begins."""
        self.number = number
        self.subjects: set[str] = set()
        self.goes = False
        self.called = asyncio.Event()
        self.was_overtaken = False


class Turns:
    """Of one event loop."""

    def __init__(self) -> None:
        self._lines: dict[str, list[Turn]] = {}
        self._begun = 0

    def begin(self) -> Turn:
        """A new turn, behind all others; to be ended."""
        self._begun += 1
        return Turn(self._begun)

    def stand(self, turn: Turn, subjects: Iterable[str]) -> bool:
        """Stand in the lines of these subjects too; whether the turn is first in all its lines."""
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
        """Leave all lines, and call those that are first in theirs now."""
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
