"""One event a request, over many connections: what each costs the service in processor time.

Reports of cabinets come so. The sender is one loop over open sockets, so that on two cores it takes
as little of them as it can; the figure is the service's processor time alone, which others on the
machine disturb least. Beside it, by turns, what a POST costs that holds nothing.
"""

from __future__ import annotations

import json
import selectors
import socket
import time
from collections import deque
from collections.abc import Sequence
from typing import Final

from benchmarks.figures import Figure, figure
from benchmarks.load import Measurements, mapped
from benchmarks.machine import cpu_seconds
from tests.support.service import PUSH_TOKEN, TENANT, ServiceProcess, Tree

CONNECTIONS: Final = 8
DEVICES_TOKEN: Final = "devices-token-of-a-benchmark"  # noqa: S105  of nobody
_HOW: Final = f"one event of 4 readings a request, {CONNECTIONS} connections"

SETTINGS: Final[Tree] = {
    "sources": [
        {"name": "push", "type": "http", "tenant": TENANT, "token_env": "TEST_PUSH_TOKEN"},
        {
            "name": "devices",
            "type": "http",
            "tenant": TENANT,
            "token_env": "BENCH_DEVICES_TOKEN",
            "decode": {
                "as": "mapping",
                "cabinet": {"path": "cabinet"},
                "outlet": {"path": "socket"},
                "meter": {"path": "meter"},
                "time": {"path": "at", "clock": "S"},
                "readings": [
                    {"path": "wh", "quantity": "energy.import.register", "unit": "Wh"},
                    {"path": "a", "quantity": "current", "unit": "A", "phase": "L1"},
                    {"path": "v", "quantity": "voltage", "unit": "V", "phase": "L1"},
                    {"path": "w", "quantity": "power.import", "unit": "W"},
                ],
            },
        },
    ]
}
"""A source of canonical events and one of a vendor's, whose meters are remembered."""
ENVIRONMENT: Final = {"BENCH_DEVICES_TOKEN": DEVICES_TOKEN}


class SinglesBenchmark:
    """Sends single events as fast as they are answered."""

    def __init__(self, service: ServiceProcess) -> None:
        self._service = service
        self._events = Measurements(offset_days=200)

    def run(self, runs: int, requests: int) -> list[Figure]:
        """Measure, `requests` events in each run."""
        canonical: list[float] = []
        decoded: list[float] = []
        empty: list[float] = []
        rates: list[float] = []
        for _ in range(runs):
            started_seconds = time.perf_counter()
            canonical.append(self._microseconds(self._events.take(requests), PUSH_TOKEN))
            rates.append(requests / (time.perf_counter() - started_seconds))
            vendors = [mapped(event) for event in self._events.take(requests)]
            decoded.append(self._microseconds(vendors, DEVICES_TOKEN))
            empty.append(self._microseconds([b"[]"] * requests, PUSH_TOKEN))
        return [
            figure("single events, processor time of each", "µs", canonical, _HOW),
            figure("the same of a vendor, decoded", "µs", decoded),
            figure("limit: a POST without an event", "µs", empty),
            figure("single events", "events/s", rates),
        ]

    def _microseconds(self, bodies: Sequence[bytes], token: str) -> float:
        before_seconds = cpu_seconds(self._service.pid)
        answers = send_singly(self._service.port, bodies, token)
        seconds = cpu_seconds(self._service.pid) - before_seconds
        published = sum(json.loads(answer)["published"] for answer in answers)
        if published != sum(body != b"[]" for body in bodies):
            raise RuntimeError(f"only {published} events were published: {answers[0]!r}")
        return 1e6 * seconds / len(bodies)


def send_singly(port: int, bodies: Sequence[bytes], token: str) -> list[bytes]:
    """POST each body over one of the connections; returns what was answered, in any order.

    Raises:
        RuntimeError: an answer is not 200, or a connection was closed.
    """
    waiting = deque(bodies)
    answers: list[bytes] = []
    open_: dict[int, socket.socket] = {}
    head = (
        "POST /ingest HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {token}\r\nContent-Length: "
    ).encode()
    with selectors.DefaultSelector() as selector:

        def send(connection: socket.socket) -> None:
            if not waiting:
                selector.unregister(connection)
                connection.close()
                return
            body = waiting.popleft()
            connection.sendall(b"%s%d\r\n\r\n%s" % (head, len(body), body))

        for _ in range(min(CONNECTIONS, len(bodies))):
            connection = socket.create_connection(("127.0.0.1", port))
            open_[connection.fileno()] = connection
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            selector.register(connection, selectors.EVENT_READ, bytearray())
            send(connection)
        while selector.get_map():
            for key, _ in selector.select():
                connection, answer = open_[key.fd], key.data
                answer += connection.recv(65_536)
                body = _body_of(answer)
                if body is not None:
                    answers.append(body)
                    answer.clear()
                    send(connection)
    return answers


def _body_of(answer: bytearray) -> bytes | None:
    """The body of an answer that is whole; None while it is not."""
    head, end, body = bytes(answer).partition(b"\r\n\r\n")
    if not end:
        return None
    lines = head.lower().split(b"\r\n")
    if b" 200 " not in lines[0]:
        raise RuntimeError(f"POST /ingest: {answer[:500]!r}")
    length = next(int(line.split(b":")[1]) for line in lines if line.startswith(b"content-length"))
    return body if len(body) == length else None
