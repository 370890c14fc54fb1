"""The common part of every source that runs on its own: run, retry, report the state."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Iterator, Sequence
from contextlib import contextmanager
from random import Random
from typing import Final

import structlog

from ldes_shok.errors import ShuttingDown, SourceError
from ldes_shok.sources.base import SourceStatus
from ldes_shok.sources.common.backoff import Backoff
from ldes_shok.sources.common.progress import LINK, STUCK_AFTER_FAILURES, SourceProgress
from ldes_shok.sources.common.retry import NOT_NOW, Attempts, Retry, Sleep

_RECONNECT: Final = Backoff(base_seconds=1, most_seconds=60)
_STABLE_SECONDS: Final = 30
"""A connection that lasted this long counts as stable."""


class RunningSource(ABC):
    """The base of a subscription, a poll, a followed stream: each subclass adds only its own part.

    Args:
        name: of the source.
        adapter: how it takes events, for the log.
        rng: spreads the retries.
        stuck_after: this many failures in a row at one position make it stuck.
        sleep: how to wait; a test passes its own.
        backoff: the waits between attempts to reach the other side.
    """

    def __init__(
        self,
        name: str,
        adapter: str,
        rng: Random,
        *,
        stuck_after: int = STUCK_AFTER_FAILURES,
        sleep: Sleep = asyncio.sleep,
        backoff: Backoff = _RECONNECT,
    ) -> None:
        self._log = structlog.get_logger(source=name, adapter=adapter)
        self._sleep = sleep
        self._progress = SourceProgress(name, self._log, stuck_after)
        self._retry = Retry(rng, self._log, self._progress.held_back, sleep)
        self._attempts = Attempts(rng, sleep, backoff)

    @property
    def status(self) -> SourceStatus:
        """The present state; while connected, `detail` is the reason why events are held back."""
        return self._progress.status

    def failed(self, error: Exception) -> bool:
        """Record an end with a defect of ours, before a restart; returns whether it is new."""
        return self._progress.crashed(error)

    def renew(self, secret: str) -> None:  # noqa: B027  most show none
        """Send this secret to the other side from now on; empty: none."""

    def renew_files(self) -> Sequence[str]:
        """Read its files again; returns the keys of the settings whose files changed.

        Raises:
            SourceError: a file cannot be used.
        """
        return ()

    async def run(self) -> None:
        """Deliver until cancelled or until the sink shuts down."""
        await self._until_stopped(self._deliver())

    async def _until_stopped(self, work: Awaitable[None]) -> None:
        try:
            await work
        except ShuttingDown:
            # No event was taken, so nothing is acknowledged and no position moves: it comes again.
            pass
        finally:
            self._progress.stopped()

    @abstractmethod
    async def _deliver(self) -> None:
        """Take events for ever.

        Raises:
            ShuttingDown: the service stops.
        """


class RetryingSource(RunningSource):
    """A source that repeats one thing: a connection until its end, or a round."""

    async def _deliver(self) -> None:
        while True:
            try:
                await self._once()
            except (OSError, SourceError, *NOT_NOW) as error:
                self._progress.lost(str(error) or type(error).__name__, self._position)
                await self._attempts.wait()

    @property
    def _position(self) -> str:
        """The position of the source when `_once` fails."""
        return LINK

    @abstractmethod
    async def _once(self) -> None:
        """Do it once. After a failure the caller retries, later each time until one succeeds.

        Raises:
            OSError, SourceError: the other side is gone, or its data cannot be used.
            Overloaded, LogUnavailable, ValidationUnavailable: the events were not stored.
            ShuttingDown: the service stops.
        """

    @contextmanager
    def _standing(self) -> Iterator[None]:
        """A context while a connection lasts; after half a minute the attempt counts as a success.

        A connection that is lost at once is no success, and the waits keep growing: a second
        process has our client id, or a bridge serves one client and has one.
        """
        stands = asyncio.get_running_loop().call_later(_STABLE_SECONDS, self._succeeded)
        try:
            yield
        finally:
            stands.cancel()

    def _succeeded(self) -> None:
        self._attempts.succeeded()
        self._progress.done()
