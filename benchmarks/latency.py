"""P7: from the start of a POST of one event until its member stands on its leaf page.

Asked as a client would: the page is fetched after the answer to the POST, and if the member is on a
newer one, that one is looked for from the root, which counts too. Once with nothing else
to do, and once while batches come in at 5,000 members a second, half of what must be sustained.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain, islice
from typing import Final

from benchmarks.crawl import leaves
from benchmarks.figures import Figure, Goal, figure, percentile
from benchmarks.load import READINGS, Measurements
from tests.support.service import ServiceProcess, push, request

_BACKGROUND_EVENTS: Final = 50
_BACKGROUND_MEMBERS_PER_SECOND: Final = 5000
_PATIENCE_SECONDS: Final = 30.0
_LEAVES: Final = 10
_PLAIN: Final = {"Accept": "application/n-triples"}


class LatencyBenchmark:
    """Sends single events, one after another."""

    def __init__(self, service: ServiceProcess, events: Measurements) -> None:
        self._service = service
        self._events = events
        self._root = f"{service.url}/techniek/by-time"

    def run(self, runs: int, samples: int) -> list[Figure]:
        """Measure idle and beside ingest."""
        half = _BACKGROUND_MEMBERS_PER_SECOND / READINGS
        idle = [self._seconds(samples) for _ in range(runs)]
        with self._background(half):
            busy = [self._seconds(samples) for _ in range(runs)]
        note = f"{samples} single events a run"
        load = f"{note}, beside {half:.0f} events/s in batches of {_BACKGROUND_EVENTS}"
        promised = Goal(1000, at_most=True)
        return [
            _figure("one event, POST to visible, p50", idle, 0.50, note, Goal(20, at_most=True)),
            _figure("one event, POST to visible, p99", idle, 0.99, note, Goal(100, at_most=True)),
            _figure("the same under load, p50", busy, 0.50, load),
            _figure("the same under load, p99", busy, 0.99, load, promised),
        ]

    def _seconds(self, samples: int) -> list[float]:
        leaf = next(self._newest())
        seconds: list[float] = []
        for event in self._events.take(samples):
            started_seconds = time.perf_counter()
            leaf = self._until_visible(event, leaf)
            seconds.append(time.perf_counter() - started_seconds)
        return sorted(seconds)

    def _until_visible(self, event: bytes, leaf: str) -> str:
        status, _, body = push(self._service.url, [event])
        members = json.loads(body)["results"][0]["members"] if status == 200 else []
        if not members:
            raise RuntimeError(f"POST /ingest: {status} {body[:500]!r}")
        # The last reading is power: it is in the stream `techniek`.
        wanted = f"<{members[-1]}>".encode()
        deadline_seconds = time.perf_counter() + _PATIENCE_SECONDS
        while time.perf_counter() < deadline_seconds:
            # Under load a leaf is full within a second: the member may be on one before the last.
            for candidate in chain((leaf,), self._newest()):
                if wanted in request(candidate, headers=_PLAIN)[2]:
                    return candidate
        raise RuntimeError(f"{members[-1]} is not on the last {_LEAVES} leaves")

    def _newest(self) -> Iterator[str]:
        """The last leaves, newest first; asked for when they are needed."""
        for url, _ in islice(leaves(self._root, newest_first=True), _LEAVES):
            yield url

    @contextmanager
    def _background(self, events_per_second: float) -> Iterator[None]:
        """Batches at a steady rate, from another thread."""
        stopping = threading.Event()
        interval_seconds = _BACKGROUND_EVENTS / events_per_second
        source = Measurements(offset_days=1)

        def send() -> None:
            due_seconds = time.monotonic()
            while not stopping.wait(max(0.0, due_seconds - time.monotonic())):
                push(self._service.url, source.take(_BACKGROUND_EVENTS))
                due_seconds += interval_seconds

        thread = threading.Thread(target=send, name="background")
        thread.start()
        try:
            yield
        finally:
            stopping.set()
            thread.join()


def _figure(
    name: str, runs: list[list[float]], share: float, note: str, goal: Goal | None = None
) -> Figure:
    return figure(name, "ms", [1000 * percentile(run, share) for run in runs], note, goal)
