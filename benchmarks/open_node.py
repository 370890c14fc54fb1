"""GETs of the open leaf while members come in: how many, and how old an answer ever is.

The open leaf of a busy stream is full within a second and the next one opens. So the reader here
follows it as clients do: an immutable answer sends it on to the newest leaf.
"""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from benchmarks.crawl import leaves
from benchmarks.figures import Figure, Goal, figure
from benchmarks.load import READINGS, Measurements
from benchmarks.wrk import rate
from tests.support.service import ServiceProcess, push

_BATCH_EVENTS: Final = 25
_MEMBERS_PER_SECOND: Final = 1000
_GETS_PER_SECOND: Final = 3000
_CURRENT_SECONDS: Final = 1.0
_ASKED: Final = {"Accept": "application/n-quads", "Accept-Encoding": "identity"}
_STREAM: Final = "techniek"


@dataclass(slots=True)
class _Published:
    """The newest member whose acknowledgement came, and when."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    waiting: list[tuple[float, bytes]] = field(default_factory=list)

    def acknowledge(self, iri: str) -> None:
        with self.lock:
            self.waiting.append((time.perf_counter(), f"<{iri}>".encode()))

    def seen_in(self, body: bytes) -> list[float]:
        """How long ago each member was acknowledged that `body` shows for the first time."""
        now_seconds = time.perf_counter()
        with self.lock:
            seen = [entry for entry in self.waiting if entry[1] in body]
            self.waiting = [entry for entry in self.waiting if entry[1] not in body]
        return [now_seconds - at_seconds for at_seconds, _ in seen]

    def oldest_seconds(self) -> float:
        """How long the oldest acknowledged member was not seen yet."""
        now_seconds = time.perf_counter()
        with self.lock:
            return max((now_seconds - at for at, _ in self.waiting), default=0.0)


def open_node_figures(service: ServiceProcess, runs: int, seconds: int) -> list[Figure]:
    """Measure the root's newest bucket with wrk, and how current the leaf is."""
    rates: list[float] = []
    oldest: list[float] = []
    published = _Published()
    with _ingest(service, published):
        for _ in range(runs):
            leaf = _newest(service)
            bucket = leaf.rpartition("/")[0]
            with _watched(service, published) as ages:
                rates.append(rate(bucket, {**_ASKED, "Accept-Encoding": "gzip"}, seconds))
            oldest.append(max([*ages, published.oldest_seconds()]))
    note = f"beside {_MEMBERS_PER_SECOND:,} members/s of ingest"
    return [
        figure("an open node under ingest, one process", "GET/s", rates, note,
               Goal(_GETS_PER_SECOND)),
        figure("oldest answer of an open leaf", "s behind its acknowledgement", oldest,
               "seen by one reader beside that load", Goal(_CURRENT_SECONDS, at_most=True)),
    ]  # fmt: skip


def _newest(service: ServiceProcess) -> str:
    root = f"{service.url}/{_STREAM}/by-time"
    return next(leaves(root, newest_first=True))[0]


@contextmanager
def _watched(service: ServiceProcess, published: _Published) -> Iterator[list[float]]:
    """Follow the open leaf in a thread; collects how old what it shows is."""
    ages: list[float] = []
    stopping = threading.Event()

    def watch() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=30)
        url = _newest(service)
        while not stopping.wait(0.02):
            path = "/" + url.partition("://")[2].partition("/")[2]
            connection.request("GET", path, headers=_ASKED)
            answer = connection.getresponse()
            ages.extend(published.seen_in(answer.read()))
            if "immutable" in (answer.getheader("Cache-Control") or ""):
                url = _newest(service)
        connection.close()

    thread = threading.Thread(target=watch, name="watch")
    thread.start()
    try:
        yield ages
    finally:
        stopping.set()
        thread.join()


@contextmanager
def _ingest(service: ServiceProcess, published: _Published) -> Iterator[None]:
    """Batches at a steady rate, from another thread."""
    stopping = threading.Event()
    events = Measurements(offset_days=2)
    interval_seconds = _BATCH_EVENTS * READINGS / _MEMBERS_PER_SECOND

    def send() -> None:
        due_seconds = time.monotonic()
        while not stopping.wait(max(0.0, due_seconds - time.monotonic())):
            status, _, body = push(service.url, events.take(_BATCH_EVENTS))
            if status != 200:
                raise RuntimeError(f"POST /ingest: {status} {body[:200]!r}")
            published.acknowledge(json.loads(body)["results"][-1]["members"][-1])
            due_seconds += interval_seconds

    thread = threading.Thread(target=send, name="ingest")
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()
