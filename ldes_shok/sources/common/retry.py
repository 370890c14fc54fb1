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
_RECONNECT: Final = Backoff(base_seconds=1, most_seconds=60)
STABLE_SECONDS: Final = 30
"""A connection that stood so long is one."""


class Retry:
    """Offers the same again until the service takes it, and says once that it waits.

    Args:
        rng: spreads the attempts.
        log: of the source.
        told: called with why it waits, and with nothing when it goes on.
        sleep: how to wait; a test passes its own.
    """

    def __init__(
        self,
        rng: Random,
        log: FilteringBoundLogger,
        told: Callable[[str], None] | None = None,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._rng = rng
        self._log = log
        self._told = told
        self._sleep = sleep
        self._waits = False

    async def until_taken(self, offer: Callable[[], Awaitable[T]], pause: Sleep | None = None) -> T:
        """What `offer` gives, once it does not raise one of NOT_NOW any more.

        Args:
            offer: makes one attempt; what else it raises goes through.
            pause: waits between two attempts, where more has to be done meanwhile than sleep.
        """
        attempt = 0
        while True:
            try:
                taken = await offer()
            except NOT_NOW as error:
                self._wait_for(str(error))
                await (pause or self._sleep)(_RESUBMIT.wait_seconds(attempt, self._rng))
                attempt += 1
            else:
                self._go_on()
                return taken

    def _wait_for(self, reason: str) -> None:
        if not self._waits:
            self._waits = True
            self._log.warning("source_held_back", reason=reason)
        if self._told is not None:
            self._told(reason)

    def _go_on(self) -> None:
        if self._waits:
            self._waits = False
            self._log.info("source_flowing")
            if self._told is not None:
                self._told("")


class Reconnects:
    """Waits longer before each new connection, until one stood for half a minute.

    A connection that is taken away at once (a second process with our client id, a bridge that
    serves one client and has it) is not a success: the waits keep growing.
    """

    def __init__(self, rng: Random, sleep: Sleep = asyncio.sleep) -> None:
        self._rng = rng
        self._sleep = sleep
        self._attempt = 0

    async def wait(self, stood_seconds: float) -> None:
        """Wait before the next attempt; `stood_seconds` is how long the last connection stood."""
        if stood_seconds >= STABLE_SECONDS:
            self._attempt = 0
        await self._sleep(_RECONNECT.wait_seconds(self._attempt, self._rng))
        self._attempt += 1
