"""The disk is full, the log has another writer: nothing acknowledged is lost.

The full disk is real in two ways. With the right to mount (root, or a container that gives it) the
log lies on a tmpfs of a few MiB that a file fills up: ENOSPC. Without it the kernel refuses to let
the service's files grow (RLIMIT_FSIZE): EFBIG, at the same system call.
"""

from __future__ import annotations

import errno
import itertools
import json
import os
import resource
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ldes_shok.clock import ManualClock
from ldes_shok.errors import LogUnavailable
from ldes_shok.log.records import Commit
from ldes_shok.log.sqlite.writer import SqliteLogWriter
from tests.support.events import configuration, measurements
from tests.support.local_service import local_service
from tests.support.oracle import check_service, snapshots
from tests.support.patience import promised
from tests.support.service import ServiceProcess, push, request, running_service

pytestmark = pytest.mark.fault

NOON = datetime(2026, 5, 12, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DISK_BYTES = 8 * 1024 * 1024
EVENTS_AT_ONCE = 20
MOST_PUSHES = 400
ONE_WRITER_SECONDS = 1.0
NO_LIMIT = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)


@dataclass(frozen=True, slots=True)
class Disk:
    """Where a log lies, and how its disk gets full and empty again."""

    directory: Path
    fill: Callable[[ServiceProcess], None]
    free: Callable[[ServiceProcess], None]


