"""Something hangs: a disk that does not answer. The rest of the service goes on and says so."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest

from ldes_shok.bootstrap import web
from ldes_shok.cabinet.outcome import Outcome
from ldes_shok.clock import ManualClock
from ldes_shok.ldes.member import Form
from ldes_shok.log.records import Commit
from ldes_shok.log.sqlite_reader import SqliteLogReader
from ldes_shok.log.sqlite_writer import SqliteLogWriter
from tests.support.events import configuration, measurements
from tests.support.local_service import LocalService, local_service
from tests.support.oracle import check_service
from tests.support.patience import HANG_SECONDS
from tests.support.service import request

pytestmark = pytest.mark.fault

NOON: Final = datetime(2026, 5, 12, 12, tzinfo=UTC)
BEFORE: Final = NOON - timedelta(days=1)
"""When things were measured: nothing is taken from the future."""


class Gate:
    """What everybody who comes through waits for."""

    def __init__(self) -> None:
        self._open = threading.Event()
        self._waiting = threading.Semaphore(0)

    def wait(self) -> None:
        self._waiting.release()
        assert self._open.wait(HANG_SECONDS)

    def has_waiting(self, count: int) -> bool:
        """Whether so many have come, or come soon."""
        return all(self._waiting.acquire(timeout=HANG_SECONDS) for _ in range(count))

    def open(self) -> None:
        self._open.set()


@pytest.fixture
def service(tmp_path: Path) -> Iterator[LocalService]:
    with local_service(tmp_path, ManualClock(NOON)) as running:
        running.push([configuration("VBS-001", BEFORE), *measurements("VBS-001", BEFORE, 5)])
        yield running


def statuses(service: LocalService, *paths: str) -> list[int]:
    return [request(f"{service.url}{path}")[0] for path in paths]


def test_a_commit_that_hangs(service: LocalService, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages are served and `live` stays 200; `ready` says 503 until the disk answers again."""
    gate, commit = Gate(), SqliteLogWriter.commit

    def hanging(writer: SqliteLogWriter, what: Commit) -> None:
        gate.wait()
        commit(writer, what)

    monkeypatch.setattr(SqliteLogWriter, "commit", hanging)
    event = next(measurements("VBS-001", BEFORE + timedelta(hours=1), 1))
    assert statuses(service, "/health/ready") == [200]
    with ThreadPoolExecutor() as pool:
        pushed: Future[Sequence[Outcome]] = pool.submit(service.push, [event])
        try:
            assert gate.has_waiting(1)
            assert statuses(service, "/health/ready") == [200], "a moment is no stall"
            monkeypatch.setattr(web, "STALLED_SECONDS", 0.0)
            assert statuses(service, "/health/ready") == [503]
            assert statuses(service, "/health/live", "/metrics", "/techniek/by-time") == [200] * 3
            assert not pushed.done()
        finally:
            gate.open()
        assert pushed.result(HANG_SECONDS)[0].members
    # Without a moment's patience each commit is a stall, also one of what is derived meanwhile.
    while statuses(service, "/health/ready") != [200]:
        pass
    check_service(service.url, service.core.log_path)


def test_reads_that_hang(service: LocalService, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many pages as there are threads to read them: `live` is 200, events are taken."""
    gate, blocks = Gate(), SqliteLogReader.blocks

    def hanging(
        reader: SqliteLogReader, stream: str, first_position: int, count: int, form: Form
    ) -> Sequence[bytes]:
        if threading.current_thread().name.startswith("reader"):
            gate.wait()
        return blocks(reader, stream, first_position, count, form)

    monkeypatch.setattr(SqliteLogReader, "blocks", hanging)
    page = "/techniek/by-time/2026/05/12/p1?format="
    with ThreadPoolExecutor() as pool:
        try:
            asked = [
                pool.submit(statuses, service, page + form) for form in ("ttl", "nt", "jsonld")
            ]
            assert gate.has_waiting(2)
            assert statuses(service, "/health/live", "/metrics") == [200] * 2
            event = next(measurements("VBS-001", BEFORE + timedelta(hours=1), 1))
            assert service.push([event])[0].members
            assert not any(each.done() for each in asked)
        finally:
            gate.open()
        assert [each.result(HANG_SECONDS) for each in asked] == [[200]] * 3
    check_service(service.url, service.core.log_path)
