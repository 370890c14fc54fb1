"""When a poll source asks."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Protocol, Self
from zoneinfo import ZoneInfo

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from ldes_shok.sources.transports.poll.cron import read_cron


@dataclass(frozen=True, slots=True)
class Schedule:
    """Every so many seconds, or at times of the day.

    Attributes:
        every_seconds: from the start on; 0 where `cron` says when.
        cron: minute, hour, day of month, month, day of week (0 and 7 are Sunday); or empty.
        zone: IANA name of the zone that `cron` is meant in.
        jitter_seconds: each run is up to so much later, at random, so that not all ask at once.
    """

    every_seconds: int = 0
    cron: str = ""
    zone: str = "UTC"
    jitter_seconds: int = 0

    def trigger(self) -> BaseTrigger:
        """As the scheduler wants it.

        Raises:
            ValueError: `cron` cannot be read.
        """
        jitter = self.jitter_seconds or None
        if not self.cron:
            return IntervalTrigger(seconds=self.every_seconds, timezone=UTC, jitter=jitter)
        return self._cron(jitter)

    def missed(self, since: datetime | None, now: datetime) -> bool:
        """Whether a run was due after `since`, when the last one ended, and by `now`.

        What runs every so many seconds is always due at a start. What has never run at a set time
        waits for it.
        """
        if not self.cron:
            return True
        if since is None:
            return False
        due: datetime | None = self._cron(None).get_next_fire_time(since, since)
        return due is not None and due <= now

    def _cron(self, jitter: int | None) -> CronTrigger:
        times = asdict(read_cron(self.cron))
        return CronTrigger(**times, timezone=ZoneInfo(self.zone), jitter=jitter)


class Ticks(Protocol):
    """Says when the next run is due."""

    async def next(self) -> None:
        """Return when it is; runs that were missed meanwhile are one."""
        ...


class Timetable(Ticks):
    """Ticks by a schedule, from `async with` to its end."""

    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule
        self._due = asyncio.Event()
        self._scheduler = AsyncIOScheduler(timezone=UTC)

    async def __aenter__(self) -> Self:
        async def tick() -> None:
            self._due.set()

        self._scheduler.add_job(
            tick, self._schedule.trigger(), coalesce=True, max_instances=1,
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
