"""A system call fails, each in turn: what was acknowledged is there, what was not is harmless.

The method is Tessera's (transparency-dev/tessera, `integration/fault`): strace makes the n-th call
of a kind fail, or kills the process on its way into it. Which calls there are is counted first.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Final

import pytest

from ldes_shok.clock import ManualClock
from tests.support.driver import BATCHES, POLICY
from tests.support.events import configuration, measurements
from tests.support.forge import Forge, running_forge
from tests.support.in_process import check_vertical
from tests.support.oracle import check_service, snapshots
from tests.support.patience import HANG_SECONDS, until
from tests.support.service import push, request, running_service
from tests.support.strace import (
    Fault,
    calls_in,
    needs_strace,
    traced,
    wait_until_stopped,
    was_injected,
)
from tests.support.vertical import NOON, deliveries, open_vertical

pytestmark = pytest.mark.fault

DRIVER: Final = "tests.support.driver"
SYNCS: Final = frozenset({"fsync", "fdatasync"})
NO_SPACE: Final = frozenset({"openat", "pwrite64", "write", "ftruncate"})
FILES: Final = ("log.db", "log.db-wal", "log.db-journal", "log.db-shm", "log.db.lock")
AT_ONCE: Final = 2


@dataclass(frozen=True, slots=True)
class Life:
    """How one life of the driver went."""

    exit_code: int
    said: str
    trace: Path

    @property
    def acknowledged(self) -> set[str]:
        """The members that were said to be stored."""
        lines = (line.split() for line in self.said.splitlines() if line.startswith("stored"))
        return {iri for _, _, *iris in lines for iri in iris}

    @property
    def stored(self) -> int:
        """How many batches were said to be stored."""
        return sum(line.startswith("stored") for line in self.said.splitlines())


@pytest.fixture(scope="module")
def forge() -> Iterator[Forge]:
    needs_strace()
    with running_forge(DRIVER) as forge:
        yield forge


def live(forge: Forge, directory: Path, fault: Fault | None) -> Life:
    """One life of the driver in `directory`."""
    directory.mkdir()
    log = directory / "log"
    log.mkdir()
    output, trace = directory / "said", directory / "trace"
    process = forge.start(DRIVER, log, output)
    wait_until_stopped(process.pid)
    with traced(process.pid, [log, *(log / name for name in FILES)], trace, fault):
        exit_code = process.wait(HANG_SECONDS)
    return Life(exit_code, output.read_text(), trace)


@pytest.fixture(scope="module")
def undisturbed(forge: Forge, tmp_path_factory: pytest.TempPathFactory) -> tuple[Life, set[str]]:
    """A life without a fault, and the members that it leaves."""
    directory = tmp_path_factory.mktemp("undisturbed") / "life"
    life = live(forge, directory, None)
    assert life.exit_code == 0, life.said
    assert life.stored == len(BATCHES), life.said
    return life, members_after(directory / "log", life)


def members_after(log: Path, life: Life) -> set[str]:
    """Open what a life left, let the oracle judge it, deliver everything again, and once more."""
    vertical = open_vertical(log, policy=POLICY, clock=ManualClock(NOON))
    try:
        before = check_vertical(vertical)
        found = {iri for report in before.values() for iri in report.members}
        assert life.acknowledged <= found
        for batch in BATCHES:
            vertical.writer.write(deliveries(*(report.payload for report in batch)))
        after = check_vertical(vertical, before)
        return {iri for report in after.values() for iri in report.members}
    finally:
        vertical.close()


def check_one(forge: Forge, directory: Path, fault: Fault, expected: set[str]) -> str:
    """Whatever is wrong after a fault, in words; empty if nothing is."""
    life = live(forge, directory, fault)
    if not was_injected(life.trace):
        return f"{fault}: it did not happen"
    if "Traceback" in life.said:
        return f"{fault}: {life.said}"
    if life.exit_code not in ({-9} if fault.how == "KILL" else {0, 1}):
        return f"{fault}: the driver ended with {life.exit_code}"
    try:
        found = members_after(directory / "log", life)
    except Exception as error:  # noqa: BLE001  all faults are tried, whatever one of them brings
        return f"{fault}: {type(error).__name__}: {error}"
    if found != expected:
        return f"{fault}: {sorted(found ^ expected)[:4]}"
    shutil.rmtree(directory)  # there are thousands of them
    return ""


def telling(calls: Sequence[str]) -> list[tuple[str, int]]:
    """Every call but most writes: of those between two syncs, the first two, the middle, the last.

    Writes between two syncs differ in nothing that a disk promises.
    """
    numbers: Counter[str] = Counter()
    chosen: list[tuple[str, int]] = []
    writes: list[tuple[str, int]] = []
    for call in (*calls, "fdatasync"):
        numbers[call] += 1
        if call == "pwrite64":
            writes.append((call, numbers[call]))
            continue
        if call in SYNCS:
            chosen += dict.fromkeys([*writes[:2], *writes[len(writes) // 2 :][:1], *writes[-1:]])
            writes = []
        chosen.append((call, numbers[call]))
    return chosen[:-1]


def every(calls: Sequence[str]) -> list[tuple[str, int]]:
    numbers: Counter[str] = Counter()
    chosen: list[tuple[str, int]] = []
    for call in calls:
        numbers[call] += 1
        chosen.append((call, numbers[call]))
    return chosen


def faults_at(places: Sequence[tuple[str, int]], *, lasting: bool) -> Iterator[Fault]:
    for call, number in places:
        yield Fault(call, number, "KILL")
        for how in ("EIO", "ENOSPC") if call in NO_SPACE else ("EIO",):
            yield Fault(call, number, how)
            if lasting:
                yield Fault(call, number, how, lasting=True)


@pytest.mark.parametrize(
    "thorough",
    [
        pytest.param(False, id="telling", marks=()),
        pytest.param(True, id="every", marks=pytest.mark.nightly),
    ],
)
def test_each_system_call_in_turn_fails(
    tmp_path: Path, forge: Forge, undisturbed: tuple[Life, set[str]], thorough: bool
) -> None:
    """P1 and P2 when a write, a sync, a truncation, an opening or an unlinking fails or kills."""
    life, expected = undisturbed
    calls = calls_in(life.trace)
    assert {"openat", "pwrite64", "fdatasync", "ftruncate", "unlink"} <= set(calls)
    places = every(calls) if thorough else telling(calls)
    faults = list(faults_at(places, lasting=thorough))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = pool.map(
            lambda numbered: check_one(forge, tmp_path / str(numbered[0]), numbered[1], expected),
            enumerate(faults),
        )
        wrong = [words for words in found if words]
    assert not wrong, f"{len(wrong)} of {len(faults)} faults:\n" + "\n".join(wrong[:20])


NOON_OF_EVENTS: Final = datetime(2026, 5, 12, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "fault",
    [
        Fault("fdatasync", 1, "EIO"),
        Fault("pwrite64", 1, "EIO"),
        Fault("pwrite64", 3, "ENOSPC", lasting=True),
        Fault("fdatasync", 1, "EIO", lasting=True),
    ],
    ids=str,
)
def test_a_write_of_the_whole_service_fails(tmp_path: Path, fault: Fault) -> None:
    """P1: 503 and not ready; nothing acknowledged that is not kept; ready again by itself."""
    needs_strace()
    events = measurements("VBS-001", NOON_OF_EVENTS, 40)
    with running_service(tmp_path) as service:
        files = [service.log_path, service.log_path.with_name(f"{service.log_path.name}-wal")]
        assert push(service.url, [configuration("VBS-001", NOON_OF_EVENTS)])[0] == 200
        batch = list(islice(events, 20))
        with traced(service.pid, files, tmp_path / "trace", fault):
            refused, headers, body = push(service.url, batch)
            assert refused == 503, body
            assert int(headers["retry-after"]) >= 1
            assert request(f"{service.url}/health/live")[0] == 200
            if fault.lasting:
                assert push(service.url, batch)[0] == 503
                assert request(f"{service.url}/health/ready")[0] == 503
        assert was_injected(tmp_path / "trace")
        acknowledged = {*deliver(service.url, batch), *deliver(service.url, list(events))}
        assert request(f"{service.url}/health/ready")[0] == 200
        reports = check_service(service.url, service.log_path)
        service.kill()
        service.start()
        again = check_service(service.url, service.log_path, previous=snapshots(reports))
        assert acknowledged <= {iri for report in again.values() for iri in report.members}
        assert "Traceback" not in service.output()


def deliver(url: str, batch: Sequence[bytes]) -> set[str]:
    """Push until it is acknowledged; the members that were published."""
    answers: list[bytes] = []

    def acknowledged() -> bool:
        answered, _, body = push(url, batch)
        answers.append(body)
        return answered == 200

    until(acknowledged, lambda: answers[-1])
    return {iri for result in json.loads(answers[-1])["results"] for iri in result["members"]}


def test_reads_of_the_whole_service_fail(tmp_path: Path) -> None:
    """A disk that gives nothing back: 503 for who asks, and as before when it does again."""
    needs_strace()
    events = measurements("VBS-001", NOON_OF_EVENTS, 40)
    with running_service(tmp_path) as service:
        deliver(service.url, [configuration("VBS-001", NOON_OF_EVENTS), *islice(events, 20)])
        assert service.stop() == 0
        service.start()
        files = [service.log_path, service.log_path.with_name(f"{service.log_path.name}-wal")]
        page = f"{service.url}/techniek/by-time"
        broken = Fault("pread64", 1, "EIO", lasting=True)
        with traced(service.pid, files, tmp_path / "trace", broken):
            answered = [request(page)[0], push(service.url, list(events))[0], request(page)[0]]
            assert set(answered) == {503}
            assert request(f"{service.url}/health/live")[0] == 200
        assert was_injected(tmp_path / "trace")
        assert request(page)[0] == 200
        deliver(service.url, list(measurements("VBS-001", NOON_OF_EVENTS, 40)))
        check_service(service.url, service.log_path)
        assert "Traceback" not in service.output()
