"""The same service with a small log and a large one: speed, memory, start-up and bytes.

Both are there at the end and are measured by turns, one running and the other stopped: what else
the machine does changes from minute to minute, and to fill the large one takes a quarter of an
hour.
"""

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
_WARM_BATCHES: Final = 5
_GETS: Final = 400
_GROWTH: Final = Goal(1.2, at_most=True)
_MEMORY: Final = Goal(200, at_most=True)
_MEBIBYTE: Final = 1 << 20


class Run(msgspec.Struct, frozen=True):
    """What was measured once: members per second, seconds, and memory at the end."""

    ingest: float
    get_seconds: float
    start_seconds: float
    writer_bytes: int


class Growth:
    """Fills a log through `POST /ingest` and measures.

    Attributes:
        members: how many the log holds.
    """

    def __init__(self, service: ServiceProcess) -> None:
        """`service` runs, one process, on an empty log."""
        self._service = service
        self._events = Measurements(offset_days=800)
        self.members = 0

    def fill(self, members: int) -> None:
        """Push until the log holds so many."""
        while self.members < members:
            self._push(_CHUNK_BATCHES)
            if self.members % (10 * _CHUNK_BATCHES * BATCH_EVENTS * READINGS) == 0:
                print(f"  {self.members:,} of {members:,} members", file=sys.stderr)

    def run(self, batches: int) -> Run:
        """Start, push, get, stop; it is stopped before."""
        start_seconds = self._start()
        self._push(_WARM_BATCHES)
        ingest = self._push(batches)
        leaf = sealed_leaf(f"{self._service.url}/verbruik-individueel/by-time")
        get_seconds = self._get_seconds(leaf)
        writer_bytes = resident_bytes(self._service.pid)
        self.stop()
        return Run(ingest, get_seconds, start_seconds, writer_bytes)

    def stop(self) -> None:
        """Stop the service; `run` starts it again."""
        self._service.stop()

    def disk_bytes(self) -> int:
        """What the log takes when all of it is archived; the service runs behind it."""
        self._service.start()
        self._wait_for_archive()
        return _disk_bytes(self._service.log_path)

    def reader_figure(self, overrides: Tree) -> Figure:
        """Memory of a reader process that has answered; starts the service with `overrides`."""
        self._service.stop()
        self._service.configure(overrides)
        self._service.start()
        self._get_seconds(sealed_leaf(f"{self._service.url}/verbruik-individueel/by-time"))
        most_bytes = max(resident_bytes(pid) for pid in readers(self._service.pid))
        note = f"at {self.members:,} members"
        return figure("memory of a reader", "MiB RSS", [most_bytes / _MEBIBYTE], note, _MEMORY)

    def _push(self, batches: int) -> float:
        sent = self._events.batches(batches, BATCH_EVENTS)
        members = READINGS * sum(map(len, sent))
        seconds = push_all(self._service.port, sent)
        self.members += members
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

    def _start(self) -> float:
        """Seconds from exec to the first correct answer, the root node's."""
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


def growth_figures(small: Growth, large: Growth, runs: int, batches: int) -> list[Figure]:
    """How `large` compares with `small`, by turns; both are stopped."""
    turns = [(small.run(batches), large.run(batches)) for _ in range(runs)]
    size = f"at {large.members:,} members"
    beside = f"at {small.members:,} members, by turns with the large one"
    slower = [one.ingest / other.ingest for one, other in turns]
    later = [other.get_seconds / one.get_seconds for one, other in turns]
    return [
        figure("ingest, small log", "members/s", [one.ingest for one, _ in turns], beside),
        figure("ingest, large log", "members/s", [other.ingest for _, other in turns], size),
        figure("growth: time to ingest", "times", slower, "large log to small log", _GROWTH),
        figure("growth: time of a GET", "times", later, "sealed node, one connection", _GROWTH),
        figure(
            "start-up to first correct answer", "s", [other.start_seconds for _, other in turns],
            size, Goal(1.5, at_most=True),
        ),
        figure(
            "disk, all that is stored", "bytes/member", [large.disk_bytes() / large.members],
            f"{size}: events, members, indexes, pages in three forms", Goal(1200, at_most=True),
        ),
        figure(
            "memory of the writer", "MiB RSS",
            [other.writer_bytes / _MEBIBYTE for _, other in turns], size, _MEMORY,
        ),
    ]  # fmt: skip


def _disk_bytes(log: Path) -> int:
    return sum(file.stat().st_size for file in log.parent.glob(f"{log.name}*"))
