"""Clients that take all the time they get, and more: the others do not notice."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from typing import Final

import pytest

from tests.security.conftest import CABINET, NOON, PLANTED, filled, settings
from tests.support.events import status
from tests.support.patience import promised, until
from tests.support.raw import connected, get, post, status_of
from tests.support.service import ServiceProcess, merged, push, request

pytestmark = pytest.mark.integration

TOKEN: Final = PLANTED["TEST_PUSH_TOKEN"]
MANY: Final = 300
BODY_SECONDS: Final = 1
ANSWERS_WITHIN_SECONDS: Final = 5.0
EVENT: Final = status(CABINET, NOON)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    """As for the other tests, but with little patience for bodies."""
    hasty = merged(settings(), {"http": {"body_timeout_seconds": BODY_SECONDS}})
    with filled(tmp_path_factory.mktemp("slow"), hasty) as running:
        yield running


@contextlib.contextmanager
def holding(service: ServiceProcess, beginning: bytes, count: int) -> Iterator[list[socket.socket]]:
    """Connections that each sent the beginning of something, and then nothing."""
    with contextlib.ExitStack() as stack:
        held = [stack.enter_context(connected(service.port)) for _ in range(count)]
        for connection in held:
            connection.sendall(beginning)
        yield held


@pytest.mark.parametrize(
    "beginning",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"GET /kasten HTTP/1.1\r\nHost: x\r\nX-Slow: ", id="half a head"),
        pytest.param(get("/kasten")[:-2], id="a head without its end"),
        pytest.param(post(EVENT, "wrong")[:-50], id="a body without a token"),
        pytest.param(get("/kasten", {"Connection": "keep-alive"}), id="idle after an answer"),
    ],
)
@promised(ANSWERS_WITHIN_SECONDS)
def test_many_that_wait_hold_nobody_up(
    service: ServiceProcess, beginning: bytes, within_seconds: float
) -> None:
    with holding(service, beginning, MANY):
        for _ in range(20):
            page = request(f"{service.url}/kasten/by-time", timeout_seconds=within_seconds)
            assert page[0] == 200
        pushed = push(service.url, [EVENT], token=TOKEN, timeout_seconds=within_seconds)
        assert pushed[0] == 200


def test_a_body_must_come_in_time(service: ServiceProcess) -> None:
    """408 after `http.body_timeout_seconds` (here 1), also when bytes trickle in."""
    with holding(service, post(EVENT, TOKEN)[:-50], 2) as (silent, trickling):
        answers = []
        for connection in (trickling, silent):
            connection.settimeout(0.1)
            answer = b""
            while b"\r\n\r\n" not in answer:
                with contextlib.suppress(TimeoutError):
                    if connection is trickling:
                        connection.sendall(b" ")
                    answer += connection.recv(65_536)
            answers.append(answer)
    assert [status_of(answer) for answer in answers] == [408, 408]


def test_slow_bodies_leave_room_for_others(service: ServiceProcess) -> None:
    """More of them than fit at once: each has its place until its time is over, then it is free."""
    large = post(b"", TOKEN, {"Content-Length": "4000000"})
    with holding(service, large, 8):
        answered, _, _ = push(service.url, [EVENT], token=TOKEN)
        assert answered == 200
    until(lambda: push(service.url, [EVENT] * 150, token=TOKEN)[0] == 200)


@promised(ANSWERS_WITHIN_SECONDS)
def test_a_reader_that_takes_nothing_holds_nobody_up(
    service: ServiceProcess, within_seconds: float
) -> None:
    """Answers asked and never read: the server stops writing to it, and to nobody else."""
    asked = get("/shapes/kasten", {"Connection": "keep-alive", "Accept-Encoding": "identity"})
    with contextlib.ExitStack() as stack:
        for _ in range(20):
            connection = stack.enter_context(connected(service.port))
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            connection.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                connection.send(asked * 200)
        for _ in range(20):
            page = request(f"{service.url}/kasten/by-time", timeout_seconds=within_seconds)
            assert page[0] == 200


@pytest.mark.nightly
@pytest.mark.parametrize("trickle", [False, True])
def test_a_head_must_come_in_time(service: ServiceProcess, trickle: bool) -> None:
    """A head that is never whole ends in a closed connection, whether or not bytes trickle."""
    with holding(service, b"GET /kasten HTTP/1.1\r\nHost: x\r\n", 3) as held:
        for connection in held:
            connection.settimeout(1)
            closed = False
            while not closed:
                try:
                    if trickle:
                        connection.sendall(b"X: y\r\n")
                    closed = not connection.recv(65_536)
                except TimeoutError:
                    continue
                except ConnectionError:
                    closed = True
