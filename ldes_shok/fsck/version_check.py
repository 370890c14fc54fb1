"""P3 in the log: two versions of one thing never share their publication time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ldes_shok.log.records import MemberRow, PolicyRecord


class VersionCheck:
    """Takes the members in order; keeps those of one millisecond."""

    def __init__(self, policies: Sequence[PolicyRecord]) -> None:
        """`policies` as the log recorded them, oldest first: they give where the rule begins."""
        self._waiting = list(policies)
        self._most = 0
        self._now_ms = 0
        self._things: Counter[str] = Counter()

    def meets_again(self, row: MemberRow) -> bool:
        """Whether too many versions of the next member's entity share its time."""
        while self._waiting and self._waiting[0].from_position <= row.position:
            self._most = self._waiting.pop(0).versions_per_millisecond
        if row.published_ms != self._now_ms:
            self._now_ms = row.published_ms
            self._things.clear()
        self._things[row.entity] += 1
        return 0 < self._most < self._things[row.entity]
