"""The scheduler's ticks, and when they come."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from ldes_shok.sources.transports.poll.section import PollSource
from ldes_shok.sources.transports.poll.timetable import Timetable, trigger_of
from tests.support.patience import HANG_SECONDS

NIGHT = datetime(2026, 5, 12, 0, 15, tzinfo=UTC)
JITTER_SECONDS = 300


def _source(**keys: object) -> PollSource:
    return PollSource("verkoper", "voorbeeldstad", "https://api.example/v1", **keys)  # type: ignore[arg-type]


async def test_it_ticks() -> None:
    async with asyncio.timeout(HANG_SECONDS), Timetable(_source(every_seconds=1)) as ticks:
        await ticks.next()


@pytest.mark.parametrize(
    ("section", "before", "due"),
    [
        (
            _source(every_seconds=900, jitter_seconds=JITTER_SECONDS),
            NIGHT,
            NIGHT + timedelta(seconds=900),
        ),
        (
            _source(cron="15 2 * * *", zone="Europe/Brussels", jitter_seconds=JITTER_SECONDS),
            NIGHT - timedelta(hours=1),
            NIGHT,
        ),
    ],
    ids=["interval", "cron"],
)
def test_a_run_is_at_most_its_jitter_late_and_never_early(
    section: PollSource, before: datetime, due: datetime
) -> None:
    trigger = trigger_of(section)
    runs = {trigger.get_next_fire_time(before, before) for _ in range(50)}
    assert len(runs) > 1, "they are spread"
    assert all(due <= run <= due + timedelta(seconds=JITTER_SECONDS) for run in runs)
