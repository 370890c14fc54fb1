"""How long a commit waits for those who are about to send. No threads, no clock.

Whoever waits for an answer sends again when it is there: eight who were answered together come
again within a moment. If the first of them began a commit alone, the others would share the next
one, two syncs for eight events instead of one. So a commit waits for as many as shared each of the
last two, but not for long; whoever sends alone never waits (PostgreSQL has the same in
`commit_delay` and `commit_siblings`).
"""

from __future__ import annotations

from typing import Final

_PART: Final = 4
"""A commit is awaited for no more than a quarter of what the last one took."""

_MOST_SECONDS: Final = 0.02
"""So that a bulk that ends holds up nobody for longer."""


class CommitDelay:
    """How many shared the last commits, and how long they took."""

    def __init__(self) -> None:
        self._last = 1
        self._expected = 1
        self._seconds = 0.0

    @property
    def expected(self) -> int:
        """For how many senders the next commit waits; one is there already."""
        return self._expected

    @property
    def patience_seconds(self) -> float:
        """For how long at most."""
        return min(self._seconds / _PART, _MOST_SECONDS)

    def note(self, senders: int, seconds: float) -> None:
        """One more commit of so many senders took so long."""
        self._expected = max(1, min(self._last, senders))
        self._last = senders
        self._seconds = seconds
