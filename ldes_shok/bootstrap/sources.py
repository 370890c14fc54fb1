"""The sources that run on their own: built from the settings, started and watched."""

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
"""How long a source that failed on a defect of ours is left alone."""


@dataclass(frozen=True, slots=True)
class SourceTools:
    """What every source works with.

    Attributes:
        sink: takes the events.
        decodings: how messages are read, by `Origin.source`; canonical ones have none.
        clock: stamps the moment of receipt.
        recall: what the log remembers of a source; reads the log.
        aside: where that may be read.
        stuck_after: so many failures in a row at one position make a source stuck.
        renewals: told of what a source shows and reads again.
    """

    sink: Sink
    decodings: Mapping[str, Decoding]
    clock: Clock
    recall: Recall
    aside: Aside = asyncio.to_thread
    stuck_after: int = STUCK_AFTER_FAILURES
    renewals: Renewals = field(default_factory=Renewals)

    def running(self, decoding: Decoding | None = None) -> RunningTools:
        """Those of one source, whose messages are read by `decoding`."""
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
    """All sources but those that are pushed to."""
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
    """Every source in a task of its own, until the block ends."""
    tasks = [asyncio.create_task(_supervised(source)) for source in sources]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _supervised(source: RunningSource) -> None:
    """Run a source; a defect in it is logged and it is started again, nothing acknowledged."""
    while True:
        try:
            await source.run()
        except Exception as error:
            # Whatever it is, the other sources go on.
            if source.failed(error):
                log = structlog.get_logger("ldes_shok.sources")
                log.exception("source_failed", source=source.status.name)
            await asyncio.sleep(RESTART_SECONDS)
        else:
            return
