"""The wait before the next attempt."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Final

_MOST_DOUBLINGS: Final = 16


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential, with full jitter: a thousand clients that lost one broker come back spread out.

    Full jitter draws from zero to the bound, so that attempts do not meet in waves (Brooker,
    "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
    """

    base_seconds: float
    most_seconds: float

    def wait_seconds(self, attempt: int, rng: Random) -> float:
        """A wait after failed attempt number `attempt`, counted from 0."""
        bound = self.base_seconds * 2 ** min(attempt, _MOST_DOUBLINGS)
        return rng.uniform(0, min(self.most_seconds, bound))
