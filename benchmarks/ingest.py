"""Events per second, validated and durable, through the whole way: POST, decode, map, SHACL, log.

The floor beside it is what nobody can go below: the same events decoded, and their bytes appended
to a file with one fdatasync for each batch.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from typing import Final

from benchmarks.figures import Figure, figure
from benchmarks.load import READINGS, Measurements
from benchmarks.machine import cpu_seconds
from ldes_shok.cabinet.decode import decode_event
from tests.support.service import PUSH_TOKEN, ServiceProcess, ndjson

BATCH_EVENTS: Final = 500
_CONNECTIONS: Final = 2


class IngestBenchmark:
    """Pushes batches over two connections, so that the service never waits for the sender."""

    def __init__(self, service: ServiceProcess, events: Measurements, directory: Path) -> None:
        self._service = service
        self._events = events
        self._floor_file = directory / "floor.ndjson"

    def run(self, runs: int, batches: int) -> list[Figure]:
        """Measure, `batches` of `BATCH_EVENTS` events in each run."""
        served: list[float] = []
        per_cpu: list[float] = []
        floors: list[float] = []
        for _ in range(runs):
            sent = self._events.batches(batches, BATCH_EVENTS)
            count = sum(map(len, sent))
            cpu_before = cpu_seconds(self._service.pid)
            served.append(count / self._push(sent))
            per_cpu.append(count / (cpu_seconds(self._service.pid) - cpu_before))
            floors.append(count / self._floor(sent))
        members = [rate * READINGS for rate in served]
        how = f"POST /ingest, NDJSON, {BATCH_EVENTS} events a request, {_CONNECTIONS} connections"
        return [
            figure("events validated and durable", "events/s", served, how),
            figure("members validated and durable", "members/s", members),
            figure("the same, per second of processor time", "events/s", per_cpu),
            figure("floor: decode, append, fdatasync", "events/s", floors, "in one process"),
        ]

    def _push(self, batches: Sequence[Sequence[bytes]]) -> float:
        """Push all of it; returns the seconds until the last answer."""
        lanes = [batches[lane::_CONNECTIONS] for lane in range(_CONNECTIONS)]
        bodies = [[ndjson(batch) for batch in lane] for lane in lanes]
        with ThreadPoolExecutor(_CONNECTIONS) as pool:
            started_seconds = time.perf_counter()
            published = sum(pool.map(self._lane, bodies))
            seconds = time.perf_counter() - started_seconds
        if published != sum(map(len, batches)):
            raise RuntimeError(f"only {published} events of this run were published")
        return seconds

    def _lane(self, bodies: Sequence[bytes]) -> int:
        """One connection, kept alive; returns how many events were published."""
        connection = HTTPConnection("127.0.0.1", self._service.port, timeout=120)
        headers = {"Authorization": f"Bearer {PUSH_TOKEN}", "Content-Type": "application/x-ndjson"}
        published = 0
        for body in bodies:
            connection.request("POST", "/ingest", body, headers)
            answer = connection.getresponse()
            content = answer.read()
            if answer.status != 200:
                raise RuntimeError(f"POST /ingest: {answer.status} {content[:500]!r}")
            published += json.loads(content)["published"]
        connection.close()
        return published

    def _floor(self, batches: Sequence[Sequence[bytes]]) -> float:
        started_seconds = time.perf_counter()
        with self._floor_file.open("ab") as file:
            for batch in batches:
                for event in batch:
                    decode_event(event)
                file.write(ndjson(batch))
                file.flush()
                os.fdatasync(file.fileno())
        return time.perf_counter() - started_seconds
