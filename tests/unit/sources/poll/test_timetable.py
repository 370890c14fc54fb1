"""The scheduler's ticks."""

from __future__ import annotations

import asyncio

from ldes_shok.sources.poll.timetable import Schedule, Timetable


async def test_it_ticks() -> None:
    async with asyncio.timeout(20), Timetable(Schedule(every_seconds=1)) as ticks:
        await ticks.next()
