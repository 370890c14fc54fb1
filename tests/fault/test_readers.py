"""Readers that are slow, rude or gone, and readers that replicate while nodes are sealed."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest

from ldes_shok.clock import ManualClock
from ldes_shok.fsck import Report, Response, check_stream
from tests.support.events import configuration, measurements
from tests.support.ldes_client import following
from tests.support.local_service import LocalService, local_service
from tests.support.oracle import check_service, fetch
from tests.support.patience import HANG_SECONDS, promised, until
from tests.support.raw import connected, is_whole
from tests.support.service import ServiceProcess, Tree, push, request, running_service

pytestmark = pytest.mark.fault

NOON: Final = datetime(2026, 5, 12, 12, tzinfo=UTC)
IDLE: Final = 100
SLOW: Final = 50
ABORTING: Final = 50
BYTES_A_SECOND: Final = 64
RUDE_SECONDS: Final = 3
ANSWERS_WITHIN_SECONDS: Final = 10.0
SMALL_WINDOW_BYTES: Final = 4096
READERS: Final = 5
APPENDED_EVENTS: Final = 250
"""Four members each."""


@dataclass(frozen=True, slots=True)
class Held:
    """What a process holds."""

    descriptors: int
    threads: int


def held_by(pid: int | str) -> Held:
    return Held(*(len(list(Path(f"/proc/{pid}/{kind}").iterdir())) for kind in ("fd", "task")))


def wait_until_forgotten(service: ServiceProcess, before: Held) -> None:
    """Return when a service holds no more than it did before, but for two of each."""

    def forgotten() -> bool:
        now = held_by(service.pid)
        return now.descriptors <= before.descriptors + 2 and now.threads <= before.threads + 2

    until(forgotten, lambda: f"{before} became {held_by(service.pid)}")


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    """A service with a thousand members in large pages."""
    with running_service(tmp_path_factory.mktemp("service")) as running:
        events = [configuration("VBS-001", NOON), *measurements("VBS-001", NOON, 250)]
        assert push(running.url, events)[0] == 200
        # Whatever it opens once and keeps, it has now.
        for _ in range(3):
            check_service(running.url)
        yield running


@pytest.fixture(scope="module")
def large_page(service: ServiceProcess) -> bytes:
    """The head of a request for the largest page."""
    sizes: dict[str, int] = {}

    def noting(url: str, accept: str) -> Response:
        sizes[url] = len(fetch(url, "application/ld+json").body)
        return fetch(url, accept)

    assert not check_stream(f"{service.url}/techniek/by-time", noting).findings
    target = max(sizes, key=sizes.__getitem__).removeprefix(service.url)
    return f"GET {target} HTTP/1.1\r\nHost: x\r\nAccept: application/ld+json\r\n\r\n".encode()


@contextmanager
def many_connections(port: int, count: int) -> Iterator[list[socket.socket]]:
    with ExitStack() as stack:
        yield [stack.enter_context(connected(port)) for _ in range(count)]


@contextmanager
def slow_connections(port: int, count: int) -> Iterator[list[socket.socket]]:
    """Connections whose system takes little more than they read."""
    connections = []
    try:
        for _ in range(count):
            connection = socket.socket()
            connections.append(connection)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_WINDOW_BYTES)
            connection.settimeout(HANG_SECONDS)
            connection.connect(("127.0.0.1", port))
        yield connections
    finally:
        for connection in connections:
            connection.close()


def abort(port: int, head: bytes) -> None:
    """Ask for a page, read some of it, and be gone with a reset."""
    with connected(port) as connection:
        connection.sendall(head)
        assert connection.recv(100).startswith(b"HTTP/1.1 200")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def others_are_served(service: ServiceProcess, at: datetime) -> float:
    """Someone reads a page, and someone pushes an event; returns in how many seconds."""
    began = time.monotonic()
    answered, _, body = push(service.url, list(measurements("VBS-001", at, 1)))
    assert answered == 200
    (iri, *_) = json.loads(body)["results"][0]["members"]
    assert request(iri, headers={"Accept": "text/turtle"})[0] == 200
    assert request(f"{service.url}/techniek/by-time")[0] == 200
    return time.monotonic() - began


@promised(ANSWERS_WITHIN_SECONDS)
def test_idle_slow_and_rude_readers_hold_nobody_up(
    service: ServiceProcess, large_page: bytes, within_seconds: float
) -> None:
    """A hundred idle, fifty at 64 bytes a second, fifty gone mid-page; and nothing of it stays."""
    before = held_by(service.pid)
    with (
        many_connections(service.port, IDLE) as idle,
        slow_connections(service.port, SLOW) as slow,
    ):
        for connection in idle[::2]:
            connection.sendall(b"GET /techniek/by-time HTTP/1.1\r\nHos")
        for connection in slow:
            connection.sendall(large_page)
        until(lambda: held_by(service.pid).descriptors >= before.descriptors + IDLE)
        for second in range(RUDE_SECONDS):
            for connection in slow:
                assert connection.recv(BYTES_A_SECOND)
            for _ in range(ABORTING // RUDE_SECONDS):
                abort(service.port, large_page)
            at = NOON + timedelta(days=1, minutes=second)
            assert others_are_served(service, at) < within_seconds
            time.sleep(1)  # a reader at so many bytes a second, and no other way to be one
    wait_until_forgotten(service, before)
    check_service(service.url, service.log_path)
    assert "Traceback" not in service.output()


def test_a_page_that_is_read_slowly_is_whole(service: ServiceProcess, large_page: bytes) -> None:
    """However slow: the page of one moment, also when it grows meanwhile."""
    with slow_connections(service.port, 1) as (connection,):
        connection.sendall(large_page)
        answer = connection.recv(BYTES_A_SECOND)
        events = list(measurements("VBS-001", NOON + timedelta(days=2), 5))
        assert push(service.url, events)[0] == 200
        while not is_whole(answer):
            answer += connection.recv(BYTES_A_SECOND)
    assert isinstance(json.loads(answer.partition(b"\r\n\r\n")[2]), dict)


@pytest.mark.parametrize(
    "lifetimes",
    [15, pytest.param(50, marks=pytest.mark.nightly)],
)
def test_opened_and_closed_many_times(tmp_path: Path, lifetimes: int) -> None:
    """I20: a service that stops lets go of everything it held."""
    clock = ManualClock(NOON)

    def live(number: int) -> None:
        with local_service(tmp_path, clock, port=port) as service:
            service.push(list(measurements("VBS-001", NOON + timedelta(minutes=number), 1)))
            assert request(f"{service.url}/kasten/by-time")[0] == 200

    with local_service(tmp_path, clock) as first:
        first.push([configuration("VBS-001", NOON)])
        port = first.port
    for number in range(3):
        live(number)
    before = held_by("self")
    for number in range(lifetimes):
        live(number)
    after = held_by("self")
    assert after.descriptors <= before.descriptors + 2
    assert after.threads <= before.threads + 2


# ------------------------------------------------------------------- replicating while it grows

SMALL: Final[Tree] = {"fragmentation": {"leaf_members": 20, "bucket_leaves": 3}}


def append(service: LocalService, growing: threading.Event) -> None:
    """A thousand members, a few at a time, over three days of sealed hours and days."""
    for number in range(APPENDED_EVENTS // 5):
        at = NOON + number * timedelta(minutes=90)
        measured = measurements("VBS-001", at - timedelta(minutes=90), 5, timedelta(minutes=15))
        service.push(list(measured), at=at)
        service.seal()
    growing.clear()


class Crawler:
    """Crawls a stream again and again while it grows, as a client that starts anew."""

    def __init__(self, root: str, growing: threading.Event) -> None:
        self.reports: list[Report] = []
        self._root = root
        self._growing = growing
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while self._growing.is_set():
            self.reports.append(check_stream(self._root, fetch))

    def finish(self) -> Sequence[Report]:
        self._thread.join(HANG_SECONDS)
        assert not self._thread.is_alive()
        return self.reports


@pytest.fixture
def growing_service(tmp_path: Path) -> Iterator[LocalService]:
    with local_service(tmp_path, ManualClock(NOON), SMALL) as service:
        service.push([configuration("VBS-001", NOON - timedelta(days=1))])
        yield service


def test_crawls_while_nodes_are_sealed(growing_service: LocalService) -> None:
    """P5 and P6 at every moment: each crawl finds a prefix of the stream, each member once."""
    service, growing = growing_service, threading.Event()
    growing.set()
    crawlers = [Crawler(f"{service.url}/techniek/by-time", growing) for _ in range(READERS)]
    append(service, growing)
    reports = [report for crawler in crawlers for report in crawler.finish()]
    final = check_service(service.url, service.core.log_path)["techniek"].members

    assert len(final) > 4 * APPENDED_EVENTS * 0.7
    assert [str(finding) for report in reports for finding in report.findings] == []
    for report in reports:
        assert report.members == final[: len(report.members)]
    assert len({len(report.members) for report in reports}) > 3, "they saw it grow"


@pytest.mark.client
def test_real_clients_follow_while_nodes_are_sealed(
    growing_service: LocalService, tmp_path: Path
) -> None:
    """Five ldes-clients that follow a stream which grows and is sealed: each member, once."""
    service, growing = growing_service, threading.Event()
    growing.set()
    with ExitStack() as stack:
        followers = []
        for number in range(READERS):
            directory = tmp_path / f"client-{number}"
            directory.mkdir()
            followers.append(stack.enter_context(following(f"{service.url}/techniek", directory)))
        append(service, growing)
        final = check_service(service.url, service.core.log_path)["techniek"].members
        for follower in followers:
            replica = follower.wait_for(final)
            assert replica.twice == []
            assert sorted(replica.iris) == sorted(final), follower.log()
