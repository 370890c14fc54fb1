"""What is forgotten by the clock: raw bytes, rejected bytes, old keys of pseudonyms."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import structlog

from ldes_shok.bootstrap.core import ReadCore
from ldes_shok.bootstrap.privacy import period_keys
from ldes_shok.clock import Clock, SimulationClock, from_milliseconds
from ldes_shok.errors import LdesShokError
from ldes_shok.ldes.stream import EventStream
from ldes_shok.log.base import LogReader
from ldes_shok.observability import metric_table as table
from ldes_shok.pipeline.clock_watch import ClockWatch
from ldes_shok.pipeline.ingest import Ingest
from ldes_shok.settings.model import Settings
from ldes_shok.sources.base import Aside

FORGET_SECONDS = 600
"""How often it is looked what is old; a day that is kept is kept so much longer at most."""

_WAY_OUT = "run `ldes-shok pseudonyms destroy --clock-is-right`"


class Forgetting:
    """Forgets what is older than the settings keep; what fails is tried again the next time.

    Attributes:
        doubt: why the clock is not believed, so that nothing is forgotten; empty if it is.
    """

    def __init__(
        self, core: ReadCore, ingest: Ingest, clock: Clock, aside: Aside = asyncio.to_thread
    ) -> None:
        """`aside` is where the log is read."""
        self._aside = aside
        self._ingest = ingest
        self._clock = clock
        self._metrics = core.metrics
        self._keep = timedelta(days=core.settings.privacy.raw.keep_days)
        self._keys = period_keys(core.settings, clock)
        self._watch: ClockWatch | None = None
        # A simulated clock leaps through the past, and is right by definition.
        if not isinstance(clock, SimulationClock):
            self._watch = clock_watch(
                core.settings, clock, partial(newest_publication, core.reader, core.streams)
            )
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


def clock_watch(
    settings: Settings, clock: Clock, published: Callable[[], datetime | None]
) -> ClockWatch:
    """Compares the clock with the newest publication of the log, with the keys and with itself."""
    folder = Path(settings.privacy.pseudonyms.keys_directory)
    return ClockWatch(folder, clock, published, period_keys(settings, clock).periods, _WAY_OUT)


def newest_publication(reader: LogReader, streams: Sequence[EventStream]) -> datetime | None:
    """When the last member was published; None if none was.

    Raises:
        LogUnavailable: the log cannot be read.
    """
    last_ms = max((reader.stream(stream.name).last_ms for stream in streams), default=0)
    return from_milliseconds(last_ms) if last_ms else None
