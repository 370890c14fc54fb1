"""Deletes what is too old: raw bytes, rejected bytes, and old keys of pseudonyms."""

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
    """Deletes what is older than the settings allow. After a failure it tries again the next time.

    Attributes:
        doubt: why the clock is not believed, so that nothing is deleted; empty if it is believed.
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
        """Delete nothing yet.

        Args:
            ingest: deletes old raw bytes, on the writer's thread.
            keys: the keys of periods.
            keep: how long raw bytes and rejected bytes are kept.
            watch: decides whether the clock is believed; None for a clock that is right.
            clock: gives the time now.
            metrics: shows a doubt about the clock.
            aside: runs what reads the log.
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
        """The remarks for `/health/ready`."""
        return (self.doubt,) if self.doubt else ()

    async def look(self) -> bool:
        """Check the clock, and log when a doubt about it begins or ends.

        Returns:
            Whether the clock is believed.
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
        """Delete what is old, unless the clock is in doubt."""
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
