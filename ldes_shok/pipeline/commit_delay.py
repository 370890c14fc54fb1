"""Decides how long a commit waits for senders that are about to send. No threads, no clock.

A sender that waits for an answer sends again as soon as the answer arrives: eight senders that were
answered together send again within a moment. If the first of them began a commit alone, the others
would share the next one: two syncs for eight events instead of one. So a commit waits for as many
senders as shared each of the last two commits, but not for long. A single sender never waits.
(PostgreSQL has the same in `commit_delay` and `commit_siblings`.)
"""

from __future__ import annotations

from typing import Final

_PART: Final = 4
"""A commit waits for at most a quarter of the time that the last commit took."""

_MOST_SECONDS: Final = 0.02
"""The longest wait, so that the end of a bulk load delays no sender for longer."""


class CommitDelay:
    """Remembers how many senders shared the last commits, and how long the last one took."""

    def __init__(self) -> None:
        self._last = 1
        self._expected = 1
        self._seconds = 0.0

    @property
    def expected(self) -> int:
        """How many senders the next commit waits for, the first one included."""
        return self._expected

    @property
    def patience_seconds(self) -> float:
        """The longest time that the next commit waits."""
        return min(self._seconds / _PART, _MOST_SECONDS)

    def note(self, senders: int, seconds: float) -> None:
        """Note one more commit: its number of senders and its duration."""
        self._expected = max(1, min(self._last, senders))
        self._last = senders
        self._seconds = seconds
