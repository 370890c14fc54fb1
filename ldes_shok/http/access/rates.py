"""How much somebody may ask: a bucket of tokens for each, filled as time goes by.

A bucket holds a minute's worth, so somebody who was silent may ask all of it at once.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

_MOST_BUCKETS: Final = 10_000
_MINUTE_SECONDS: Final = 60.0


class Rates:
    """The buckets of one process; `now_seconds` is a time that never goes back."""

    def __init__(self, now_seconds: Callable[[], float]) -> None:
        self._now_seconds = now_seconds
        self._buckets: dict[str, tuple[float, float]] = {}
        """By name: what was in it, and when."""

    def wait_seconds(self, name: str, per_minute: int) -> int:
        """How long until there is one in the bucket of `name`, as `take` says; none is taken."""
        held, since = self._buckets.get(name, (float(per_minute), 0.0))
        per_second = per_minute / _MINUTE_SECONDS
        missing = 1.0 - held - (self._now_seconds() - since) * per_second
        return 0 if missing <= 0 else max(1, math.ceil(missing / per_second))

    def take(self, name: str, per_minute: int) -> int:
        """Take one out of the bucket of `name`.

        Returns:
            0 if there was one; otherwise the whole seconds until there is one, at least 1.
        """
        now = self._now_seconds()
        # Taken out and put back behind: the first one is who was silent for longest.
        held, since = self._buckets.pop(name, (float(per_minute), now))
        per_second = per_minute / _MINUTE_SECONDS
        held = min(float(per_minute), held + (now - since) * per_second)
        missing = 1.0 - held
        self._buckets[name] = (held if missing > 0 else held - 1.0, now)
        if len(self._buckets) > _MOST_BUCKETS:
            del self._buckets[next(iter(self._buckets))]
        return 0 if missing <= 0 else max(1, math.ceil(missing / per_second))
