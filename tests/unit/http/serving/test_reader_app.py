"""A process that only reads: the same answers as a whole service, whoever gives them."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ldes_shok.clock import SystemClock
from ldes_shok.http.serving.forward import forwarding
from ldes_shok.http.serving.read_services import READING
from ldes_shok.http.serving.reader_app import create_reader_app
from ldes_shok.http.serving.server import listening
from ldes_shok.log.reads import Reads
from ldes_shok.processes.sockets import bound
from ldes_shok.processes.workers import SOCKET_NAME, listening_for_readers
from tests.support.local_service import LocalService
from tests.support.patience import HANG_SECONDS
from tests.support.ports import free_port
from tests.support.raw_http import RawConnection
from tests.support.service import PUSH_TOKEN, STREAM_TOKEN, request
from tests.unit.http.conftest import EVENTS

PUSH = {"Authorization": f"Bearer {PUSH_TOKEN}", "Content-Type": "application/json"}
GETS = (
    "/", "/?format=ttl", "/?page=2", "/kasten", "/kasten/by-time", "/kasten/by-time/2026/05/12/p1",
    "/kasten/by-time/2026/05/12/p1?format=html", "/kasten/by-time/2025", "/nothing",
    "/nothing/by-time", "/techniek/by-time", "/shapes/kasten?format=nt", "/shapes/nothing",
    "/id/concept/kasttype/marktkast", "/id/nothing", "/id/kast/voorbeeldstad/VBS%2D001",
    "/id/kast/voorbeeldstad/VBS-001", "/context.jsonld", "/openapi.json",
    "/static/ldes-shok.css", "/static/nothing.css", "/health/live", "/health/ready", "/ingest",
    "/ingest/push", "/ingest/nothing",
)  # fmt: skip
POSTS = (b"[]", b"{}", b"", b"not json", b'[{"v": 1}, {"v": 2}]', b"x" * 6_000_000)


@dataclass
class Both:
    """A whole service, and a reader in front of it, in one process."""

    service: LocalService
    reader_url: str

    def ask(self, path: str, **asked: Any) -> tuple[tuple[int, dict[str, str], bytes], ...]:
        answers = []
        for url in (self.service.url, self.reader_url):
            status, headers, body = request(f"{url}{path}", **asked)
            answers.append((status, {k: v for k, v in headers.items() if k != "date"}, body))
        return tuple(answers)


@contextmanager
def _started(service: LocalService, directory: Path, *, writer: bool) -> Iterator[str]:
    """A reader; `writer`: the service listens on the socket, as the writing process does."""
    loop, port, stack = service.loop, free_port(), AsyncExitStack()
    reading = service.application[READING]

    async def start() -> None:
        if writer:
            await stack.enter_async_context(
                listening_for_readers(service.application, directory / SOCKET_NAME, grace_seconds=1)
            )
        forwarder = await stack.enter_async_context(
            forwarding(directory / SOCKET_NAME, reading.retry_after_seconds)
        )
        sockets = stack.enter_context(bound("127.0.0.1", port, 1))
        application = create_reader_app(reading, forwarder, 5_000_000)
        await stack.enter_async_context(
            listening(application, sockets[0], SystemClock(), grace_seconds=1)
        )

    def wait(work: Coroutine[Any, Any, object]) -> None:
        asyncio.run_coroutine_threadsafe(work, loop).result(HANG_SECONDS)

    wait(start())
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        wait(stack.aclose())


@pytest.fixture
def both(service: LocalService, tmp_path: Path) -> Iterator[Both]:
    with _started(service, tmp_path, writer=True) as url:
        yield Both(service, url)


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "DELETE"])
def test_a_reader_answers_as_the_whole_service(both: Both, method: str) -> None:
    for path in GETS:
        for headers in ({}, {"Accept-Encoding": "gzip"}, {"Accept": "application/n-quads"}):
            direct, through = both.ask(path, method=method, headers=headers)
            assert direct == through, path


def test_conditions_and_tokens_are_passed_on(both: Both) -> None:
    for path in ("/", "/shapes/kasten", "/kasten/by-time"):
        tag = both.ask(path)[0][1]["etag"]
        direct, through = both.ask(path, headers={"If-None-Match": tag})
        assert direct == through
        assert direct[0] == 304
    meter = both.ask("/techniek/by-time", headers={"Authorization": f"Bearer {STREAM_TOKEN}"})
    assert meter[0] == meter[1]
    assert meter[0][0] == 200


@pytest.mark.parametrize("body", POSTS, ids=lambda body: body[:20].decode())
@pytest.mark.parametrize("token", [True, False])
def test_what_is_pushed_is_answered_alike(both: Both, body: bytes, token: bool) -> None:
    headers = PUSH if token else {"Content-Type": "application/json"}
    for path in ("/ingest", "/ingest/push"):
        direct, through = both.ask(path, method="POST", headers=headers, body=body)
        assert direct == through


def test_a_request_is_counted_once(both: Both) -> None:
    def counted(route: bytes) -> float:
        _, _, text = both.ask("/metrics")[1]
        lines = [line for line in text.split(b"\n") if route in line and b"requests" in line]
        return sum(float(line.rpartition(b" ")[2]) for line in lines)

    for route, path in ((b'route="/openapi.json"', "/openapi.json"), (b'"/{stream}"', "/kasten")):
        before = counted(route)
        request(f"{both.reader_url}{path}")
        assert counted(route) == before + 1


def test_a_reader_that_cannot_read_says_so_itself(
    both: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(Reads, "are_stuck", True)
        patched.setattr(Reads, "problem", "the log is slow")
        status, headers, body = request(f"{both.reader_url}/health/ready")
        assert (status, headers["cache-control"]) == (503, "no-store")
        assert msgspec.json.decode(body)["problems"] == ["the log is slow"]
        assert request(f"{both.reader_url}/health/live")[0] == 200
    assert request(f"{both.reader_url}/health/ready")[0] == 200


def test_without_the_writer_pages_are_served_and_the_rest_is_for_later(
    service: LocalService, tmp_path: Path
) -> None:
    with _started(service, tmp_path, writer=False) as url:
        assert request(f"{url}/kasten/by-time")[0] == 200
        assert request(f"{url}/health/live")[0] == 200
        for method, path in (("GET", "/"), ("POST", "/ingest"), ("GET", "/health/ready")):
            status, headers, body = request(f"{url}{path}", method=method, headers=PUSH, body=b"[]")
            assert status == 503
            assert headers["retry-after"] == "2"
            assert "does not answer" in msgspec.json.decode(body)["detail"]


def test_a_client_of_a_reader_may_close_its_sending_side(both: Both) -> None:
    """What it passes on is answered too, and a body that is cut off is passed on as none."""
    event = EVENTS[1]
    head = (
        f"POST /ingest HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {PUSH_TOKEN}\r\n"
        "Content-Type: application/json\r\n"
    )
    chunks = b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n" % (len(event), event)
    for sent, status, said in (
        (f"{head}Content-Length: {len(event)}\r\n\r\n".encode() + event, 200, b'"received":1'),
        (head.encode() + chunks + b"0\r\n\r\n", 200, b'"received":1'),
        (f"{head}Content-Length: {len(event) + 1}\r\n\r\n".encode() + event, 400, b"cut off"),
        (head.encode() + chunks, 400, b"cut off"),
        (head.encode() + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400, b"cut off"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", 200, b"dcat:Catalog"),
        (b"GET /kasten/by-time HTTP/1.1\r\nHost: x\r\n\r\n", 200, b"tree:relation"),
    ):
        for url in (both.service.url, both.reader_url):
            with RawConnection.to(int(url.rpartition(":")[2])) as connection:
                connection.send(sent)
                connection.end()
                answer = connection.answer()
                assert answer.startswith(f"HTTP/1.1 {status} ".encode()), answer
                assert said in answer
                assert connection.closed()
