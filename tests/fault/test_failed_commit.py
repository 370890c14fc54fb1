"""Every kind of commit fails in every way, and the log goes on: Sunlight's table.

FiloSottile/sunlight, `TestSequenceErrors`: each step with an error after which nothing is stored,
and with one after which it is stored all the same; then once more with a restart in between.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest

from ldes_shok.clock import ManualClock
from ldes_shok.errors import LogUnavailable
from ldes_shok.fragmentation.tree import Policy
from tests.support.in_process import check_vertical, leaf_archives
from tests.support.model import Report
from tests.support.unreliable_log import Fate, UnreliableLog
from tests.support.vertical import NOON, Vertical, deliveries, open_vertical

pytestmark = pytest.mark.fault

Step = Callable[[Vertical], object]


def told(*reports: Report) -> Step:
    return lambda vertical: vertical.writer.write(deliveries(*(r.payload for r in reports)))


def seal_a_day_later(vertical: Vertical) -> None:
    vertical.clock.set(NOON + timedelta(days=1))
    vertical.writer.seal()


def archive(vertical: Vertical) -> None:
    vertical.log.archive(leaf_archives(vertical, 2))


def retry(vertical: Vertical) -> None:
    vertical.writer.retry([event.id for event in vertical.reader.quarantined(100)])


STATUS: Final = Report("VBS-002", "status", 0, "free")
STEPS: Final[dict[str, Step]] = {
    "the first events": told(Report("VBS-001", "configuration"), STATUS),
    "one that must wait": told(Report("VBS-002", "measurement", 1)),
    "measurements": told(*(Report("VBS-001", "measurement", minute) for minute in range(4))),
    "a correction": told(Report("VBS-001", "measurement", 2, "2000")),
    "duplicates": told(*(Report("VBS-001", "measurement", minute) for minute in range(4))),
    "a release": told(Report("VBS-002", "configuration")),
    "a retry": retry,
    "sealing": seal_a_day_later,
    "archiving": archive,
}


def opened(directory: Path, clock: ManualClock) -> Vertical:
    directory.mkdir(exist_ok=True)
    return open_vertical(directory, policy=Policy(3, 2, 10), clock=clock, open_log=UnreliableLog)


def members(vertical: Vertical) -> list[str]:
    return sorted(iri for report in check_vertical(vertical).values() for iri in report.members)


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The members when nothing fails."""
    vertical = opened(tmp_path_factory.mktemp("undisturbed"), ManualClock(NOON))
    try:
        for step in STEPS.values():
            step(vertical)
        return members(vertical)
    finally:
        vertical.close()


@pytest.mark.parametrize("restart", [False, True], ids=["goes on", "starts again"])
@pytest.mark.parametrize("fate", [fate for fate in Fate if fate is not Fate.STORED])
@pytest.mark.parametrize("failing", STEPS)
def test_every_step_fails_in_every_way(
    tmp_path: Path, expected: list[str], failing: str, fate: Fate, restart: bool
) -> None:
    """P1 to P6 and P12: failed is failed or stored, never half; tried again it is there once."""
    clock = ManualClock(NOON)
    vertical = opened(tmp_path, clock)
    for name, step in STEPS.items():
        if name == failing:
            assert isinstance(vertical.log, UnreliableLog)
            vertical.log.fate = fate
            with pytest.raises(LogUnavailable):
                step(vertical)
            before = check_vertical(vertical)
            if restart:
                vertical.close()
                vertical = opened(tmp_path, clock)
            check_vertical(vertical, before)
        step(vertical)
    try:
        assert members(vertical) == expected
    finally:
        vertical.close()