@contextmanager
def small_tmpfs(directory: Path) -> Iterator[Disk]:
    mount, unmount = shutil.which("mount"), shutil.which("umount")
    if mount is None or unmount is None:
        pytest.skip("a small disk: there is no command mount")
    command = [mount, "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(directory)]
    mounted = subprocess.run(command, check=False, capture_output=True)
    if mounted.returncode:
        pytest.skip(f"a small disk: mount is not permitted ({mounted.stderr.decode().strip()})")
    filler = directory / "filler"

    def fill(_: ServiceProcess) -> None:
        with filler.open("ab", buffering=0) as file:
            for chunk in (bytes(65_536), bytes(1)):
                with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
                    file.writelines(itertools.repeat(chunk))

    def free(_: ServiceProcess) -> None:
        filler.unlink()

    try:
        yield Disk(directory, fill, free)
    finally:
        subprocess.run([unmount, "--lazy", str(directory)], check=True)


@contextmanager
def file_size_limit(directory: Path) -> Iterator[Disk]:
    def fill(service: ServiceProcess) -> None:
        log = service.log_path
        largest = max(f.stat().st_size for f in log.parent.glob(f"{log.name}*"))
        resource.prlimit(service.pid, resource.RLIMIT_FSIZE, (largest, NO_LIMIT[1]))

    def free(service: ServiceProcess) -> None:
        resource.prlimit(service.pid, resource.RLIMIT_FSIZE, NO_LIMIT)

    yield Disk(directory, fill, free)


@pytest.fixture(params=[small_tmpfs, file_size_limit], ids=["ENOSPC", "EFBIG"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Disk]:
    directory = tmp_path / "disk"
    directory.mkdir()
    with request.param(directory) as made:
        yield made


@pytest.fixture
def service(tmp_path: Path, disk: Disk) -> Iterator[ServiceProcess]:
    """A service with only its log on the small disk."""
    store = {"store": {"url": f"sqlite:///{disk.directory / 'ldes-shok.db'}"}}
    with running_service(tmp_path, overrides=store) as running:
        running.log_path = disk.directory / "ldes-shok.db"
        yield running


def readiness(service: ServiceProcess) -> int:
    return request(f"{service.url}/health/ready")[0]


def wait_until_ready(service: ServiceProcess) -> None:
    service.until(lambda: readiness(service) == 200)


def test_a_full_disk(service: ServiceProcess, disk: Disk) -> None:
    """P1 with a full disk: 503, nothing acknowledged that is not kept, and it recovers alone."""
    events = measurements("VBS-001", NOON, EVENTS_AT_ONCE * MOST_PUSHES, timedelta(seconds=10))
    acknowledged: set[str] = set()

    def send(batch: list[bytes]) -> tuple[int, Mapping[str, str], bytes]:
        answered, headers, body = push(service.url, batch)
        if answered == 200:
            answer = json.loads(body)
            assert answer["published"] == len(batch), answer
            acknowledged.update(iri for each in answer["results"] for iri in each["members"])
        return answered, headers, body

    assert send([configuration("VBS-001", NOON)])[0] == 200
    assert send([next(events) for _ in range(EVENTS_AT_ONCE)])[0] == 200
    disk.fill(service)

    batch = [next(events) for _ in range(EVENTS_AT_ONCE)]
    refused, headers, body = send(batch)
    while refused == 200:
        batch = [next(events) for _ in range(EVENTS_AT_ONCE)]
        refused, headers, body = send(batch)
    assert refused == 503, body
    assert int(headers["retry-after"]) >= 1
    assert headers["content-type"] == "application/problem+json"
    assert send(batch)[0] == 503, "still full"
    assert readiness(service) == 503
    assert request(f"{service.url}/health/live")[0] == 200
    seen = snapshots(check_service(service.url))

    disk.free(service)
    wait_until_ready(service)
    assert send(batch)[0] == 200
    reports = check_service(service.url, service.log_path, previous=seen)

    published = [iri for report in reports.values() for iri in report.members]
    assert set(published) == acknowledged
    assert len(published) == len(acknowledged)

    service.kill()
    service.start()
    again = check_service(service.url, service.log_path, previous=snapshots(reports))
    assert {iri for report in again.values() for iri in report.members} == acknowledged


def test_ready_is_not_said_again_before_a_write_went_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Senders may stay away from a service that is not ready: it has to find out by itself."""

    def refuse(_: SqliteLogWriter, __: Commit) -> None:
        raise LogUnavailable("the disk is full")

    with local_service(tmp_path, ManualClock(NOON)) as service:
        ready = f"{service.url}/health/ready"
        with monkeypatch.context() as full:
            full.setattr(SqliteLogWriter, "commit", refuse)
            with pytest.raises(LogUnavailable):
                service.push([configuration("VBS-001", NOON)])
            with pytest.raises(LogUnavailable):
                service.seal()
            assert request(ready)[0] == 503
        service.seal()
        assert request(ready)[0] == 200
        check_service(service.url, service.core.log_path)


def test_it_says_so_when_it_cannot_start_on_a_full_disk(tmp_path: Path) -> None:
    """One sentence, no traceback."""
    limit = ("prlimit", "--fsize=20000:20000")
    service = ServiceProcess(tmp_path, command=limit)
    service.launch()
    assert service.wait() == 1
    last = service.output().strip().splitlines()[-1]
    assert last.startswith("ldes-shok: ")
    assert str(service.log_path) in last
    assert "Traceback" not in service.output()


@promised(ONE_WRITER_SECONDS)
def test_a_second_writer_refuses_and_names_the_holder(
    tmp_path: Path, within_seconds: float
) -> None:
    """One writer per log: the other one is gone within a second after its own start-up."""
    first_directory, second_directory = tmp_path / "first", tmp_path / "second"
    first_directory.mkdir()
    second_directory.mkdir()
    first = ServiceProcess(first_directory)
    begun = time.monotonic()
    first.start()
    start_up_seconds = time.monotonic() - begun
    try:
        second = ServiceProcess(
            second_directory, overrides={"store": {"url": f"sqlite:///{first.log_path}"}}
        )
        begun = time.monotonic()
        second.launch()
        assert second.wait() == 1
        assert time.monotonic() - begun < 2 * start_up_seconds + within_seconds

        last = second.output().strip().splitlines()[-1]
        assert f"pid {first.pid} " in last
        assert "Traceback" not in second.output()
        assert push(first.url, [configuration("VBS-001", NOON)])[0] == 200
        check_service(first.url, first.log_path)
    finally:
        first.kill()


def test_the_lock_of_a_dead_writer_is_taken_over(tmp_path: Path) -> None:
    service = ServiceProcess(tmp_path)
    service.start()
    service.kill()
    assert str(service.pid) in service.log_path.with_name("ldes-shok.db.lock").read_text()
    service.start()
    try:
        assert push(service.url, [configuration("VBS-001", NOON)])[0] == 200
    finally:
        service.kill()
