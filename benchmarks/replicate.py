"""A fast reader takes every sealed leaf as N-Quads, gzip: members per second, and what it costs.

The reader follows the relations to every leaf, inflates each page and counts its members. It runs
in as many processes as there are cores, because inflating takes longer than serving.
"""

from __future__ import annotations

import http.client
import os
import time
import zlib
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Final

from benchmarks.crawl import leaves
from benchmarks.figures import Figure, Goal, figure
from benchmarks.machine import cpu_seconds
from tests.support.service import ServiceProcess

_MEMBER: Final = b"<https://w3id.org/tree#member>"
_HEADERS: Final = {"Accept": "application/n-quads", "Accept-Encoding": "gzip"}
_MEMBERS_PER_SECOND: Final = 200_000
_CPU_MICROSECONDS: Final = 5.0


def replication_figures(service: ServiceProcess, streams: Sequence[str], runs: int) -> list[Figure]:
    """Read all sealed leaves of `streams`, `runs` times."""
    urls = [
        url
        for stream in streams
        for url, sealed in leaves(f"{service.url}/{stream}/by-time")
        if sealed
    ]
    workers = len(os.sched_getaffinity(0))
    rates: list[float] = []
    costs: list[float] = []
    members = 0
    with ProcessPoolExecutor(workers) as pool:
        list(pool.map(_read, [(service.port, urls[:1])] * workers))  # the processes are there
        for _ in range(runs):
            cpu_before, started_seconds = cpu_seconds(service.pid), time.perf_counter()
            parts = [(service.port, urls[worker::workers]) for worker in range(workers)]
            members = sum(pool.map(_read, parts))
            rates.append(members / (time.perf_counter() - started_seconds))
            costs.append((cpu_seconds(service.pid) - cpu_before) / members * 1e6)
    note = f"{members:,} members in {len(urls):,} sealed leaves, N-Quads, gzip, {workers} readers"
    return [
        figure("replication by a fast reader", "members/s", rates, note, Goal(_MEMBERS_PER_SECOND)),
        figure(
            "replication, processor time of the server", "µs/member", costs,
            goal=Goal(_CPU_MICROSECONDS, at_most=True),
        ),
    ]  # fmt: skip


def _read(part: tuple[int, Sequence[str]]) -> int:
    port, urls = part
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    members = 0
    for url in urls:
        connection.request("GET", "/" + url.partition("://")[2].partition("/")[2], headers=_HEADERS)
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200 or answer.getheader("Content-Encoding") != "gzip":
            raise RuntimeError(f"{url}: {answer.status}")
        members += zlib.decompress(body, wbits=31).count(_MEMBER)
    connection.close()
    return members
