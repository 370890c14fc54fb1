"""Connections: backpressure, patience with slow clients, and when aiohttp keeps one for good."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from ldes_shok.errors import LogSlow, LogUnavailable
from ldes_shok.http.serving.connection import ClientConnection, Connections, ConnectionTimeouts
from ldes_shok.http.serving.known_requests import Making
from ldes_shok.http.serving.page_builds import Building, Built
from ldes_shok.ldes.node import Node, NodeKind
from ldes_shok.representation.coding import Coded
from tests.support.patience import HANG_SECONDS

START = 1_000.0
PATIENCE = ConnectionTimeouts(head_seconds=20, idle_seconds=75, stalled_seconds=60)
KNOWN = b"GET /known HTTP/1.1\r\nHost: x\r\n\r\n"
OTHER = b"GET /other HTTP/1.1\r\nHost: x\r\n\r\n"
COLD = b"GET /cold HTTP/1.1\r\nHost: x\r\n\r\n"
NODE = Node("2026", "", NodeKind.LEAF, 0, 10, 1, 1, 5, 0, split=False, sealed=True)
BUILT = Built(NODE, Coded(b"page", "tag", sealed=True))


class Express:
    """Knows two requests, of which one takes a page that must be made."""

    def __init__(self) -> None:
        self.learned: list[bytes] = []
        self.built: Building | None = None

    def answer(self, data: bytes) -> tuple[bytes, ...] | Making | None:
        if data == COLD:
            self.built = asyncio.get_running_loop().create_future()
            return Making(self.built, lambda built: (b"head", built.coded.body))
        return (b"head", b"body") if data == KNOWN else None

    async def build(self, end: Callable[[Building], object]) -> None:
        """The page is made, or it fails; what waits for it is told."""
        assert self.built is not None
        end(self.built)
        await asyncio.sleep(0)

    def learn(self, lines: bytes, _: object) -> None:
        self.learned.append(lines)


class Inner(asyncio.Protocol):
    """Stands for aiohttp: keeps what it was given."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.data: list[bytes] = []

    def connection_made(self, _: asyncio.BaseTransport) -> None:
        self.said.append("made")

    def data_received(self, data: bytes) -> None:
        self.data.append(data)

    def connection_lost(self, _: Exception | None) -> None:
        self.said.append("lost")

    def pause_writing(self) -> None:
        self.said.append("pause")

    def resume_writing(self) -> None:
        self.said.append("resume")


