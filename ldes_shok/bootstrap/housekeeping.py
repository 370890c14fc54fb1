"""Builds periodic work: forgetting, and the watch over the clock itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from ldes_shok.bootstrap.core import ReadCore
from ldes_shok.bootstrap.privacy import period_keys
from ldes_shok.clock import Clock, SimulationClock
from ldes_shok.pipeline.clock_watch import ClockWatch, newest_publication
from ldes_shok.pipeline.forgetting import Forgetting
from ldes_shok.pipeline.ingest import GroupCommit
from ldes_shok.settings.model import Settings
from ldes_shok.sources.base import Aside

_WAY_OUT = "run `ldes-shok pseudonyms destroy --clock-is-right`"


def build_forgetting(
    core: ReadCore, ingest: GroupCommit, clock: Clock, aside: Aside = asyncio.to_thread
) -> Forgetting:
    """Build the forgetting of what is older than the settings keep; `aside` reads the log."""
    settings, watch = core.settings, None
    # A simulated clock jumps through the past and is right by definition.
    if not isinstance(clock, SimulationClock):
        watch = clock_watch(settings, clock, partial(newest_publication, core.reader, core.streams))
    keep = timedelta(days=settings.privacy.raw.keep_days)
    keys = period_keys(settings, clock)
    return Forgetting(ingest, keys, keep, watch, clock, core.metrics, aside)


def clock_watch(
    settings: Settings, clock: Clock, published: Callable[[], datetime | None]
) -> ClockWatch:
    """Return the watch that compares the clock with the log, with the keys and with itself."""
    folder = Path(settings.privacy.pseudonyms.keys_directory)
    return ClockWatch(folder, clock, published, period_keys(settings, clock).periods, _WAY_OUT)
