"""Below the application: clients that close their sending side, and requests that are none."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import struct
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import uvloop
from aiohttp import web

from ldes_shok.clock import ManualClock
from ldes_shok.http.serving.connection import Connections, ConnectionTimeouts
from ldes_shok.http.serving.known_requests import Express
from ldes_shok.http.serving.protocol import RequestProtocol
from ldes_shok.http.serving.read_services import READING
from tests.support.authority import Authority
from tests.support.local_service import LocalService, local_service
from tests.support.patience import HANG_SECONDS, until
from tests.support.raw import head_of
from tests.support.raw_http import RawConnection
from tests.support.service import PUSH_TOKEN
from tests.support.vertical import NOON, configuration, status
from tests.unit.http.serving.test_server import SlowPages, application_with, door

HEAD = "Host: x\r\nAccept: application/n-quads\r\n\r\n"
ROOT = f"GET /kasten/by-time HTTP/1.1\r\n{HEAD}".encode()
LEAF = f"GET /kasten/by-time/2026/05/12/p1 HTTP/1.1\r\n{HEAD}".encode()
LIVE = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"
EVENT = status("2026-05-12T11:45:00Z", axes={"occupancy": "free"})


def pushed(body: bytes, *lines: str, length: int | None = None) -> bytes:
    said = (
        "POST /ingest HTTP/1.1", "Host: x", f"Authorization: Bearer {PUSH_TOKEN}",
        "Content-Type: application/json", f"Content-Length: {length or len(body)}", *lines,
    )  # fmt: skip
    return "\r\n".join(said).encode() + b"\r\n\r\n" + body


def chunked(body: bytes) -> bytes:
    head, _, _ = pushed(b"").partition(b"Content-Length")
    size = f"{len(body):x}".encode()
    return b"%bTransfer-Encoding: chunked\r\n\r\n%b\r\n%b\r\n0\r\n\r\n" % (head, size, body)


@pytest.fixture(scope="module", params=["asyncio", "uvloop"])
def service(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LocalService]:
    new_loop: Callable[[], asyncio.AbstractEventLoop] = (
        uvloop.new_event_loop if request.param == "uvloop" else asyncio.new_event_loop
    )
    directory = tmp_path_factory.mktemp("service")
    with local_service(directory, ManualClock(NOON), new_loop=new_loop) as opened:
        opened.push([configuration(), EVENT])
        yield opened


def answers(port: int, sent: bytes, count: int, *, head: bool = False) -> list[bytes]:
    """What comes to a client that sends and then closes its sending side; nothing after it."""
    with RawConnection.to(port) as connection:
        connection.send(sent)
        connection.end()
        found = [connection.answer(head=head) for _ in range(count)]
        assert connection.closed()
    return found


# ------------------------------------------------------------------ who sends no more


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(LIVE, id="small"),
        pytest.param(ROOT, id="a page"),
        pytest.param(LEAF, id="a leaf"),
        pytest.param(LIVE.replace(b"1.1", b"1.0"), id="HTTP/1.0"),
        pytest.param(LIVE.replace(b"Host: x", b"Host: x\r\nConnection: close"), id="close"),
        pytest.param(LIVE.replace(b"Host: x", b"Host: x\r\nUpgrade: websocket\r\n"
                                  b"Connection: Upgrade"), id="upgrade"),
        pytest.param(b"\r\n" + LIVE, id="an empty line before"),
        pytest.param(pushed(EVENT), id="ingest"),
        pytest.param(chunked(EVENT), id="ingest in chunks"),
        pytest.param(pushed(b"[" + EVENT + b" " * 300_000 + b"]"), id="a large body"),
        pytest.param(pushed(EVENT, "Expect: 100-continue"), id="who did not wait to be asked"),
    ],
)  # fmt: skip
def test_a_client_that_closes_its_sending_side_gets_its_answer(
    service: LocalService, sent: bytes
) -> None:
    """RFC 9112, 9.6: it may be half-closed. Twice: the first time a page is not known yet."""
    for _ in range(2):
        with RawConnection.to(service.port) as connection:
            connection.send(sent)
            connection.end()
            answer = connection.answer()
            if b" 100 " in answer[:20]:
                answer = connection.answer()
            assert b" 200 " in answer[:20], answer
            assert connection.closed()


@pytest.mark.parametrize("target", [LIVE, ROOT, LEAF])
def test_so_does_one_that_asks_for_the_head(service: LocalService, target: bytes) -> None:
    for _ in range(2):
        (answer,) = answers(service.port, b"HEAD" + target[3:], 1, head=True)
        assert answer.startswith(b"HTTP/1.1 200 ")


def test_so_does_one_that_asked_for_much_at_once(service: LocalService) -> None:
    """In order, those with a body too, and what is not read when the last byte comes."""
    many = (LIVE, pushed(EVENT), ROOT, LEAF, chunked(EVENT))
    found = answers(service.port, b"".join(many * 10), 50)
    assert [answer[:13] for answer in found] == [b"HTTP/1.1 200 "] * 50
    assert [b'"received":1' in answer for answer in found] == [False, True, False, False, True] * 10


def test_it_may_end_after_a_while(service: LocalService) -> None:
    with RawConnection.to(service.port) as connection:
        for _ in range(2):
            connection.send(LEAF)
            assert connection.answer().startswith(b"HTTP/1.1 200 ")
        connection.send(LIVE)
        connection.end()
        assert connection.answer().startswith(b"HTTP/1.1 200 ")
        assert connection.closed()


@pytest.mark.parametrize("sent", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: x\r\n", b"\r\n"])
def test_who_asks_for_nothing_gets_nothing(service: LocalService, sent: bytes) -> None:
    assert answers(service.port, sent, 0) == []
    assert len(answers(service.port, LIVE + sent, 1)) == 1


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        pytest.param(pushed(EVENT, length=len(EVENT) + 1), 400, id="a byte less"),
        pytest.param(pushed(b"", length=10), 400, id="none of it"),
        pytest.param(chunked(EVENT)[:-5], 400, id="no last chunk"),
        pytest.param(
            pushed(EVENT, length=9_999).replace(PUSH_TOKEN.encode(), b"no"), 401, id="nobody"
        ),
        pytest.param(LIVE[:-2] + b"Content-Length: 5\r\n\r\nab", 200, id="not looked at"),
    ],
)
def test_a_body_that_is_cut_off_is_none(service: LocalService, sent: bytes, expected: int) -> None:
    before = service.core.reader.stream("kasten").members
    (answer,) = answers(service.port, sent, 1)
    assert answer.startswith(f"HTTP/1.1 {expected} ".encode()), answer
    assert service.core.reader.stream("kasten").members == before
    # Nor is anything else of the connection.
    first, second = answers(service.port, LIVE + sent, 2)
    assert first.startswith(b"HTTP/1.1 200 ")
    assert second.startswith(f"HTTP/1.1 {expected} ".encode())


class LargePages(SlowPages):
    """Larger than what fits between two ends of a connection."""

    BODY = b"made" * 1_000_000


def test_a_page_that_is_being_made_is_waited_for(service: LocalService) -> None:
    """By aiohttp, and past it once the request is known."""
    pages = LargePages()
    with door(service, application=application_with(service, pages)) as opened:
        for _ in range(2):
            pages.building.clear()
            pages.may_build.clear()
            with RawConnection.to(opened.port) as connection:
                connection.send(LEAF)
                connection.end()
                assert pages.building.wait(HANG_SECONDS)
                pages.may_build.set()
                assert connection.answer().endswith(LargePages.BODY)
                assert connection.closed()


@pytest.mark.parametrize("sent", [b"", LIVE, LIVE[:20], pushed(EVENT)[:-5], LEAF * 40])
@pytest.mark.parametrize("reset", [True, False])
def test_a_client_that_is_gone_is_noticed(
    service: LocalService, monkeypatch: pytest.MonkeyPatch, sent: bytes, reset: bool
) -> None:
    """P13: a slow client holds nothing for long, and one that went nothing at all."""
    made: list[Connections] = []
    accept = Connections.accept

    def seen(connections: Connections, inner: asyncio.Protocol) -> Any:
        made.append(connections)
        return accept(connections, inner)

    monkeypatch.setattr(Connections, "accept", seen)
    with socket.create_connection(("127.0.0.1", service.port), HANG_SECONDS) as client:
        client.sendall(sent)
        until(lambda: made and made[0]._open)
        if reset:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    until(lambda: not made[0]._open)
    with RawConnection.to(service.port) as another:
        another.send(LIVE)
        assert another.answer().startswith(b"HTTP/1.1 200 ")


WANTED = pushed(b"", "Expect: 100-continue", length=5_000)


@pytest.mark.parametrize("how", ["goodbye", "reset", "half"])
@pytest.mark.parametrize("asked", [False, True])
def test_who_leaves_after_asking_to_be_asked_leaves_no_trace(
    service: LocalService, caplog: pytest.LogCaptureFixture, how: str, asked: bool
) -> None:
    """RFC 9110, 10.1.1: wherever it is when the body does not come, nothing fails."""
    for head in (
        WANTED,
        WANTED.replace(PUSH_TOKEN.encode(), b"no"),
        WANTED.replace(b"/ingest", b"/kasten"),
        WANTED.replace(b"Content-Length: 5000", b"Transfer-Encoding: chunked"),
        WANTED + EVENT[:20],
        WANTED + WANTED,
    ):
        with socket.create_connection(("127.0.0.1", service.port), HANG_SECONDS) as client:
            client.sendall(head)
            if asked:
                assert client.recv(65_536).startswith(b"HTTP/1.1 ")
            if how == "reset":
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            elif how == "half":
                client.shutdown(socket.SHUT_WR)
                while client.recv(65_536):
                    pass
    # Whatever came of it has come when what was asked later is answered.
    assert answers(service.port, LIVE, 1)
    assert [record for record in caplog.records if record.exc_info or record.levelno > 20] == []


# ------------------------------------------------------------------------ what is none


def _problem(answer: bytes, code: int) -> dict[str, str]:
    """The fields of a problem document in the form of all errors of ours."""
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {code} ".encode()), answer
    fields = dict(head_of(answer))
    assert fields["server"] == "ldes-shok"
    assert fields["content-type"] == "application/problem+json"
    assert fields["access-control-allow-origin"] == "*"
    assert fields["x-content-type-options"] == "nosniff"
    assert fields["connection"] == "close"
    assert {"date", "cache-control", "vary"} <= set(fields)
    if body:
        document = json.loads(body)
        assert document["status"] == code
        assert document["detail"]
    return fields


BAD = {
    "no host": (b"GET / HTTP/1.1\r\n\r\n", 400),
    "two hosts": (b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
    "a host with spaces": (b"GET / HTTP/1.1\r\nHost: a b/c\r\n\r\n", 400),
    "version 2.0": (b"GET / HTTP/2.0\r\nHost: x\r\n\r\n", 400),
    "version 0.9": (b"GET / HTTP/0.9\r\nHost: x\r\n\r\n", 400),
    "version 1.2": (b"GET / HTTP/1.2\r\nHost: x\r\n\r\n", 400),
    "RTSP": (b"GET / RTSP/1.0\r\nHost: x\r\n\r\n", 400),
    "ICE": (b"SOURCE / ICE/1.0\r\nHost: x\r\n\r\n", 400),
    "space before the colon": (b"GET / HTTP/1.1\r\nHost : x\r\n\r\n", 400),
    "a bad name": (b"GET / HTTP/1.1\r\nHost: x\r\nA(b: c\r\n\r\n", 400),
    "no name": (b"GET / HTTP/1.1\r\nHost: x\r\n: c\r\n\r\n", 400),
    "a control sign": (b"GET / HTTP/1.1\r\nHost: x\r\nA: \x01\r\n\r\n", 400),
    "a folded line": (b"GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n", 400),
    "a bare CR": (b"GET / HTTP/1.1\r\nHost: x\r\nA: b\rc\r\n\r\n", 400),
    "line feeds": (b"GET / HTTP/1.1\nHost: x\n\n", 400),
    "a fragment": (b"GET /#a HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "two lengths": (pushed(b"[]", "Content-Length: 2"), 400),
    "a signed length": (pushed(b"[]").replace(b": 2\r", b": +2\r"), 400),
    "length and chunks": (pushed(b"[]", "Transfer-Encoding: chunked"), 400),
    "chunks of gzip": (chunked(b"[]").replace(b"chunked", b"gzip, chunked"), 501),
    "who it is, twice": (pushed(b"[]", "Authorization: Bearer x"), 400),
    "a bad chunk": (chunked(b"[]").replace(b"2\r\n[", b"zz\r\n["), 400),
    "an unknown method": (b"FETCH / HTTP/1.1\r\nHost: x\r\n\r\n", 501),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
    "a long target": (b"GET /" + b"a" * 9_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
    "a long line": (b"GET / HTTP/1.1\r\nA: " + b"a" * 9_000 + b"\r\nHost: x\r\n\r\n", 431),
    "many lines": (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 200 + b"\r\n", 431),
}


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("after", [b"", LIVE, pushed(EVENT)], ids=["", "after one", "after a body"])
def test_what_is_no_request_is_refused_like_all_else(
    service: LocalService, name: str, after: bytes
) -> None:
    """One problem document, the name of the server, CORS; the connection ends.

    What came before it on the connection is answered first, and what comes after it never.
    """
    sent, code = BAD[name]
    with RawConnection.to(service.port) as connection:
        connection.send(after + sent + LIVE)
        if after:
            assert connection.answer().startswith(b"HTTP/1.1 200 ")
        _problem(connection.answer(), code)
        assert connection.closed()


def test_it_may_come_in_pieces(service: LocalService) -> None:
    for sent, code in BAD.values():
        with RawConnection.to(service.port) as connection:
            # The answer may come before the last piece: then the rest finds nobody.
            with suppress(ConnectionError):
                for at in range(0, min(len(sent), 60), 7):
                    connection.send(sent[at : at + 7])
                with_rest = sent[min(len(sent), 63) :]
                if with_rest:
                    connection.send(with_rest)
            _problem(connection.answer(), code)
            assert connection.closed()


def test_head_gets_no_body(service: LocalService) -> None:
    for name in ("two hosts", "a host with spaces", "version 2.0", "a bad name", "long line"):
        sent, code = BAD.get(name, BAD["a long line"])
        with RawConnection.to(service.port) as connection:
            connection.send(b"HEAD" + sent[3:])
            answer = connection.answer(head=True)
            assert int(_problem(answer, code)["content-length"]) > 0
            assert connection.closed()


def test_a_body_of_empty_lines_is_a_body(service: LocalService) -> None:
    """Requests are read one by one where they end in an empty line; a body may hold many."""
    (answer,) = answers(service.port, pushed(b"\r\n\r\n" * 50_000 + EVENT), 1)
    assert b'"received":1' in answer


def test_what_cannot_be_read_is_counted(service: LocalService) -> None:
    def counted() -> int:
        routes = service.core.metrics.take_requests()
        return sum(n for route, code, n in routes if (route, code) == ("other", "431"))

    counted()
    sent, _ = BAD["many lines"]
    answers(service.port, sent, 1)
    assert counted() == 1


# --------------------------------------------------------------------------------- TLS


def test_over_tls_there_is_no_half(
    service: LocalService, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A client that says goodbye is gone: it is let go, and nothing is said about it."""
    authority = Authority(tmp_path)
    certificate = authority.sign("service")
    ours = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ours.load_cert_chain(certificate.certificate, certificate.key)
    made: list[RequestProtocol] = []
    complaints: list[object] = []
    runner = web.AppRunner(service.application)

    async def listen() -> asyncio.Server:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: complaints.append(context))
        await runner.setup()
        reading = service.application[READING]
        connections = Connections(Express(reading), ConnectionTimeouts(), loop.time())

        def accept() -> asyncio.Protocol:
            assert runner.server is not None
            made.append(RequestProtocol(runner.server, service.clock, reading.metrics))
            return connections.accept(made[-1])

        return await loop.create_server(accept, "127.0.0.1", 0, ssl=ours)

    async def close(listening: asyncio.Server) -> None:
        listening.close()
        await runner.cleanup()

    opened = asyncio.run_coroutine_threadsafe(listen(), service.loop).result(HANG_SECONDS)
    address = opened.sockets[0].getsockname()[:2]
    theirs = ssl.create_default_context(cafile=authority.certificate)
    with (
        socket.create_connection(address, HANG_SECONDS) as plain,
        theirs.wrap_socket(plain, server_hostname="127.0.0.1") as client,
    ):
        client.sendall(LIVE)
        assert client.recv(65_536).startswith(b"HTTP/1.1 200 ")
        client.unwrap()
    until(lambda: all(protocol.transport is None for protocol in made))
    asyncio.run_coroutine_threadsafe(close(opened), service.loop).result(HANG_SECONDS)
    assert complaints == []
    assert "eof_received" not in caplog.text
