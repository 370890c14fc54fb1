"""Members per second, validated and durable, through the whole way: POST, decode, map, SHACL, log.

Two limits beside it, by turns: the same service with validation switched off, and what nobody can
go below: the same events decoded, and their bytes appended to a file with one fdatasync a batch.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from benchmarks.figures import Figure, Goal, figure, ratio
from benchmarks.load import READINGS, Measurements
from benchmarks.machine import cpu_seconds
from benchmarks.sending import BATCH_EVENTS, CONNECTIONS, push_all
from ldes_shok.cabinet.decode import decode_event
from tests.support.service import ServiceProcess, ndjson

_MEMBERS_PER_SECOND: Final = 10_000
_OF_UNJUDGED: Final = 0.4


class IngestBenchmark:
    """Pushes batches over four connections, so that the service never waits for the sender."""

    def __init__(self, judged: ServiceProcess, unjudged: ServiceProcess, directory: Path) -> None:
        """`unjudged` is the same service on a log of its own, validation switched off."""
        self._judged = judged
        self._unjudged = unjudged
        self._events, self._others = Measurements(), Measurements(offset_days=400)
        self._floor_file = directory / "floor.ndjson"

    def run(self, runs: int, batches: int) -> list[Figure]:
        """Measure, `batches` of `BATCH_EVENTS` events in each run."""
        served: list[float] = []
        unjudged: list[float] = []
        per_cpu: list[float] = []
        floors: list[float] = []
        for _ in range(runs):
            sent = self._events.batches(batches, BATCH_EVENTS)
            members = READINGS * sum(map(len, sent))
            cpu_before = cpu_seconds(self._judged.pid)
            served.append(members / push_all(self._judged.port, sent))
            per_cpu.append(members / (cpu_seconds(self._judged.pid) - cpu_before))
            floors.append(members / self._floor(sent))
            others = self._others.batches(batches, BATCH_EVENTS)
            unjudged.append(members / push_all(self._unjudged.port, others))
        how = (
            f"POST /ingest, NDJSON, {BATCH_EVENTS} events of {READINGS} readings a request, "
            f"{CONNECTIONS} connections"
        )
        ours = figure(
            "ingest, validated and durable", "members/s", served, how, Goal(_MEMBERS_PER_SECOND)
        )
        limit = figure("limit: the same, validation off", "members/s", unjudged)
        return [
            ours,
            limit,
            ratio("ingest, of that limit", ours, limit, _OF_UNJUDGED),
            figure("ingest, per second of processor time", "members/s", per_cpu),
            figure("floor: decode, append, fdatasync", "members/s", floors, "in one process"),
        ]

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
