"""Waiting, and trying again: for a service that takes nothing now, and for a link that broke."""

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
"""Why nothing is taken now though nothing is wrong with what is offered."""

_RESUBMIT: Final = Backoff(base_seconds=0.2, most_seconds=10)


class Retry:
    """Offers the same again until the service takes it, and says once that it waits.

    Args:
        rng: spreads the attempts.
        log: of the source.
        on_wait: called with why it waits, and with nothing when it goes on.
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
        """What `offer` gives, once it does not raise one of NOT_NOW any more.

        Args:
            offer: makes one attempt; what else it raises goes through.
            pause: waits between two attempts, where more has to be done meanwhile than sleep.
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
    """Waits longer before each new attempt, until one succeeded.

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
        """Wait after a failed attempt, `least_seconds` and what the back-off adds to it."""
        wait_seconds = self._backoff.wait_seconds(self._failed, self._rng)
        self._failed += 1
        await self._sleep(least_seconds + wait_seconds)

    def succeeded(self) -> None:
        """The next wait is as short as the first."""
        self._failed = 0
