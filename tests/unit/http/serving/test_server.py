"""Listening: slow clients, and an end that cuts no answer off."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from threading import Event
from typing import Any

import pytest
from aiohttp import web

from ldes_shok.clock import SystemClock
from ldes_shok.errors import ConfigurationError
from ldes_shok.http.serving import server
from ldes_shok.http.serving.connection import Connections, ConnectionTimeouts
from ldes_shok.http.serving.headers import http_date
from ldes_shok.http.serving.page_builds import Builds
from ldes_shok.http.serving.read_services import READING
from ldes_shok.http.serving.reader_app import new_application, stream_routes
from ldes_shok.http.serving.server import listening
from ldes_shok.ldes.node import Node, NodeKind
from ldes_shok.processes.sockets import bound
from ldes_shok.representation.coding import Coded
from ldes_shok.representation.nodes import CurrentNodes
from tests.support.local_service import LocalService
from tests.support.patience import HANG_SECONDS
from tests.support.ports import free_port
from tests.support.raw_http import RawConnection

SMALL_BYTES = 4_096
LEAF = b"GET /kasten/by-time/2026/05/12/p1 HTTP/1.1\r\n"
KNOWN = LEAF + b"Host: x\r\nAccept: application/n-quads\r\n\r\n"


@dataclass
class Door:
    """Another way into a service. `closed` is done when it is shut."""

    port: int
    loop: asyncio.AbstractEventLoop
    closing: asyncio.Event
    closed: Future[None]

    def close(self) -> None:
        """Begin to shut it, as SIGTERM does."""
        self.loop.call_soon_threadsafe(self.closing.set)


class SomePages:
    """Pages that need no log: of one node, whichever is asked for."""

    NODE = Node("2026", "", NodeKind.LEAF, 0, 10, 1, 1, 5, 0, split=False, sealed=True)

    def node(self, *_: object) -> Node:
        return self.NODE

    def at_hand(self, *_: object) -> Coded | None:
        """Nothing is."""
        return None


class BigPages(SomePages):
    """Every page is larger than what lies between two ends of a connection."""

    BODY = b"x" * 8_000_000

    def build(self, *_: object) -> Coded:
        return Coded(self.BODY, "tag", sealed=False)


class SlowPages(SomePages):
    """A page is made when the test says so."""

    BODY = b"made"

    def __init__(self) -> None:
        self.building, self.may_build = Event(), Event()

    def build(self, *_: object) -> Coded:
        self.building.set()
        assert self.may_build.wait(HANG_SECONDS)
        return Coded(self.BODY, "tag", sealed=True)


def big_application(service: LocalService) -> web.Application:
    return application_with(service, BigPages())


def application_with(service: LocalService, pages: Any) -> web.Application:
    before = service.application[READING]
    nodes = CurrentNodes(before.reader.generation)
    reading = replace(before, pages=Builds(nodes, pages, before.reads))
    application = new_application(reading, 1_000)
    application.add_routes(stream_routes(reading))
    return application


@contextmanager
def door(
    service: LocalService,
    patience: ConnectionTimeouts | None = None,
    application: web.Application | None = None,
) -> Iterator[Door]:
    port, ready, closing = free_port(), asyncio.Event(), asyncio.Event()

    async def listen() -> None:
        with bound("127.0.0.1", port, 1) as (sockets,):
            async with listening(
                application or service.application,
                sockets,
                SystemClock(),
                grace_seconds=HANG_SECONDS,
                patience=patience,
            ):
                ready.set()
                await closing.wait()

    async def started() -> None:
        await ready.wait()

    closed = asyncio.run_coroutine_threadsafe(listen(), service.loop)
    asyncio.run_coroutine_threadsafe(started(), service.loop).result(HANG_SECONDS)
    opened = Door(port, service.loop, closing, closed)
    try:
        yield opened
    finally:
        opened.close()
        closed.result(HANG_SECONDS)


@contextmanager
def slow_client(port: int) -> Iterator[socket.socket]:
    """A client with a small window."""
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BYTES)
        client.settimeout(HANG_SECONDS)
        client.connect(("127.0.0.1", port))
        yield client


def test_the_date_is_that_of_http() -> None:
    assert http_date(datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)) == (
        b"Sun, 06 Nov 1994 08:49:37 GMT"
    )


@pytest.mark.parametrize(
    "data", [b"", b"GET /kasten HTTP/1.1\r\nHost: x\r\n", b"POST /ingest HTTP/1.1\r\nX: "]
)
def test_a_slow_loris_is_sent_away(service: LocalService, data: bytes) -> None:
    """P13: a slow client holds nothing for long."""
    with (
        door(service, ConnectionTimeouts(head_seconds=0.1)) as opened,
        RawConnection.to(opened.port) as connection,
    ):
        if data:
            connection.send(data)
        assert connection.closed()


def test_an_idle_connection_is_let_go(service: LocalService) -> None:
    with (
        door(service, ConnectionTimeouts(idle_seconds=0.1)) as opened,
        RawConnection.to(opened.port) as connection,
    ):
        connection.send(KNOWN)
        assert connection.answer().startswith(b"HTTP/1.1 200 ")
        assert connection.closed()


def test_a_client_that_takes_nothing_is_sent_away(service: LocalService) -> None:
    """P13: it keeps its memory bound, and a slow client holds nothing for long."""
    with (
        door(service, ConnectionTimeouts(stalled_seconds=0.1)) as opened,
        slow_client(opened.port) as client,
        pytest.raises(ConnectionError),
    ):
        _ask_without_end(client)


def test_at_the_end_whoever_is_slow_gets_the_whole_answer(
    service: LocalService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """P1: what was answered is answered whole, before the process ends."""
    made: list[Connections] = []

    def make(*parts: Any) -> Connections:
        made.append(Connections(*parts))
        return made[-1]

    monkeypatch.setattr(server, "Connections", make)
    with (
        door(service, application=big_application(service)) as opened,
        slow_client(opened.port) as client,
    ):
        _ask(client)
        _take(client, len(BigPages.BODY))
        while not made[0].express._lines:
            asyncio.run_coroutine_threadsafe(asyncio.sleep(0), service.loop).result(HANG_SECONDS)
        _ask(client)
        asyncio.run_coroutine_threadsafe(asyncio.sleep(0), service.loop).result(HANG_SECONDS)
        (connection,) = made[0]._open
        assert connection._transport is not None
        assert connection._transport.get_write_buffer_size() > 0
        open_at_the_end: list[int] = []
        opened.closed.add_done_callback(lambda _: open_at_the_end.append(len(made[0]._open)))
        opened.close()
        _wait_until_free(opened.port)
        _take(client, len(BigPages.BODY))
        assert client.recv(1) == b""
        opened.closed.result(HANG_SECONDS)
    assert open_at_the_end == [0]


def test_at_the_end_a_page_that_is_being_made_is_sent(service: LocalService) -> None:
    """P1: what was asked is answered, before the process ends."""
    pages = SlowPages()
    with door(service, application=application_with(service, pages)) as opened:
        with RawConnection.to(opened.port) as connection:
            pages.may_build.set()
            connection.send(KNOWN)
            assert connection.answer().startswith(b"HTTP/1.1 200 ")
            pages.may_build.clear()
            pages.building.clear()
            connection.send(KNOWN)
            assert pages.building.wait(HANG_SECONDS)
            opened.close()
            _wait_until_free(opened.port)
            pages.may_build.set()
            assert connection.answer().endswith(SlowPages.BODY)
            assert connection.closed()
        opened.closed.result(HANG_SECONDS)


def _ask(client: socket.socket) -> None:
    """A request, and the head of its answer."""
    client.sendall(KNOWN)
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += client.recv(1)


def _take(client: socket.socket, count: int) -> None:
    """Exactly so many bytes."""
    while count:
        data = client.recv(min(count, 1_000_000))
        assert data
        count -= len(data)


def _ask_without_end(client: socket.socket) -> None:
    while True:
        client.sendall(KNOWN)


def _wait_until_free(port: int) -> None:
    """Nobody listens any more. Asked without connecting, which asyncio would have to refuse."""
    while True:
        with suppress(ConfigurationError), bound("127.0.0.1", port, 1):
            return
