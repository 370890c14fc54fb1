"""GETs per second of one sealed page, gzip, on connections that stay open.

The floor beside it is aiohttp answering with the same bytes and headers from memory. Both are
loaded by wrk where it is installed (Debian package wrk), else by a client in Python, which is
slower than what it measures: the report says which.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import aiohttp
import msgspec

from benchmarks.crawl import sealed_leaf
from benchmarks.figures import Figure, figure
from benchmarks.ready_bytes import Answer
from tests.support.mosquitto import free_port
from tests.support.service import ROOT, ServiceProcess, request

_ASKED: Final = {"Accept": "application/n-quads", "Accept-Encoding": "gzip"}
_CONNECTIONS: Final = 8
_RATE: Final = re.compile(r"Requests/sec:\s+([\d.]+)")
_READY_SECONDS: Final = 10.0


def serve_figures(
    service: ServiceProcess, directory: Path, runs: int, seconds: int
) -> list[Figure]:
    """Measure the page and its floor by turns, `seconds` each."""
    url = sealed_leaf(f"{service.url}/techniek/by-time")
    status, headers, body = request(url, headers=_ASKED)
    if status != 200 or headers.get("content-encoding") != "gzip":
        raise RuntimeError(f"{url}: {status} {dict(headers)}")
    _, _, plain = request(url, headers={"Accept": _ASKED["Accept"]})
    members = plain.count(b"<https://w3id.org/tree#member>")
    note = (
        f"{members} members, {len(body):,} bytes of gzip, {_CONNECTIONS} connections, "
        f"client: {'wrk' if shutil.which('wrk') else 'aiohttp'}"
    )
    served: list[float] = []
    floors: list[float] = []
    with _floor(directory, headers, body) as floor_url:
        for _ in range(runs):
            served.append(_rate(url, seconds))
            floors.append(_rate(floor_url, seconds))
    return [
        figure("a sealed page", "GET/s", served, note),
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


def _rate(url: str, seconds: int) -> float:
    wrk = shutil.which("wrk")
    return _rate_by_wrk(wrk, url, seconds) if wrk else asyncio.run(_rate_by_aiohttp(url, seconds))


def _rate_by_wrk(wrk: str, url: str, seconds: int) -> float:
    headers = [part for name, value in _ASKED.items() for part in ("-H", f"{name}: {value}")]
    output = subprocess.run(
        [wrk, "-t1", f"-c{_CONNECTIONS}", f"-d{seconds}s", *headers, url],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    rate = _RATE.search(output)
    if rate is None or "Non-2xx" in output:
        raise RuntimeError(f"wrk: {output}")
    return float(rate[1])


async def _rate_by_aiohttp(url: str, seconds: int) -> float:
    count = 0
    end_seconds = time.perf_counter() + seconds

    async def lane(session: aiohttp.ClientSession) -> None:
        nonlocal count
        while time.perf_counter() < end_seconds:
            async with session.get(url) as answer:
                answer.raise_for_status()
                await answer.read()
            count += 1

    connector = aiohttp.TCPConnector(limit=_CONNECTIONS)
    async with aiohttp.ClientSession(
        connector=connector, headers=_ASKED, auto_decompress=False
    ) as session:
        await asyncio.gather(*(lane(session) for _ in range(_CONNECTIONS)))
    return count / seconds
