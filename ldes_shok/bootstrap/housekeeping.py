"""What is forgotten by the clock: raw bytes, rejected bytes, old keys of pseudonyms."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog

from ldes_shok.bootstrap.privacy import period_keys
from ldes_shok.clock import Clock
from ldes_shok.errors import LdesShokError
from ldes_shok.pipeline.ingest import Ingest
from ldes_shok.settings.model import Settings

FORGET_SECONDS = 600
"""How often it is looked what is old; a day that is kept is kept so much longer at most."""


def forgetting(settings: Settings, ingest: Ingest, clock: Clock) -> Callable[[], Awaitable[None]]:
    """Forgets what is older than the settings keep; what fails is tried again the next time."""
    keep = timedelta(days=settings.privacy.raw.keep_days)
    keys = period_keys(settings, clock)
    log = structlog.get_logger("ldes_shok.privacy")

    async def forget() -> None:
        try:
            await ingest.forget_raws(clock.now() - keep)
            destroyed = await asyncio.to_thread(keys.destroy_old)
        except LdesShokError as error:
            log.warning("not_forgotten", reason=str(error))
            return
        for period in destroyed:
            log.info("period_key_destroyed", period=period)

    return forget
