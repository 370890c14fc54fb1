"""The clock jumps while the service runs: publication time goes on, and so does everything else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest

from ldes_shok.clock import ManualClock, to_milliseconds
from ldes_shok.fsck import EarlierCrawl
from ldes_shok.ldes.member import FIRST_POSITION
from tests.support.events import configuration, measurements
from tests.support.local_service import LocalService, local_service
from tests.support.oracle import check_service, snapshots
from tests.support.service import STREAMS, Tree

pytestmark = pytest.mark.fault

NOON: Final = datetime(2026, 5, 12, 12, tzinfo=UTC)
LONG_AGO: Final = datetime(2020, 5, 12, tzinfo=UTC)
"""When things were measured: before any of the clock's times, or they would be in the future."""
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
SMALL: Final[Tree] = {
    "fragmentation": {"leaf_members": 8, "bucket_leaves": 3, "members_per_millisecond": 5}
}
JUMPS: Final = {
    "an hour back": (-HOUR,),
    "a day forward": (DAY,),
    "a day forward, and back when somebody notices": (DAY, -DAY),
    "it stands still": (timedelta(0), timedelta(0), timedelta(0)),
    "back before the epoch of the log": (-400 * DAY,),
    "over a year's end": (250 * DAY, -HOUR, 2 * HOUR),
}


def times(service: LocalService, stream: str) -> list[int]:
    """The publication times in the log, milliseconds since 1970."""
    reader = service.core.reader
    count = reader.stream(stream).members
    return [row.published_ms for row in reader.rows(stream, FIRST_POSITION, count)]


class Life:
    """A service that is pushed to and sealed, and judged after each step."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.seen: dict[str, EarlierCrawl] = {}
        self.steps = 0

    def step(self, service: LocalService) -> None:
        """Events now and a second later, and what is over sealed."""
        for _ in range(2):
            self.steps += 1
            at = LONG_AGO + self.steps * timedelta(days=3)
            outcomes = service.push(list(measurements("VBS-001", at, 6)))
            assert all(outcome.members for outcome in outcomes)
            service.seal()
            self.clock.set(self.clock.now() + SECOND)
        self.seen = snapshots(check_service(service.url, service.core.log_path, previous=self.seen))


@pytest.mark.parametrize("jumps", JUMPS.values(), ids=JUMPS.keys())
def test_the_clock_jumps_while_the_service_runs(
    tmp_path: Path, jumps: tuple[timedelta, ...]
) -> None:
    """P3: publication time never goes back, whatever the clock does, also over a restart."""
    clock = ManualClock(NOON)
    life = Life(clock)
    with local_service(tmp_path, clock, SMALL) as service:
        port, url = service.port, service.url
        service.push([configuration("VBS-001", LONG_AGO)])
        life.step(service)
        for jump in jumps:
            clock.set(clock.now() + jump)
            life.step(service)
    with local_service(tmp_path, clock, {**SMALL, "public_url": url}, port) as service:
        life.step(service)
        for stream in STREAMS:
            published = times(service, stream)
            assert published == sorted(published)
        assert len(times(service, "techniek")) > 6 * life.steps


def test_time_is_the_clocks_again_once_it_is_past(tmp_path: Path) -> None:
    """A clock that was a day ahead holds publication time there for a day, and no longer."""
    clock = ManualClock(NOON)
    with local_service(tmp_path, clock, SMALL) as service:
        service.push([configuration("VBS-001", LONG_AGO)])
        service.push(list(measurements("VBS-001", LONG_AGO, 2)), at=NOON + DAY)
        service.push(list(measurements("VBS-001", LONG_AGO + DAY, 2)), at=NOON + HOUR)
        assert 0 <= times(service, "techniek")[-1] - to_milliseconds(NOON + DAY) < 1000
        service.push(list(measurements("VBS-001", LONG_AGO + 2 * DAY, 2)), at=NOON + DAY + HOUR)
        later = to_milliseconds(NOON + DAY + HOUR)
        assert 0 <= times(service, "techniek")[-1] - later < 1000
        check_service(service.url, service.core.log_path)
