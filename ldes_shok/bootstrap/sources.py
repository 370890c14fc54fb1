"""Builds the sources that run by themselves, starts them and restarts them after a failure."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import structlog

from ldes_shok.clock import Clock
from ldes_shok.processes.renewal import Renewals
from ldes_shok.settings.model import Settings
from ldes_shok.settings.secrets import ServiceSecrets
from ldes_shok.sources.base import Aside, Sink
from ldes_shok.sources.common.progress import STUCK_AFTER_FAILURES
from ldes_shok.sources.common.running import RunningSource
from ldes_shok.sources.common.tools import RunningTools
from ldes_shok.sources.decoding import Decoding, Recall
from ldes_shok.sources.registry import origin_of
from ldes_shok.sources.transports.registry import RUNNING

RESTART_SECONDS = 5
"""How long a source waits before it restarts after a defect of ours."""


@dataclass(frozen=True, slots=True)
class SourceTools:
    """What every source uses.

    Attributes:
        sink: takes the events.
        decodings: how messages are decoded, by `Origin.source`; canonical sources have none.
        clock: gives the time of receipt.
        recall: reads from the log what a source remembers.
        aside: runs functions on a thread that may read the log.
        stuck_after: a source is stuck after this many failures in a row at one position.
        renewals: gets what a source must renew at SIGHUP.
    """

    sink: Sink
    decodings: Mapping[str, Decoding]
    clock: Clock
    recall: Recall
    aside: Aside = asyncio.to_thread
    stuck_after: int = STUCK_AFTER_FAILURES
    renewals: Renewals = field(default_factory=Renewals)

    def running(self, decoding: Decoding | None = None) -> RunningTools:
        """Return the tools of one source, whose messages `decoding` decodes."""
        return RunningTools(
            self.sink,
            self.clock,
            random.Random(),  # noqa: S311
            self.recall,
            decoding,
            stuck_after=self.stuck_after,
            aside=self.aside,
        )


def build_sources(
    settings: Settings, secrets: ServiceSecrets, tools: SourceTools
) -> Sequence[RunningSource]:
    """Return all sources that run by themselves; pushed sources do not."""
    built: list[RunningSource] = []
    for source in settings.sources:
        build = RUNNING.get(type(source))
        if build is None:
            continue
        decoding = tools.decodings.get(origin_of(source).source)
        running = build(source, secrets.shown_by(source.name) or "", tools.running(decoding))
        tools.renewals.of_source(source.name, secrets, running.renew)
        tools.renewals.files.append(running.renew_files)
        built.append(running)
    return built


@asynccontextmanager
async def running_sources(sources: Sequence[RunningSource]) -> AsyncIterator[None]:
    """Run every source in its own task until the block ends."""
    tasks = [asyncio.create_task(_supervised(source)) for source in sources]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _supervised(source: RunningSource) -> None:
    """Run a source; after a defect, log it and restart the source: nothing is acknowledged."""
    while True:
        try:
            await source.run()
        except Exception as error:
            # Any defect: the other sources go on.
            if source.failed(error):
                log = structlog.get_logger("ldes_shok.sources")
                log.exception("source_failed", source=source.status.name)
            await asyncio.sleep(RESTART_SECONDS)
        else:
            return
