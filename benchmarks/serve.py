"""GETs per second of one sealed page, gzip, on connections that stay open; and of its 304.

Two limits beside it, by turns: nginx with the same bytes from a file, and aiohttp with the same
bytes and headers from memory.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from benchmarks.crawl import sealed_leaf
from benchmarks.figures import Figure, Goal, figure, ratio
from benchmarks.nginx import static_page
from benchmarks.ready_bytes import Answer
from benchmarks.wrk import CONNECTIONS, rate
from tests.support.ports import free_port
from tests.support.service import ROOT, ServiceProcess, request

_ASKED: Final = {"Accept": "text/turtle", "Accept-Encoding": "gzip"}
_GETS_PER_SECOND: Final = 15_000
_OF_NGINX: Final = 0.2
_TWO_PROCESSES: Final = 1.5
_READY_SECONDS: Final = 10.0


def serve_figures(
    one: ServiceProcess, two: ServiceProcess, directory: Path, runs: int, seconds: int
) -> list[Figure]:
    """Measure the page and its limits by turns, `seconds` each.

    Args:
        one: a service of one process, with a sealed leaf in `techniek`.
        two: the same with two processes.
        directory: an existing folder.
        runs: how often.
        seconds: of GETs in a run.
    """
    url, elsewhere = (sealed_leaf(f"{s.url}/techniek/by-time") for s in (one, two))
    status, headers, body = request(url, headers=_ASKED)
    if status != 200 or headers.get("content-encoding") != "gzip":
        raise RuntimeError(f"{url}: {status} {dict(headers)}")
    _, _, plain = request(url, headers={"Accept": _ASKED["Accept"]})
    members = plain.count(b" tree:member ")
    note = f"{members} members, Turtle, {len(body):,} bytes of gzip, {CONNECTIONS} connections, wrk"
    again = {**_ASKED, "If-None-Match": headers["etag"]}
    served: list[float] = []
    unchanged: list[float] = []
    both: list[float] = []
    nginx: list[float] = []
    floors: list[float] = []
    with (
        static_page(directory / "nginx", body) as static_url,
        _floor(directory, headers, body) as floor_url,
    ):
        for _ in range(runs):
            served.append(rate(url, _ASKED, seconds))
            unchanged.append(rate(url, again, seconds))
            both.append(rate(elsewhere, _ASKED, seconds))
            nginx.append(rate(static_url, _ASKED, seconds))
            floors.append(rate(floor_url, _ASKED, seconds))
    ours = figure("a sealed page, one process", "GET/s", served, note, Goal(_GETS_PER_SECOND))
    doubled = figure(
        "a sealed page, two processes", "GET/s", both,
        "the client takes a core of its own", Goal(_TWO_PROCESSES * _GETS_PER_SECOND),
    )  # fmt: skip
    limit = figure("limit: nginx gzip_static, one worker, the same bytes", "GET/s", nginx)
    not_modified = figure("the same, 304", "GET/s", unchanged)
    return [
        ours,
        limit,
        ratio("a sealed page, of nginx", ours, limit, _OF_NGINX),
        doubled,
        not_modified,
        ratio("304, of 200", not_modified, ours, 1.0),
        figure("floor: aiohttp with the same bytes", "GET/s", floors),
    ]


@contextmanager
def _floor(directory: Path, headers: Mapping[str, str], body: bytes) -> Iterator[str]:
    skipped = {"content-length", "date", "transfer-encoding", "connection"}
    kept = {name: value for name, value in headers.items() if name not in skipped}
    answer, port = directory / "answer.bin", free_port()
    answer.write_bytes(msgspec.msgpack.encode(Answer(kept, body)))
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.ready_bytes", str(answer), str(port)], cwd=ROOT
    )
    url = f"http://127.0.0.1:{port}/"
    try:
        _wait(url)
        yield url
    finally:
        process.terminate()
        process.wait(_READY_SECONDS)


def _wait(url: str) -> None:
    deadline_seconds = time.monotonic() + _READY_SECONDS
    while True:
        try:
            request(url)
        except OSError:
            if time.monotonic() > deadline_seconds:
                raise
            time.sleep(0.05)
        else:
            return
