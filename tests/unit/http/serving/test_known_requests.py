"""Answers without a framework: byte for byte those of aiohttp, and never where there is doubt."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator, Sequence

import pytest
from aiohttp.streams import EMPTY_PAYLOAD, StreamReader
from aiohttp.test_utils import make_mocked_request

from ldes_shok.errors import LogSlow, LogUnavailable
from ldes_shok.http.serving import known_requests as express_module
from ldes_shok.http.serving.connection import ClientConnection
from ldes_shok.http.serving.known_requests import Answer, Express, Making
from ldes_shok.http.serving.read_services import READING
from ldes_shok.representation.coding import Coded
from ldes_shok.representation.pages import Pages
from tests.support.local_service import LocalService
from tests.support.patience import HANG_SECONDS
from tests.support.raw_http import RawConnection, undated
from tests.support.service import PUSH_TOKEN, STREAM_TOKEN, request

LEAF = "/kasten/by-time/2026/05/12/p1"
PATHS = (
    "/kasten/by-time", "/kasten/by-time/2026", LEAF, "/verbruik-individueel/by-time",
    "/kasten/by-time/2026/05/12/p2", "/kasten/by-time/2025", "/kasten/by-time/2026/13",
    "/techniek/by-time", "/nothing/by-time", "/kasten/by-name", "/kasten", "/", "/kasten/by-time/",
    "/kasten/by-time/2026?format=nt", "/kasten/by-time/%32026", "//kasten/by-time", "/health/live",
)  # fmt: skip
ACCEPTS = (None, "text/turtle", "application/n-quads", "application/trig;q=0.5,*/*;q=0.1",
           "application/ld+json", "text/html")  # fmt: skip
CODINGS = (None, "gzip", "br, gzip")


class Answered:
    """Counts the requests that aiohttp handled."""

    def __init__(self) -> None:
        self.by_aiohttp = 0


@pytest.fixture
def answered(monkeypatch: pytest.MonkeyPatch) -> Answered:
    counted, begun = Answered(), ClientConnection.begun

    def counting(self: ClientConnection) -> None:
        counted.by_aiohttp += 1
        begun(self)

    monkeypatch.setattr(ClientConnection, "begun", counting)
    return counted


@pytest.fixture
def connection(service: LocalService) -> Iterator[RawConnection]:
    with RawConnection.to(service.port) as opened:
        yield opened


def ask(line: str, *headers: str) -> bytes:
    return "\r\n".join([f"{line} HTTP/1.1", "Host: shok.test", *headers, "", ""]).encode()


def once(service: LocalService, data: bytes, *, head: bool = False) -> bytes:
    """The answer on a connection of its own."""
    with RawConnection.to(service.port) as connection:
        connection.send(data)
        return connection.answer(head=head)


@pytest.mark.parametrize("accept", ACCEPTS)
@pytest.mark.parametrize("coding", CODINGS)
def test_both_ways_give_the_same_bytes(
    service: LocalService, accept: str | None, coding: str | None
) -> None:
    headers = [f"Accept: {accept}"] if accept else []
    headers += [f"Accept-Encoding: {coding}"] if coding else ["Connection: keep-alive"]
    with RawConnection.to(service.port) as connection:
        for path, method in itertools.product(PATHS, ("GET", "HEAD")):
            data, head = ask(f"{method} {path}", *headers), method == "HEAD"
            # The Cookie keeps a request from express, and changes nothing else.
            slow = once(service, ask(f"{method} {path}", *headers, "Cookie: a=b"), head=head)
            for _ in range(2):
                connection.send(data)
                assert undated(connection.answer(head=head)) == undated(slow)
            tag = next((h for h in slow.split(b"\r\n") if h.startswith(b"ETag: ")), None)
            if tag is None:
                continue
            for known in (tag[6:].decode(), "*", '"other"'):
                matching = [*headers, f"If-None-Match: {known}"]
                slow = once(service, ask(f"{method} {path}", *matching, "Cookie: a=b"), head=head)
                for _ in range(2):
                    connection.send(ask(f"{method} {path}", *matching))
                    assert undated(connection.answer(head=head)) == undated(slow)


@pytest.mark.parametrize("path", ["/kasten/by-time", LEAF])
def test_a_request_seen_before_never_reaches_aiohttp(
    service: LocalService, answered: Answered, path: str
) -> None:
    data = ask(f"GET {path}", "Accept: application/n-triples", f"X-Test: {path}")
    for _ in range(2):
        once(service, data)
    before = answered.by_aiohttp
    for _ in range(10):
        assert once(service, data).startswith(b"HTTP/1.1 200 OK\r\n")
    assert answered.by_aiohttp == before


def test_another_page_with_the_same_headers_does_not_either(
    service: LocalService, answered: Answered, connection: RawConnection
) -> None:
    for path in ("/kasten/by-time", LEAF):
        once(service, ask(f"GET {path}", "Cookie: a=b"))
    connection.send(ask("GET /kasten/by-time", "X-Test: same"))
    connection.answer()
    before = answered.by_aiohttp
    connection.send(ask(f"GET {LEAF}", "X-Test: same"))
    assert b"200 OK" in connection.answer()
    assert answered.by_aiohttp == before


def test_a_page_that_must_be_made_does_not_either(
    service: LocalService,
    answered: Answered,
    connection: RawConnection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    expected = undated(once(service, ask(f"GET {LEAF}", "Cookie: a=b")))
    connection.send(ask("GET /kasten/by-time", "X-Test: made"))
    connection.answer()
    before = answered.by_aiohttp
    monkeypatch.setattr(Pages, "at_hand", lambda *_: None)
    for _ in range(3):
        connection.send(ask(f"GET {LEAF}", "X-Test: made"))
        assert undated(connection.answer()) == expected
    assert answered.by_aiohttp == before


def test_a_page_that_cannot_be_made_is_a_problem_document(
    connection: RawConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> Coded:
        raise LogUnavailable("the log cannot be read")

    connection.send(ask("GET /kasten/by-time", "X-Test: broken"))
    connection.answer()
    with monkeypatch.context() as patched:
        patched.setattr(Pages, "at_hand", lambda *_: None)
        patched.setattr(Pages, "build", broken)
        for _ in range(2):
            connection.send(ask(f"GET {LEAF}", "X-Test: broken"))
            assert connection.answer().startswith(b"HTTP/1.1 503 ")
    connection.send(ask(f"GET {LEAF}", "X-Test: broken"))
    assert connection.answer().startswith(b"HTTP/1.1 200 ")


def test_whoever_waited_for_a_page_in_vain_does_not_wait_for_it_again(
    connection: RawConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[None] = []

    def slow(*_: object) -> Coded:
        made.append(None)
        raise LogSlow("the log was not read in time")

    connection.send(ask("GET /kasten/by-time", "X-Test: slow"))
    connection.answer()
    monkeypatch.setattr(Pages, "at_hand", lambda *_: None)
    monkeypatch.setattr(Pages, "build", slow)
    for number in (1, 2, 3):
        connection.send(ask(f"GET {LEAF}", "X-Test: slow"))
        answer = connection.answer()
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert b"the log was not read in time" in answer
        assert len(made) == number


def test_requests_are_counted_whoever_answers(service: LocalService) -> None:
    def counted() -> float:
        _, _, text = request(f"{service.url}/metrics")
        route = b'http_requests_total{route="/{stream}/{view}/{path}",status="200"} '
        (line,) = (line for line in text.split(b"\n") if route in line)
        return float(line.rpartition(b" ")[2])

    once(service, ask(f"GET {LEAF}", "X-Test: counted"))
    before = counted()
    for _ in range(7):
        once(service, ask(f"GET {LEAF}", "X-Test: counted"))
    assert counted() == before + 7


# ------------------------------------------------------------------------------------ order


def test_answers_come_in_the_order_of_the_requests(
    service: LocalService, connection: RawConnection
) -> None:
    paths = ("/kasten/by-time", "/health/live", LEAF, "/nothing", "/kasten/by-time/2026", LEAF)
    expected = [undated(once(service, ask(f"GET {path}"))) for path in paths]
    for _ in range(3):
        connection.send(b"".join(ask(f"GET {path}") for path in paths))
        assert [undated(connection.answer()) for _ in paths] == expected


def test_a_quick_answer_never_overtakes_a_slow_one(
    service: LocalService, connection: RawConnection
) -> None:
    quick = ask("GET /kasten/by-time", "X-Test: overtake")
    once(service, quick)
    expected = undated(once(service, quick))
    for _ in range(20):
        connection.send(ask(f"GET {LEAF}?format=html"))
        connection.send(quick)
        assert b"text/html" in connection.answer()
        assert undated(connection.answer()) == expected


def test_a_request_in_pieces(service: LocalService) -> None:
    data = ask(f"GET {LEAF}", "X-Test: pieces")
    expected = undated(once(service, data))
    for cut in range(1, len(data)):
        with RawConnection.to(service.port) as connection:
            connection.send(data[:cut])
            connection.send(data[cut:] + data)
            assert [undated(connection.answer()) for _ in range(2)] == [expected] * 2


# -------------------------------------------------------------------------------- smuggling

SMUGGLED = ask("GET /kasten/by-time", "X-Test: smuggled")


@pytest.mark.parametrize(
    "carrier",
    [
        ask(f"GET {LEAF}", f"Content-Length: {len(SMUGGLED)}"),
        ask("GET /health/live", f"Content-Length: {len(SMUGGLED)}"),
        ask("GET /nothing", f"content-length: {len(SMUGGLED)}"),
        ask("POST /ingest", "Content-Type: application/json",
            f"Authorization: Bearer {PUSH_TOKEN}", f"Content-Length: {len(SMUGGLED)}"),
    ],
)  # fmt: skip
def test_a_body_is_never_taken_for_a_request(
    service: LocalService, connection: RawConnection, carrier: bytes
) -> None:
    once(service, SMUGGLED)
    once(service, SMUGGLED)
    connection.send(carrier)
    if carrier.startswith(b"GET"):
        # The handler answers without the body, which comes only now.
        connection.answer()
        connection.send(SMUGGLED)
    else:
        connection.send(SMUGGLED)
        assert b"400 Bad Request" in connection.answer()
    connection.send(ask("GET /health/live"))
    assert b'"status":"ok"' in connection.answer()


def test_a_chunked_body_is_never_taken_for_a_request(
    service: LocalService, connection: RawConnection
) -> None:
    once(service, SMUGGLED)
    connection.send(ask(f"GET {LEAF}", "Transfer-Encoding: chunked"))
    first = connection.answer()
    connection.send(b"%x\r\n" % len(SMUGGLED))
    connection.send(SMUGGLED)
    connection.send(b"\r\n0\r\n\r\n")
    connection.send(ask("GET /health/live"))
    assert b'"status":"ok"' in connection.answer()
    assert b"tree:member" in first


@pytest.mark.parametrize(
    "data",
    [
        b"GET /kasten/by-time HTTP/1.1\nHost: x\n\n",
        b"GET /kasten/by-time HTTP/1.1\r\nHost: x\r\n\tfolded: y\r\n\r\n",
        b"GET /kasten/by-time HTTP/1.1\r\nHost : x\r\n\r\n",
        b"GET /kasten/by-time HTTP/1.1\r\nHost: x\r\nA: \0\r\n\r\n",
        b"GET /kasten/by-time HTTP/9.9\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /kasten/by-time HTTP/1.1\r\nHost: x\r\nA: " + b"x" * 20_000 + b"\r\n\r\n",
    ],
)
def test_what_is_not_http_is_refused_every_time(service: LocalService, data: bytes) -> None:
    for _ in range(3):
        with RawConnection.to(service.port) as connection:
            connection.send(data)
            answer = connection.answer()
            assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 431 "))
            assert connection.closed()


def test_old_clients_and_those_that_close_get_what_they_ask(service: LocalService) -> None:
    for data in (
        b"GET /kasten/by-time HTTP/1.0\r\nHost: x\r\n\r\n",
        ask("GET /kasten/by-time", "Connection: close"),
    ):
        for _ in range(3):
            with RawConnection.to(service.port) as connection:
                connection.send(data)
                assert b" 200 OK\r\n" in connection.answer()
                assert connection.closed()


# ---------------------------------------------------------------------------------- memory


@pytest.fixture
def express(service: LocalService) -> Express:
    return Express(service.application[READING])


def learn(express: Express, data: bytes, *, payload: StreamReader = EMPTY_PAYLOAD) -> None:
    lines = data[data.index(b"\r\n") :]
    pairs: Sequence[list[str]] = [
        line.split(": ", 1) for line in lines.decode().strip().split("\r\n")
    ]
    mocked = make_mocked_request("GET", "/", headers=dict(pairs), payload=payload)
    express.learn(lines, mocked)


def answer(service: LocalService, express: Express, data: bytes) -> Answer | Making | None:
    async def answered() -> Answer | Making | None:
        return express.answer(data)

    return asyncio.run_coroutine_threadsafe(answered(), service.loop).result(HANG_SECONDS)


@pytest.mark.parametrize(
    "header",
    [
        "Authorization: Bearer x", "Cookie: a=b", "Content-Length: 0", "Expect: 100-continue",
        "Transfer-Encoding: chunked", "Upgrade: h2c", "Connection: close", "TE: trailers",
        "Connection: keep-alive, Upgrade", "Accept: text/html", "X: " + "x" * 3000,
    ],
)  # fmt: skip
def test_what_is_not_remembered(express: Express, header: str) -> None:
    learn(express, ask("GET /kasten/by-time", header))
    assert express._lines == {}
    learn(express, ask("GET /kasten/by-time"))
    assert len(express._lines) == 1


def test_what_is_remembered_is_bounded(
    service: LocalService, express: Express, monkeypatch: pytest.MonkeyPatch
) -> None:
    """P13: it keeps its memory bound."""
    monkeypatch.setattr(express_module, "_MAX_LINES", 10)
    monkeypatch.setattr(express_module, "_MAX_TARGETS", 10)
    for number in range(100):
        learn(express, ask("GET /kasten/by-time", f"X-Test: {number}"))
        answer(service, express, ask(f"GET /kasten/by-time/{2000 + number}", f"X-Test: {number}"))
    assert (len(express._lines), len(express._targets)) == (10, 10)


def test_a_stream_that_needs_a_token_is_never_answered_here(
    service: LocalService, express: Express
) -> None:
    """P11: what is private is not given to who has no token, though the page is at hand."""
    token = {"Authorization": f"Bearer {STREAM_TOKEN}", "Accept-Encoding": "identity"}
    assert request(f"{service.url}/techniek/by-time", headers=token)[0] == 200
    learn(express, ask("GET /kasten/by-time"))
    assert answer(service, express, ask("GET /techniek/by-time")) is None
    for _ in range(3):
        assert once(service, ask("GET /kasten/by-time")).startswith(b"HTTP/1.1 200 ")
        assert once(service, ask("GET /techniek/by-time")).startswith(b"HTTP/1.1 401 ")