class Transport:
    """A socket whose client takes what the test lets it."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.unsent_bytes = 0
        self.said: list[str] = []

    def writelines(self, parts: tuple[bytes, ...]) -> None:
        self.written += parts

    def get_write_buffer_size(self) -> int:
        return self.unsent_bytes

    def is_closing(self) -> bool:
        return bool({"abort", "close"} & set(self.said))

    def __getattr__(self, name: str) -> Any:
        return lambda: self.said.append(name)


class Client:
    """A connection with everything around it."""

    def __init__(self) -> None:
        self.express, self.inner, self.transport = Express(), Inner(), Transport()
        express: Any = self.express
        self.connections = Connections(express, PATIENCE, START)
        self.connection = self.connections.accept(self.inner)
        transport: Any = self.transport
        self.connection.connection_made(transport)

    def sends(self, data: bytes) -> bool:
        """Whether it was answered at once."""
        before = len(self.transport.written)
        self.connection.data_received(data)
        return len(self.transport.written) > before

    def answered(self, **differently: object) -> None:
        """aiohttp has handled one request and sent the answer."""
        self.connection.begun()
        self.connection.finished(*self.parts(**differently))

    def parts(self, **differently: object) -> tuple[Any, Any]:
        """A request and its answer, as far as they are looked at."""
        usual: dict[str, object] = {"keep_alive": True, "body_exists": False, "headers": {}}
        request = SimpleNamespace(**{**usual, **differently})
        return request, SimpleNamespace(keep_alive=differently.get("stays", True))

    def after(self, seconds: float) -> list[str]:
        """What became of the connection when somebody looks so long after the start."""
        self.connections.look(START + seconds)
        return self.transport.said


@pytest.fixture
def client() -> Client:
    return Client()


def test_what_is_known_is_answered_and_the_rest_handed_over(client: Client) -> None:
    assert client.sends(KNOWN)
    assert client.transport.written == [b"head", b"body"]
    assert not client.sends(OTHER)
    assert client.inner.data == [OTHER]
    client.answered()
    assert client.express.learned == [b"\r\nHost: x\r\n\r\n"]
    assert client.sends(KNOWN)


def test_nothing_overtakes_what_aiohttp_has(client: Client) -> None:
    client.sends(OTHER)
    assert not client.sends(KNOWN)
    client.answered()
    # The second is still to be answered, and how many more there are nobody knows.
    assert not client.sends(KNOWN)
    assert client.inner.data == [OTHER, KNOWN, KNOWN]
    assert client.express.learned == []


@pytest.mark.parametrize(
    "data",
    [
        KNOWN + OTHER, OTHER + OTHER, OTHER[:-1], OTHER + b"x", b"POST / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nA: b\nC: d\r\n\r\n", b"GET / HTTP/1.1\r\nA: b\rC: d\r\n\r\n", b"",
    ],
)  # fmt: skip
def test_what_is_in_doubt_leaves_the_connection_to_aiohttp(client: Client, data: bytes) -> None:
    assert not client.sends(data)
    client.answered()
    assert not client.sends(KNOWN)
    assert client.express.learned == []


# ------------------------------------------------------------ while a page is made


async def test_a_page_that_must_be_made_is_waited_for(client: Client) -> None:
    assert not client.sends(COLD)
    assert client.transport.said == ["pause_reading"], "nothing can overtake it"
    assert client.after(10_000) == ["pause_reading"], "that it takes long is not the client's fault"
    await client.express.build(lambda built: built.set_result(BUILT))
    assert client.transport.written == [b"head", b"page"]
    assert client.transport.said == ["pause_reading", "resume_reading"]
    assert client.inner.data == []
    assert client.sends(KNOWN)
    assert client.after(10_074)[2:] == []
    assert client.after(10_076)[2:] == ["close"]


@pytest.mark.parametrize(
    "end",
    [lambda built: built.set_exception(LogUnavailable("gone")), lambda built: built.cancel()],
    ids=["unavailable", "stopped"],
)
async def test_if_there_is_no_page_aiohttp_says_why(
    client: Client, end: Callable[[Building], object]
) -> None:
    client.sends(COLD)
    await client.express.build(end)
    assert client.transport.written == []
    assert client.inner.data == [COLD]
    assert not client.sends(KNOWN)
    assert client.transport.said == ["pause_reading", "resume_reading"]


async def test_who_waited_in_vain_is_told_why_and_does_not_wait_again(client: Client) -> None:
    failure = LogSlow("not in time")
    client.sends(COLD)
    await client.express.build(lambda built: built.set_exception(failure))
    assert client.connection.begun() is failure
    client.connection.finished(*client.parts())
    client.sends(OTHER)
    assert client.connection.begun() is None


async def test_whoever_went_meanwhile_gets_nothing(client: Client) -> None:
    client.sends(COLD)
    client.connection.connection_lost(None)
    await client.express.build(lambda built: built.set_result(BUILT))
    assert client.transport.written == []


async def test_a_client_that_is_behind_by_one_page_is_not_read(client: Client) -> None:
    """P13: it keeps its memory bound."""
    client.sends(COLD)
    client.connection.pause_writing()
    await client.express.build(lambda built: built.set_result(BUILT))
    assert client.transport.said[-1] == "pause_reading"
    client.connection.resume_writing()
    assert client.transport.said[-1] == "resume_reading"


async def test_at_the_end_pages_under_way_are_waited_for(client: Client) -> None:
    """P1: what was asked is answered, before the process ends."""
    client.sends(COLD)
    settling = asyncio.create_task(client.connections.settle(within_seconds=HANG_SECONDS))
    await asyncio.sleep(0)
    assert not settling.done()
    await client.express.build(lambda built: built.set_result(BUILT))
    await settling
    assert client.transport.written == [b"head", b"page"]
    client.sends(COLD)
    assert client.inner.data == [COLD], "aiohttp has all that comes later"


async def test_they_are_not_waited_for_without_end(client: Client) -> None:
    client.sends(COLD)
    await client.connections.settle(within_seconds=0)
    assert client.transport.written == []
    await client.express.build(lambda built: built.set_result(BUILT))
    assert client.transport.written == [b"head", b"page"]


# ---------------------------------------------------------- what aiohttp hears of


@pytest.mark.parametrize(
    "differently",
    [{"body_exists": True}, {"keep_alive": False}, {"stays": False}, {"headers": {"Upgrade": "x"}}],
)
def test_what_a_request_says_may_too(client: Client, differently: dict[str, object]) -> None:
    client.sends(OTHER)
    client.answered(**differently)
    assert not client.sends(KNOWN)
    assert client.express.learned == []


def test_a_client_that_is_behind_is_not_read(client: Client) -> None:
    """P13: it keeps its memory bound."""
    client.connection.pause_writing()
    assert client.transport.said == ["pause_reading"]
    client.connection.resume_writing()
    assert client.transport.said == ["pause_reading", "resume_reading"]
    assert client.inner.said == ["made", "pause", "resume"]


def test_while_aiohttp_works_it_says_when_to_read(client: Client) -> None:
    client.sends(OTHER)
    client.connection.pause_writing()
    assert client.transport.said == []
    client.answered()
    assert client.transport.said == ["pause_reading"]
    client.connection.resume_writing()
    assert client.transport.said == ["pause_reading", "resume_reading"]


def test_a_closing_connection_is_not_paused(client: Client) -> None:
    client.transport.said.append("close")
    client.connection.pause_writing()
    assert client.transport.said == ["close"]


def test_who_never_finishes_a_head_is_sent_away(client: Client) -> None:
    """P13: a slow client holds nothing for long."""
    for second in range(1, 20):
        client.connections.look(START + second)
        client.sends(b"X-Slow: %d\r\n" % second)
    assert client.transport.said == []
    assert client.after(21.1) == ["abort"]


def test_who_says_nothing_is_sent_away(client: Client) -> None:
    assert client.after(19) == []
    assert client.after(21) == ["abort"]


def test_who_is_idle_after_a_request_is_let_go(client: Client) -> None:
    client.sends(KNOWN)
    assert client.after(74) == []
    client.sends(KNOWN)
    assert client.after(148) == []
    assert client.after(150) == ["close"]


def test_a_request_that_takes_long_is_waited_for(client: Client) -> None:
    client.sends(OTHER)
    client.connection.begun()
    assert client.after(10_000) == []


def test_who_takes_nothing_of_an_answer_is_sent_away(client: Client) -> None:
    """P13: a slow client holds nothing for long."""
    client.sends(KNOWN)
    client.transport.unsent_bytes = 1_000_000
    for second in range(0, 1_000, 50):
        client.transport.unsent_bytes -= 1
        assert client.after(second) == []
    assert client.after(950 + 59) == []
    assert client.after(950 + 61) == ["abort"]


async def test_at_the_end_each_is_closed_when_it_has_its_answer(client: Client) -> None:
    client.transport.unsent_bytes = 10
    leaving = asyncio.create_task(client.connections.leave(within_seconds=HANG_SECONDS))
    await asyncio.sleep(0)
    assert client.transport.said == []
    client.transport.unsent_bytes = 0
    while not client.transport.said:  # noqa: ASYNC110  nothing but the next turn is awaited
        await asyncio.sleep(0)
    assert client.transport.said[0] == "close"
    assert not leaving.done()
    client.connection.connection_lost(None)
    await leaving
    assert client.inner.said == ["made", "lost"]
    assert not client.sends(KNOWN)
    client.connections.look(START + 1_000)
    assert "abort" not in client.transport.said


async def test_nobody_is_waited_for_without_end(client: Client) -> None:
    client.transport.unsent_bytes = 10
    await client.connections.leave(within_seconds=0)
    assert client.transport.said == ["abort"]


def test_a_request_of_another_server_has_no_connection_of_ours() -> None:
    for transport in (None, SimpleNamespace(get_protocol=Inner)):
        request: Any = SimpleNamespace(transport=transport)
        assert ClientConnection.of(request) is None
