"""The tools of every source that runs on its own."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from random import Random

from ldes_shok.clock import Clock
from ldes_shok.sources.base import Aside, Sink
from ldes_shok.sources.common.progress import STUCK_AFTER_FAILURES
from ldes_shok.sources.common.retry import Sleep
from ldes_shok.sources.decoding import Decoding, Recall


@dataclass(frozen=True, slots=True)
class RunningTools:
    """The tools of a source.

    Attributes:
        sink: takes the events.
        clock: gives the time of receipt.
        rng: spreads the retries.
        recall: the log's memory from before this process; reads the log.
        decoding: reads messages; None if they are canonical events.
        sleep: how to wait; a test passes its own.
        stuck_after: this many failures in a row at one position make it stuck.
        aside: runs reads of the log.
        max_batch_events: most events submitted at once.
    """

    sink: Sink
    clock: Clock
    rng: Random
    recall: Recall
    decoding: Decoding | None = None
    sleep: Sleep = asyncio.sleep
    stuck_after: int = STUCK_AFTER_FAILURES
    aside: Aside = asyncio.to_thread
    max_batch_events: int = 500
