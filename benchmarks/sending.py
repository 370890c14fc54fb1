"""Pushes measurements as fast as the service takes them, in batches over open connections."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from typing import Final

from tests.support.service import PUSH_TOKEN, ndjson

BATCH_EVENTS: Final = 500
CONNECTIONS: Final = 4


def push_all(port: int, batches: Sequence[Sequence[bytes]]) -> float:
    """Push every batch; returns the seconds until the last answer.

    Raises:
        RuntimeError: not all of it was published.
    """
    lanes = [[ndjson(batch) for batch in batches[lane::CONNECTIONS]] for lane in range(CONNECTIONS)]
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        started_seconds = time.perf_counter()
        published = sum(pool.map(lambda bodies: _lane(port, bodies), lanes))
        seconds = time.perf_counter() - started_seconds
    if published != sum(map(len, batches)):
        raise RuntimeError(f"only {published} events of this run were published")
    return seconds


def _lane(port: int, bodies: Sequence[bytes]) -> int:
    """One connection, kept alive; returns how many events were published."""
    connection = HTTPConnection("127.0.0.1", port, timeout=120)
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
