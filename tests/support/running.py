"""What a source works with in a test: a sink of the test, and nothing that was remembered."""

from __future__ import annotations

import asyncio
import random

from ldes_shok.clock import Clock, SystemClock
from ldes_shok.sources.base import Sink
from ldes_shok.sources.common.progress import STUCK_AFTER_FAILURES
from ldes_shok.sources.common.retry import Sleep
from ldes_shok.sources.common.tools import RunningTools
from ldes_shok.sources.decoding import Decoding


def running_tools(
    sink: Sink,
    *,
    clock: Clock | None = None,
    sleep: Sleep = asyncio.sleep,
    decoding: Decoding | None = None,
    stuck_after: int = STUCK_AFTER_FAILURES,
    max_batch_events: int = 500,
) -> RunningTools:
    """The tools of one source."""
    return RunningTools(
        sink,
        clock or SystemClock(),
        random.Random(1),
        lambda _source, _subject: None,
        decoding,
        sleep,
        stuck_after,
        max_batch_events=max_batch_events,
    )
