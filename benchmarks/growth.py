"""The same service while its log grows: speed, memory, start-up and bytes, at 100 k and at 10 M."""

from __future__ import annotations

import http.client
import sys
import time
from pathlib import Path
from typing import Final

import msgspec

from benchmarks.crawl import sealed_leaf
from benchmarks.figures import Figure, Goal, figure, percentile
from benchmarks.load import READINGS, Measurements
from benchmarks.machine import readers, resident_bytes
from benchmarks.sending import BATCH_EVENTS, push_all
from tests.support.service import ServiceProcess, Tree, request

SMALL_MEMBERS: Final = 100_000
_CHUNK_BATCHES: Final = 20
_GETS: Final = 400
_GROWTH: Final = Goal(1.2, at_most=True)
_MEBIBYTE: Final = 1 << 20


class Point(msgspec.Struct, frozen=True):
    """What was measured at one size of the log."""

    members: int
    ingest: tuple[float, ...]
    get_seconds: tuple[float, ...]
    start_seconds: tuple[float, ...]
    writer_bytes: int
    disk_bytes: int


class Growth:
    """Fills a log through `POST /ingest` and measures on the way."""

    def __init__(self, service: ServiceProcess) -> None:
        """`service` runs, one process, on an empty log."""
        self._service = service
        self._events = Measurements(offset_days=800)
        self._members = 0

    def fill(self, members: int) -> None:
        """Push until the log holds so many."""
        while self._members < members:
            self._push(_CHUNK_BATCHES)
            if self._members % (10 * _CHUNK_BATCHES * BATCH_EVENTS * READINGS) == 0:
                print(f"  {self._members:,} of {members:,} members", file=sys.stderr)

    def measure(self, runs: int, batches: int) -> Point:
        """Everything, at the size that it has now."""
        starts = [self._restart() for _ in range(runs)]
        ingest = [self._push(batches) for _ in range(runs)]
        leaf = sealed_leaf(f"{self._service.url}/verbruik-individueel/by-time")
        gets = [self._get_seconds(leaf) for _ in range(runs)]
        self._wait_for_archive()
        return Point(
            self._members, tuple(ingest), tuple(gets), tuple(starts),
            resident_bytes(self._service.pid), _disk_bytes(self._service.log_path),
        )  # fmt: skip

    def reader_bytes(self, overrides: Tree) -> int:
        """Memory of a reader process that has answered; starts the service with `overrides`."""
        self._service.stop()
        self._service.configure(overrides)
        self._service.start()
        self._get_seconds(sealed_leaf(f"{self._service.url}/verbruik-individueel/by-time"))
        return max(resident_bytes(pid) for pid in readers(self._service.pid))

    def _push(self, batches: int) -> float:
        sent = self._events.batches(batches, BATCH_EVENTS)
        members = READINGS * sum(map(len, sent))
        seconds = push_all(self._service.port, sent)
        self._members += members
        return members / seconds

    def _get_seconds(self, url: str) -> float:
        """The median of GETs on one connection."""
        address, _, path = url.removeprefix("http://").partition("/")
        connection = http.client.HTTPConnection(address, timeout=30)
        seconds: list[float] = []
        for _ in range(_GETS):
            started_seconds = time.perf_counter()
            connection.request("GET", f"/{path}", headers={"Accept-Encoding": "gzip"})
            connection.getresponse().read()
            seconds.append(time.perf_counter() - started_seconds)
        connection.close()
        return percentile(sorted(seconds), 0.5)

    def _restart(self) -> float:
        """Seconds from exec to the first correct answer, the root node's."""
        self._service.stop()
        url = f"{self._service.url}/verbruik-individueel/by-time"
        started_seconds = time.perf_counter()
        self._service.launch()
        while True:
            try:
                status, _, body = request(url, timeout_seconds=30)
            except OSError:
                time.sleep(0.005)
                continue
            if status == 200 and b"tree:relation" in body:
                break
            time.sleep(0.005)
        seconds = time.perf_counter() - started_seconds
        self._service.wait_until_ready()
        return seconds

    def wait_until_derived(self) -> None:
        """What is derived of a flood comes in a tenth of a core, long after it: not to be read."""
        self._wait_for("ldes_shok_derived_behind_seconds")

    def _wait_for_archive(self) -> None:
        """Sealed leaves are archived in the background: the disk is measured when that is done."""
        self._wait_for("ldes_shok_unarchived_leaves")

    def _wait_for(self, gauge: str) -> None:
        """Return when a metric is 0."""
        while self._value(gauge) != 0:
            time.sleep(0.5)

    def _value(self, gauge: str) -> float:
        _, _, body = request(f"{self._service.url}/metrics")
        (line,) = (line for line in body.decode().splitlines() if line.startswith(gauge))
        return float(line.rpartition(" ")[2])


def growth_figures(small: Point, large: Point, reader_bytes: int) -> list[Figure]:
    """How `large` compares with `small`; `reader_bytes` is the memory of a reader process."""
    size = f"at {large.members:,} members"
    slower = [a / b for a, b in zip(small.ingest, large.ingest, strict=True)]
    later = [b / a for a, b in zip(small.get_seconds, large.get_seconds, strict=True)]
    memory = Goal(200, at_most=True)
    return [
        figure("ingest, small log", "members/s", small.ingest, f"at {small.members:,} members"),
        figure("ingest, large log", "members/s", large.ingest, size),
        figure("growth: time to ingest", "times", slower, "large log to small log", _GROWTH),
        figure("growth: time of a GET", "times", later, "sealed node, one connection", _GROWTH),
        figure(
            "start-up to first correct answer", "s", large.start_seconds, size,
            Goal(1.5, at_most=True),
        ),
        figure(
            "disk, all that is stored", "bytes/member", [large.disk_bytes / large.members],
            f"{size}: events, members, indexes, pages in three forms", Goal(1200, at_most=True),
        ),
        figure("memory of the writer", "MiB RSS", [large.writer_bytes / _MEBIBYTE], size, memory),
        figure("memory of a reader", "MiB RSS", [reader_bytes / _MEBIBYTE], size, memory),
    ]  # fmt: skip


def _disk_bytes(log: Path) -> int:
    return sum(file.stat().st_size for file in log.parent.glob(f"{log.name}*"))
