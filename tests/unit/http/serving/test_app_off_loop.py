"""No route uses the log on the event loop: each is asked, in every form, while that is watched.

`tests/conftest.py` watches the services of all other tests too, and `tests/support/serving.py`
those that have a process of their own, with all their sources.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

import pytest

from ldes_shok.representation.media import Format
from tests.support import off_loop
from tests.support.local_service import LocalService
from tests.support.patience import HANG_SECONDS
from tests.support.service import PUSH_TOKEN, STREAM_TOKEN, request
from tests.support.vertical import configuration

PATHS: Final[Mapping[str, tuple[str, ...]]] = {
    "/": ("/",),
    "/health/live": ("/health/live",),
    "/health/ready": ("/health/ready",),
    "/metrics": ("/metrics",),
    "/openapi.json": ("/openapi.json",),
    "/context.jsonld": ("/context.jsonld",),
    "/static/ldes-shok.css": ("/static/ldes-shok.css",),
    "/shapes/{stream}": ("/shapes/kasten", "/shapes/nothing"),
    "/ingest": ("/ingest",),
    "/ingest/{source}": ("/ingest/push", "/ingest/nothing"),
    "/ocpp16/{source}/{station}": ("/ocpp16/nothing/CP-1",),
    "/id/{tail}": (
        "/id/kast/voorbeeldstad/VBS-001", "/id/conceptscheme/kasttype", "/id/nothing",
    ),
    "/{stream}": ("/kasten", "/techniek", "/nothing"),
    "/{stream}/{view}": ("/kasten/by-time", "/techniek/by-time", "/kasten/nothing"),
    "/{stream}/{view}/{path}": (
        "/kasten/by-time/2026/05/12", "/techniek/by-time/2026/05/12/p1", "/kasten/by-time/2025",
    ),
    "/{tail}": ("/no/such/thing/at/all",),
}  # fmt: skip
"""What is asked at each route; a new one has its line here."""


def test_every_route_is_watched(service: LocalService) -> None:
    routes = {route.resource.canonical for route in service.application.router.routes()
              if route.resource is not None}  # fmt: skip
    assert routes == set(PATHS)


@pytest.mark.parametrize("path", [path for paths in PATHS.values() for path in paths])
def test_no_answer_needs_the_log_on_the_event_loop(service: LocalService, path: str) -> None:
    """P13: however slow the log is, nobody waits for it who does not need it."""
    for token in ({}, {"Authorization": f"Bearer {STREAM_TOKEN}"}):
        for format_ in Format:
            for _ in range(2):  # what is asked again goes another way
                status, _, _ = request(f"{service.url}{path}?format={format_.value}", headers=token)
                assert status < 500
        for _ in range(3):
            assert request(f"{service.url}{path}", headers=token)[0] < 500
    assert off_loop.FOUND == []


def test_no_push_needs_it(service: LocalService) -> None:
    token = {"Authorization": f"Bearer {PUSH_TOKEN}", "Content-Type": "application/json"}
    for _ in range(2):
        answer = request(
            f"{service.url}/ingest", method="POST", headers=token, body=configuration()
        )
        assert answer[0] == 200
    assert off_loop.FOUND == []


def test_whoever_does_is_found(service: LocalService) -> None:
    async def use() -> None:
        service.core.reader.stream("kasten")

    done = asyncio.run_coroutine_threadsafe(use(), service.loop)
    with pytest.raises(AssertionError, match=off_loop.MARK):
        done.result(HANG_SECONDS)
    assert len(off_loop.FOUND) == 1
    off_loop.FOUND.clear()
