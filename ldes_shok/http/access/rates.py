"""Rate limits: a bucket of tokens for each name, filled as time goes by.

A bucket holds the tokens of one minute, so a client that was silent may use them all at once.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

_MOST_BUCKETS: Final = 10_000
_MINUTE_SECONDS: Final = 60.0


class Rates:
    """The buckets of one process; `now_seconds` is a monotonic time."""

    def __init__(self, now_seconds: Callable[[], float]) -> None:
        self._now_seconds = now_seconds
        self._buckets: dict[str, tuple[float, float]] = {}
        """By name: the tokens in the bucket, and when they were counted."""

    def wait_seconds(self, name: str, per_minute: int) -> int:
        """Return what `take` would return, but take no token."""
        held, since = self._buckets.get(name, (float(per_minute), 0.0))
        per_second = per_minute / _MINUTE_SECONDS
        missing = 1.0 - held - (self._now_seconds() - since) * per_second
        return 0 if missing <= 0 else max(1, math.ceil(missing / per_second))

    def take(self, name: str, per_minute: int) -> int:
        """Take one token out of the bucket of `name`.

        Returns:
            0 if there was a token; otherwise the whole seconds until there is one, at least 1.
        """
        now = self._now_seconds()
        # Reinserted at the end: the first bucket is the one that was not used for longest.
        held, since = self._buckets.pop(name, (float(per_minute), now))
        per_second = per_minute / _MINUTE_SECONDS
        held = min(float(per_minute), held + (now - since) * per_second)
        missing = 1.0 - held
        self._buckets[name] = (held if missing > 0 else held - 1.0, now)
        if len(self._buckets) > _MOST_BUCKETS:
            del self._buckets[next(iter(self._buckets))]
        return 0 if missing <= 0 else max(1, math.ceil(missing / per_second))
