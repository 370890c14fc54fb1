"""What every source that runs on its own does: go on, wait out what is down, and say how it is."""

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
"""A connection that stood so long is one."""


class RunningSource(ABC):
    """A broker subscription, a poll, a stream that is followed: each says only what is its own.

    Args:
        name: of the source.
        adapter: how it takes events, for the log.
        rng: spreads the retries.
        stuck_after: so many failures in a row at one position make it stuck.
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
        """What it is doing now; while connected, `detail` says why events are held back."""
        return self._progress.status

    def failed(self, error: Exception) -> bool:
        """It ended with a defect of ours, and is started again; returns whether that is news."""
        return self._progress.crashed(error)

    def renew(self, secret: str) -> None:  # noqa: B027  most show none
        """Show this secret to the other side from now on; empty: none."""

    def renew_files(self) -> Sequence[str]:
        """Read its files again; says which keys of the settings name one that changed.

        Raises:
            SourceError: one cannot be used.
        """
        return ()

    async def run(self) -> None:
        """Deliver until cancelled or until the sink shuts down."""
        await self._until_stopped(self._deliver())

    async def _until_stopped(self, work: Awaitable[None]) -> None:
        try:
            await work
        except ShuttingDown:
            # Nothing was taken, so nothing is acknowledged and no position moved: it comes again.
            pass
        finally:
            self._progress.stopped()

    @abstractmethod
    async def _deliver(self) -> None:
        """Take what comes, for ever.

        Raises:
            ShuttingDown: the service stops.
        """


class RetryingSource(RunningSource):
    """A source that does one thing again and again: a connection to its end, or a round."""

    async def _deliver(self) -> None:
        while True:
            try:
                await self._once()
            except (OSError, SourceError, *NOT_NOW) as error:
                self._progress.lost(str(error) or type(error).__name__, self._position)
                await self._attempts.wait()

    @property
    def _position(self) -> str:
        """Where it stands when `_once` fails."""
        return LINK

    @abstractmethod
    async def _once(self) -> None:
        """Do it once; what fails is tried again, later each time until one attempt succeeds.

        Raises:
            OSError, SourceError: the other side is gone, or gives what cannot be used.
            Overloaded, LogUnavailable, ValidationUnavailable: the events were not kept.
            ShuttingDown: the service stops.
        """

    @contextmanager
    def _standing(self) -> Iterator[None]:
        """While a connection stands; after half a minute the attempt has succeeded.

        A connection that is taken away at once (a second process with our client id, a bridge that
        serves one client and has it) is no success: the waits keep growing.
        """
        stands = asyncio.get_running_loop().call_later(_STABLE_SECONDS, self._succeeded)
        try:
            yield
        finally:
            stands.cancel()

    def _succeeded(self) -> None:
        self._attempts.succeeded()
        self._progress.done()
