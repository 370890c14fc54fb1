"""What is forgotten by the clock: raw bytes, rejected bytes, old keys of pseudonyms."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import structlog

from ldes_shok.clock import Clock
from ldes_shok.errors import LdesShokError
from ldes_shok.log.pseudonym_keys import KeyDirectory
from ldes_shok.observability import metric_table as table
from ldes_shok.observability.metrics import Metrics
from ldes_shok.pipeline.clock_watch import ClockWatch
from ldes_shok.pipeline.ingest import GroupCommit
from ldes_shok.sources.base import Aside


class Forgetting:
    """Forgets what is older than the settings keep; what fails is tried again the next time.

    Attributes:
        doubt: why the clock is not believed, so that nothing is forgotten; empty if it is.
    """

    def __init__(
        self,
        ingest: GroupCommit,
        keys: KeyDirectory,
        keep: timedelta,
        watch: ClockWatch | None,
        clock: Clock,
        metrics: Metrics,
        aside: Aside,
    ) -> None:
        """Forget nothing yet.

        Args:
            ingest: deletes what is old, on the writer's thread.
            keys: of periods.
            keep: how long raw bytes and rejected bytes are kept.
            watch: says whether the clock can be believed; None for a clock that is right.
            clock: says what is old.
            metrics: what is doubted is said there.
            aside: where the log is read.
        """
        self._aside = aside
        self._ingest = ingest
        self._clock = clock
        self._metrics = metrics
        self._keep = keep
        self._keys = keys
        self._watch = watch
        self._log = structlog.get_logger("ldes_shok.privacy")
        self.doubt = ""

    @property
    def remarks(self) -> Sequence[str]:
        """For `/health/ready`."""
        return (self.doubt,) if self.doubt else ()

    async def look(self) -> bool:
        """Look at the clock, and say when it begins or ceases to be doubted.

        Returns:
            Whether it can be believed.
        """
        try:
            doubt = await self._aside(self._watch.doubt) if self._watch else ""
        except LdesShokError as error:
            doubt = str(error)
        if bool(doubt) != bool(self.doubt):
            self._metrics.set(table.CLOCK_DOUBT, bool(doubt))
            if doubt:
                self._log.error("clock_doubtful", reason=doubt)
            else:
                self._log.info("clock_believed")
        self.doubt = doubt
        return not doubt

    async def __call__(self) -> None:
        """Forget what is old, unless the clock is doubted."""
        if not await self.look():
            return
        try:
            await self._ingest.forget_raws(self._clock.now() - self._keep)
            destroyed = await asyncio.to_thread(self._keys.destroy_old)
        except LdesShokError as error:
            self._log.warning("not_forgotten", reason=str(error))
            return
        for period in destroyed:
            self._log.info("period_key_destroyed", period=period)
