"""Bytes to a server as they are, also those that no HTTP library would send."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

from tests.support.patience import HANG_SECONDS


@contextmanager
def connected(port: int, timeout_seconds: float = HANG_SECONDS) -> Iterator[socket.socket]:
    """A TCP connection to a server on this machine."""
    with socket.create_connection(("127.0.0.1", port), timeout_seconds) as connection:
        yield connection


def exchange(port: int, request: bytes, timeout_seconds: float = HANG_SECONDS) -> bytes:
    """Send bytes and nothing after them; returns all that came until the server closed.

    The end of the answer may be missing where the server closed with bytes unread (a reset), or
    where it waits for more.
    """
    answer = b""
    with (
        connected(port, timeout_seconds) as connection,
        suppress(ConnectionError, TimeoutError),
    ):
        connection.sendall(request)
        while piece := connection.recv(65_536):
            answer += piece
    return answer


def ask(port: int, request: bytes, timeout_seconds: float = HANG_SECONDS) -> bytes:
    """Send bytes; returns the first answer, and does not wait for the server to close."""
    answer = b""
    with connected(port, timeout_seconds) as connection:
        # It may be refused before all of it was sent: the answer is there to be read.
        with suppress(ConnectionError):
            connection.sendall(request)
        with suppress(ConnectionError, TimeoutError):
            while not is_whole(answer) and (piece := connection.recv(65_536)):
                answer += piece
    return answer


def is_whole(answer: bytes) -> bool:
    """Whether all of an answer is there, by its Content-Length."""
    head, end, body = answer.partition(b"\r\n\r\n")
    length = dict(head_of(head)).get("content-length")
    return bool(end) and length is not None and len(body) >= int(length)


def status_of(answer: bytes) -> int:
    """The status code of an answer; 0 of no answer."""
    line = answer.split(b"\r\n", 1)[0].split(b" ")
    return int(line[1]) if len(line) > 1 and line[1].isdigit() else 0


def head_of(answer: bytes) -> list[tuple[str, str]]:
    """The header fields of an answer, names in lower case."""
    head = answer.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")[1:]
    fields = [line.partition(":") for line in head]
    return [(name.lower(), value.strip()) for name, _, value in fields]


def get(target: str, headers: Mapping[str, str] | None = None) -> bytes:
    """A GET that closes, with `target` as it is."""
    given = {"Host": "localhost", "Connection": "close", **(headers or {})}
    lines = "".join(f"{name}: {value}\r\n" for name, value in given.items())
    return f"GET {target} HTTP/1.1\r\n{lines}\r\n".encode("latin-1")


def post(body: bytes, token: str, headers: Mapping[str, str] | None = None) -> bytes:
    """A POST /ingest that closes; `headers` may replace what is said of the body."""
    given = {
        "Host": "localhost",
        "Connection": "close",
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        **(headers or {}),
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in given.items() if value)
    return f"POST /ingest HTTP/1.1\r\n{lines}\r\n".encode("latin-1") + body
