"""The power goes: whatever part of what was not synced is on the disk, what was acknowledged is.

The way of dm-log-writes and LazyFS without their privileges: a life of a log is recorded call by
call, and the disks that a power cut may leave are made from the recording.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Final

import pytest

from ldes_shok.clock import ManualClock
from tests.support.driver import BATCHES, GIVES_UP, POLICY
from tests.support.forge import Forge, running_forge
from tests.support.in_process import check_vertical
from tests.support.patience import HANG_SECONDS
from tests.support.power import Call, Disk, recorded
from tests.support.strace import Fault, needs_strace, traced, wait_until_stopped, was_injected
from tests.support.vertical import NOON, deliveries, open_vertical

pytestmark = pytest.mark.fault

DRIVER: Final = "tests.support.driver"
FILES: Final = ("log.db", "log.db-wal", "log.db-journal", "log.db.lock")
SAID: Final = "said"
SEED: Final = 20260103
CUTS: Final = 150
NIGHTLY_CUTS: Final = 3000

cuts = pytest.mark.parametrize(
    "count",
    [CUTS, pytest.param(NIGHTLY_CUTS, marks=pytest.mark.nightly)],
)


@pytest.fixture(scope="module")
def forge() -> Iterator[Forge]:
    needs_strace()
    with running_forge(DRIVER) as forge:
        yield forge


def live(forge: Forge, directory: Path, fault: Fault | None = None) -> list[Call]:
    """One life of the driver on the log in `directory`; what it did to its files."""
    output, trace = directory.parent / SAID, directory.parent / "trace"
    process = forge.start(DRIVER, directory, output)
    wait_until_stopped(process.pid)
    files = [directory, output, *(directory / name for name in FILES)]
    with traced(process.pid, files, trace, fault, whole=True):
        process.wait(HANG_SECONDS)
    assert fault is None or was_injected(trace)
    return list(recorded(trace))


def deliver_everything(log: Path, acknowledged: set[str]) -> set[str]:
    """Open a log, let the oracle judge it, deliver all there is; the members after that."""
    vertical = open_vertical(log, policy=POLICY, clock=ManualClock(NOON))
    try:
        before = check_vertical(vertical)
        found = {iri for report in before.values() for iri in report.members}
        assert acknowledged <= found, f"{len(acknowledged - found)} acknowledged are lost"
        for batch in BATCHES:
            vertical.writer.write(deliveries(*(report.payload for report in batch)))
        after = check_vertical(vertical, before)
        return {iri for report in after.values() for iri in report.members}
    finally:
        vertical.close()


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The members when nothing goes wrong."""
    return deliver_everything(tmp_path_factory.mktemp("undisturbed"), set())


def cut_the_power(calls: Sequence[Call], directory: Path, count: int, expected: set[str]) -> None:
    """Cut it at `count` moments of a recording, evenly spread, and look at what is left."""
    chance, disk, acknowledged = Random(SEED), Disk("log"), set[str]()
    moments = sorted(chance.choices(range(len(calls)), k=count))
    assert any(call.name == "sync" and call.file == "log.db-wal" for call in calls)
    for number, call in enumerate(calls):
        if call.name == "append" and call.data.startswith(b"stored"):
            acknowledged.update(call.data.decode().split()[2:])
        if call.file != SAID:
            disk.do(call)
        for again in range(moments.count(number)):
            image = directory / f"{number}-{again}"
            disk.cut(chance, image)
            assert deliver_everything(image, acknowledged) == expected, f"after call {number}"
            shutil.rmtree(image)  # there are thousands of them
    assert acknowledged


@cuts
def test_the_power_goes(tmp_path: Path, forge: Forge, expected: set[str], count: int) -> None:
    """P1: an acknowledged event is never lost by power cut; sealed pages are whole or absent."""
    (tmp_path / "log").mkdir()
    cut_the_power(live(forge, tmp_path / "log"), tmp_path, count, expected)


@pytest.mark.parametrize("sync", [3, 5, 6, 7, 8, 10])
def test_the_power_goes_after_a_sync_failed_and_the_process_died(
    tmp_path: Path, forge: Forge, expected: set[str], sync: int
) -> None:
    """P1 also then: what the next life finds in the log and builds on, it first makes durable."""
    log = tmp_path / "log"
    log.mkdir()
    (log / GIVES_UP).touch()
    calls = live(forge, log, Fault("fdatasync", sync, "EIO"))
    calls += live(forge, log)
    assert any(call.name == "append" and call.data.startswith(b"stored") for call in calls)
    cut_the_power(calls, tmp_path, CUTS // 3, expected)
