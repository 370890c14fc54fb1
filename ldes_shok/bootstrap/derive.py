"""Builds what the service derives by itself, and runs it beside the sources."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import timedelta

from ldes_shok.cabinet.incoming import DERIVED, Origin
from ldes_shok.cabinet.period_keys import KeyPeriod
from ldes_shok.clock import Clock
from ldes_shok.derive import head_meter, metering, sums
from ldes_shok.derive import silence as watch
from ldes_shok.derive.base import Fold
from ldes_shok.derive.disclosure import Rule
from ldes_shok.derive.metering import MeteringFold
from ldes_shok.derive.public_sums import PublicRules
from ldes_shok.derive.runner import REST_PART, Deriving
from ldes_shok.derive.silence import WatchFold
from ldes_shok.derive.sums import SumRules, SumsFold
from ldes_shok.log.base import LogReader
from ldes_shok.settings.model import Settings
from ldes_shok.settings.privacy import Privacy
from ldes_shok.sources.base import Sink
from ldes_shok.sources.registry import origin_of, tells_presence


def build_folds(settings: Settings, clock: Clock) -> Sequence[Fold]:
    """Return the folds of these settings; silence is counted from now on."""
    if not settings.derive.enabled:
        return []
    zones = {name: tenant.zones for name, tenant in settings.tenants.items()}
    delay = timedelta(hours=settings.privacy.delay_hours)
    after_seconds = {
        origin_of(source).source: seconds
        for source in settings.sources
        if (seconds := source.offline_after_seconds) is not None
    }
    own = frozenset(
        origin_of(source).source for source in settings.sources if tells_presence(source)
    )
    period = KeyPeriod(settings.privacy.pseudonyms.period)
    return [
        MeteringFold(),
        SumsFold(SumRules(_public(settings.privacy), delay, zones, period)),
        WatchFold(after_seconds, clock.now(), own),
    ]


def _public(privacy: Privacy) -> PublicRules:
    rule = Rule(privacy.k, privacy.largest_two_percent)
    return PublicRules(rule, privacy.quarters, privacy.cabinets, privacy.fine_k)


def derived_sources(settings: Settings) -> list[str]:
    """Return every `source` of events that the service derives by itself."""
    names = (head_meter.NAME, metering.NAME, sums.NAME, watch.NAME)
    return [Origin(DERIVED, tenant, name).source for tenant in settings.tenants for name in names]


@asynccontextmanager
async def deriving(
    settings: Settings,
    reader: LogReader,
    clock: Clock,
    sink: Sink,
    on_behind: Callable[[float], None],
) -> AsyncIterator[None]:
    """Derive in a task and read in a thread until the block ends; `on_behind` as in `Deriving`."""
    folds = build_folds(settings, clock)
    if not folds:
        yield
        return
    # A demo makes its past in seconds; what is derived from it must be ready at the same time.
    rest = 1 if settings.demo else REST_PART
    with ThreadPoolExecutor(1, "derive") as executor:
        runner = Deriving(reader, folds, clock, executor, rest=rest, on_behind=on_behind)
        task = asyncio.create_task(runner.run(sink))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
