"""What the service derives by itself: put together, run beside the sources."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

from ldes_shok.clock import Clock
from ldes_shok.derive.base import Fold
from ldes_shok.derive.metering import MeteringFold
from ldes_shok.derive.runner import Deriving
from ldes_shok.log.base import LogReader
from ldes_shok.settings.model import Settings
from ldes_shok.sources.base import Sink


def build_folds(settings: Settings) -> Sequence[Fold]:
    """What is derived by these settings."""
    return [MeteringFold()] if settings.derive.enabled else []


@asynccontextmanager
async def deriving(
    settings: Settings, reader: LogReader, clock: Clock, sink: Sink
) -> AsyncIterator[None]:
    """Derive in a task, and read in a thread, until the block ends."""
    folds = build_folds(settings)
    if not folds:
        yield
        return
    with ThreadPoolExecutor(1, "derive") as executor:
        task = asyncio.create_task(Deriving(reader, folds, clock, executor).run(sink))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
