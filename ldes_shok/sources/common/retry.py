"""Waits and retries: when the service takes no events now, and when a connection broke."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from random import Random
from typing import Final, TypeVar

from structlog.typing import FilteringBoundLogger

from ldes_shok.errors import (
    LogUnavailable,
    Overloaded,
    PseudonymKeyUnavailable,
    ValidationUnavailable,
)
from ldes_shok.sources.common.backoff import Backoff

T = TypeVar("T")

Sleep = Callable[[float], Awaitable[None]]
"""Waits for so many seconds."""

NOT_NOW: Final = (Overloaded, LogUnavailable, PseudonymKeyUnavailable, ValidationUnavailable)
"""Why the service takes no events now, although the events are good."""

_RESUBMIT: Final = Backoff(base_seconds=0.2, most_seconds=10)


class Retry:
    """Offers the same events until the service takes them, and logs once that it waits.

    Args:
        rng: spreads the attempts.
        log: of the source.
        on_wait: called with the reason of the wait, and with an empty text when it goes on.
        sleep: how to wait; a test passes its own.
    """

    def __init__(
        self,
        rng: Random,
        log: FilteringBoundLogger,
        on_wait: Callable[[str], None] | None = None,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._rng = rng
        self._log = log
        self._on_wait = on_wait
        self._sleep = sleep
        self._waits = False

    async def until_taken(self, offer: Callable[[], Awaitable[T]], pause: Sleep | None = None) -> T:
        """The result of `offer`, once it no longer raises one of NOT_NOW.

        Args:
            offer: makes one attempt; other errors that it raises go through.
            pause: waits between two attempts, if the caller has more to do then than sleep.
        """
        attempts = Attempts(self._rng, pause or self._sleep, _RESUBMIT)
        while True:
            try:
                taken = await offer()
            except NOT_NOW as error:
                self._wait_for(str(error))
                await attempts.wait()
            else:
                self._go_on()
                return taken

    def _wait_for(self, reason: str) -> None:
        if not self._waits:
            self._waits = True
            self._log.warning("source_held_back", reason=reason)
        if self._on_wait is not None:
            self._on_wait(reason)

    def _go_on(self) -> None:
        if self._waits:
            self._waits = False
            self._log.info("source_flowing")
            if self._on_wait is not None:
                self._on_wait("")


class Attempts:
    """Waits longer before each new attempt, until one succeeds.

    Args:
        rng: spreads the attempts.
        sleep: how to wait; a test passes its own.
        backoff: how long.
    """

    def __init__(self, rng: Random, sleep: Sleep, backoff: Backoff) -> None:
        self._rng = rng
        self._sleep = sleep
        self._backoff = backoff
        self._failed = 0

    async def wait(self, least_seconds: float = 0.0) -> None:
        """Wait after a failed attempt: `least_seconds` and the back-off."""
        wait_seconds = self._backoff.wait_seconds(self._failed, self._rng)
        self._failed += 1
        await self._sleep(least_seconds + wait_seconds)

    def succeeded(self) -> None:
        """Make the next wait as short as the first."""
        self._failed = 0
