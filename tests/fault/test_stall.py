"""Something hangs: a disk that does not answer. The rest of the service goes on and says so."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from ldes_shok.cabinet.outcome import Outcome
from ldes_shok.clock import ManualClock
from ldes_shok.log.base import LogReader
from ldes_shok.log.reads import THREAD_NAME
from ldes_shok.log.records import Commit, MemberRow
from ldes_shok.log.sqlite.reader import SqliteLogReader
from ldes_shok.log.sqlite.writer import SqliteLogWriter
from ldes_shok.pipeline import readiness
from tests.support.events import configuration, measurements
from tests.support.local_service import LocalService, local_service
from tests.support.oracle import check_service
from tests.support.patience import HANG_SECONDS, until
from tests.support.service import Tree, request

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
            monkeypatch.setattr(readiness, "STALLED_SECONDS", 0.0)
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


PAGE: Final = "/techniek/by-time/2026/05/12/p1?format=nt"
FROM_MEMORY: Final = (
    "/health/live", PAGE, "/techniek/by-time?format=ttl", "/techniek?format=ttl", "/?format=ttl",
    "/context.jsonld", "/openapi.json", "/shapes/techniek", "/static/ldes-shok.css",
    "/id/conceptscheme/kasttype", "/metrics",
)  # fmt: skip
FROM_THE_STORE: Final = (
    "/?format=html", "/techniek?format=html", "/techniek/by-time?format=html",
    "/techniek/by-time/2026/05/12/p1?format=ttl", "/techniek/by-time/2025",
    "/id/kast/voorbeeldstad/VBS-001", "/id/kast/voorbeeldstad/nergens",
)  # fmt: skip
READS: Final = [
    name for name in vars(LogReader)
    if not name.startswith("_") and name not in {"generation", "interrupt", "close"}
]  # fmt: skip


def test_reads_that_hang(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """P13: what is at hand is answered, events are taken; for what must be read: 503, come back."""
    gate = Gate()

    def hanging(read: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            if threading.current_thread().name.startswith(THREAD_NAME):
                gate.wait()
            return read(*arguments)

        return call

    limits: Tree = {"store": {"read_threads": 2, "max_waiting_reads": 4, "read_timeout_seconds": 1}}
    with local_service(tmp_path, ManualClock(NOON), limits) as service:
        service.push([configuration("VBS-001", BEFORE), *measurements("VBS-001", BEFORE, 5)])
        until(lambda: statuses(service, *FROM_MEMORY) == [200] * len(FROM_MEMORY))
        with monkeypatch.context() as patched, ThreadPoolExecutor() as pool:
            for name in READS:
                patched.setattr(SqliteLogReader, name, hanging(getattr(SqliteLogReader, name)))
            try:
                asked = [pool.submit(request, service.url + path) for path in FROM_THE_STORE]
                assert gate.has_waiting(2)
                for path in FROM_MEMORY:
                    assert statuses(service, path) == [200], path
                for each in asked:
                    _check_later(*each.result(HANG_SECONDS))
                until(lambda: statuses(service, "/health/ready") == [503])
                assert b"2 of 2 threads" in request(f"{service.url}/health/ready")[2]
                assert b"\nldes_shok_log_readable 0.0\n" in request(f"{service.url}/metrics")[2]
                for path in FROM_THE_STORE:
                    _check_later(*request(service.url + path))
                for path in FROM_MEMORY:
                    assert statuses(service, path) == [200], path
                event = next(measurements("VBS-001", BEFORE + timedelta(hours=1), 1))
                assert service.push([event])[0].members
                # What was at hand is of before that commit: it is never shown for what is now.
                _check_later(*request(service.url + PAGE))
            finally:
                gate.open()
        until(lambda: statuses(service, "/health/ready") == [200])
        found = statuses(service, *FROM_THE_STORE)
        assert found == [200, 200, 200, 200, 404, 303, 404]
        assert b"\nldes_shok_log_readable 1.0\n" in request(f"{service.url}/metrics")[2]
        check_service(service.url, service.core.log_path)


def test_one_read_that_hangs_holds_nobody_else(
    service: LocalService, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, member = Gate(), SqliteLogReader.member

    def hanging(reader: SqliteLogReader, iri: str) -> MemberRow | None:
        if iri.endswith("traag"):
            gate.wait()
        return member(reader, iri)

    monkeypatch.setattr(SqliteLogReader, "member", hanging)
    with ThreadPoolExecutor() as pool:
        try:
            slow = pool.submit(statuses, service, "/id/traag")
            assert gate.has_waiting(1)
            for _ in range(20):
                assert statuses(service, "/id/kast/voorbeeldstad/VBS-001") == [303]
            assert not slow.done()
        finally:
            gate.open()
        assert slow.result(HANG_SECONDS) == [404]


def _check_later(status: int, headers: Mapping[str, str], body: bytes) -> None:
    assert (status, headers["retry-after"]) == (503, "2")
    problem = json.loads(body)
    assert problem["status"] == 503
    assert "log" in problem["detail"]
    assert "try again" in problem["detail"]
