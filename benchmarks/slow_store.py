"""The live probe beside 200 requests that read the store, and one whose read takes two seconds."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from benchmarks.crawl import leaves
from benchmarks.figures import Figure, Goal, figure, percentile
from benchmarks.slowed import SLOW, SLOW_SECONDS
from tests.support.service import ServiceProcess, request

REQUESTS: Final = 200
_AT_ONCE: Final = 50
_PROBE_SECONDS: Final = 0.01
_LIVE_MILLISECONDS: Final = 250.0
_ENTITY: Final = "/id/kast/voorbeeldstad/BNC-001"


@dataclass(slots=True)
class _Seen:
    """What was asked again and again meanwhile, and how long each answer took."""

    live_seconds: list[float] = field(default_factory=list)
    page_seconds: list[float] = field(default_factory=list)


def slow_store_figures(service: ServiceProcess, runs: int) -> list[Figure]:
    """Measure them by turns with nothing else to do.

    Args:
        service: `benchmarks.slowed`, with the cabinets of `benchmarks.load`.
        runs: how often.
    """
    one = [_run(service, (SLOW, *[""] * REQUESTS)) for _ in range(runs)]
    note = (
        f"{REQUESTS} requests that read the store, beside one whose read takes {SLOW_SECONDS:g} s"
    )
    live, slowest = Goal(_LIVE_MILLISECONDS, at_most=True), Goal(SLOW_SECONDS * 1000, at_most=True)
    return [
        _figure(
            "live beside a slow read, slowest", [max(s.live_seconds) for s, _ in one], note, live
        ),
        _figure("live beside a slow read, p50", [_p50(s.live_seconds) for s, _ in one], note),
        _figure(
            "a page that is at hand, slowest", [max(s.page_seconds) for s, _ in one], note, live
        ),
        _figure("the requests that read the store, slowest", [t for _, t in one], note, slowest),
    ]


def _p50(seconds: Sequence[float]) -> float:
    return percentile(sorted(seconds), 0.5)


def _figure(name: str, seconds: Sequence[float], note: str, goal: Goal | None = None) -> Figure:
    return figure(name, "ms", [1000 * each for each in seconds], note, goal)


def _run(service: ServiceProcess, asked: Sequence[str]) -> tuple[_Seen, float]:
    """What was seen meanwhile, and how long the slowest request took that read no slow thing."""

    def ask(what: str) -> float:
        started_seconds = time.perf_counter()
        request(f"{service.url}{_ENTITY}{what}")
        return 0.0 if what else time.perf_counter() - started_seconds

    leaf = next(leaves(f"{service.url}/kasten/by-time", newest_first=True))[0]
    request(leaf)
    with (
        _probing(service, leaf.removeprefix(service.url)) as seen,
        ThreadPoolExecutor(_AT_ONCE) as pool,
    ):
        slowest_seconds = max(pool.map(ask, asked))
    return seen, slowest_seconds


@contextmanager
def _probing(service: ServiceProcess, page: str) -> Iterator[_Seen]:
    """Ask for the live probe and a page, over and over, each on a connection that stays open."""
    seen, stopping = _Seen(), threading.Event()

    def probe(path: str, seconds: list[float]) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)
        while not stopping.wait(_PROBE_SECONDS):
            started_seconds = time.perf_counter()
            connection.request("GET", path)
            connection.getresponse().read()
            seconds.append(time.perf_counter() - started_seconds)
        connection.close()

    threads = [
        threading.Thread(target=probe, args=("/health/live", seen.live_seconds), name="live"),
        threading.Thread(target=probe, args=(page, seen.page_seconds), name="page"),
    ]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        stopping.set()
        for thread in threads:
            thread.join()
