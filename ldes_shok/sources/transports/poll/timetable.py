"""The times of a poll source's runs."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Protocol, Self
from zoneinfo import ZoneInfo

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from ldes_shok.sources.transports.poll.cron import read_cron
from ldes_shok.sources.transports.poll.section import PollSource


def trigger_of(section: PollSource) -> BaseTrigger:
    """The trigger for the scheduler: an interval in seconds, or set times.

    Each run is up to `jitter_seconds` later, at random, so that not all sources ask at once.

    Raises:
        ValueError: `cron` cannot be read.
    """
    jitter = section.jitter_seconds or None
    if section.cron is not None:
        return _cron(section.cron, section.zone, jitter)
    return IntervalTrigger(seconds=section.every_seconds or 0, timezone=UTC, jitter=jitter)


def is_missed(section: PollSource, since: datetime | None, now: datetime) -> bool:
    """Whether a run was due after `since`, when the last one ended, and by `now`.

    An interval is always due at a start. A source with set times that never ran waits for the next
    one.
    """
    if section.cron is None:
        return True
    if since is None:
        return False
    due: datetime | None = _cron(section.cron, section.zone).get_next_fire_time(since, since)
    return due is not None and due <= now


def _cron(text: str, zone: str, jitter: int | None = None) -> CronTrigger:
    return CronTrigger(**asdict(read_cron(text)), timezone=ZoneInfo(zone), jitter=jitter)


class Ticks(Protocol):
    """Waits for the next run."""

    async def next(self) -> None:
        """Return when the next run is due; runs that were missed meanwhile are one."""
        ...


class Timetable(Ticks):
    """Ticks at the times of a source, from `async with` to its end."""

    def __init__(self, section: PollSource) -> None:
        self._section = section
        self._due = asyncio.Event()
        self._scheduler = AsyncIOScheduler(timezone=UTC)

    async def __aenter__(self) -> Self:
        async def tick() -> None:
            self._due.set()

        self._scheduler.add_job(
            tick, trigger_of(self._section), coalesce=True, max_instances=1,
            misfire_grace_time=None,
        )  # fmt: skip
        self._scheduler.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._scheduler.shutdown(wait=False)

    async def next(self) -> None:
        """Return at the next due time, at once if one passed since the last return."""
        await self._due.wait()
        self._due.clear()
