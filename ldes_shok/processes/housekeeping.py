"""Periodic work that no event waits for: sealing and forgetting."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC
from typing import Final

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from ldes_shok.errors import LogUnavailable, ShuttingDown
from ldes_shok.pipeline.forgetting import Forgetting
from ldes_shok.pipeline.ingest import GroupCommit

SEAL_SECONDS: Final = 15
"""How often to look for nodes whose interval may be over by the clock."""

FORGET_SECONDS: Final = 600
"""How often to look for data that is too old; it is kept at most this much longer."""


@asynccontextmanager
async def housekeeping(ingest: GroupCommit, forget: Forgetting) -> AsyncIterator[None]:
    """Seal and forget now, and periodically until the block ends."""

    async def seal() -> None:
        try:
            # If the clock is ahead, a seal holds publication there: no seal without events.
            if await forget.look() or ingest.last_error:
                await ingest.seal()
        except (LogUnavailable, ShuttingDown) as error:
            structlog.get_logger("ldes_shok.maintain").warning("not_sealed", reason=str(error))

    scheduler = AsyncIOScheduler(timezone=UTC)
    for job, seconds in ((seal, SEAL_SECONDS), (forget, FORGET_SECONDS)):
        scheduler.add_job(
            job, "interval", seconds=seconds, coalesce=True, max_instances=1,
            misfire_grace_time=None,
        )  # fmt: skip
    scheduler.start()
    try:
        await seal()
        await forget()
        yield
    finally:
        scheduler.shutdown(wait=False)
