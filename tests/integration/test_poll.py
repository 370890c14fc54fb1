"""Promises P1 and P2 over a REST interface: a service killed between pages, or in one, goes on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ldes_shok.log.sqlite.reader import SqliteLogReader
from ldes_shok.sources.transports.poll.position import SUBJECT, Position, recalled
from tests.support.events import configuration, measurement
from tests.support.forge import Forge, running_forge
from tests.support.graphs import logged_members
from tests.support.rest import Asked, RestServer, Told, running_rest
from tests.support.service import SECRETS, TENANT, Json, ServiceProcess, Tree, request
from tests.support.telegram import telegram

pytestmark = pytest.mark.integration

NOON = datetime(2026, 5, 12, 12, tzinfo=UTC)
SOURCE = f"poll:{TENANT}:verkoper"
PAGES = 4
EVENTS_A_PAGE = 3


@pytest.fixture
def server() -> Iterator[RestServer]:
    with running_rest() as running:
        yield running


@pytest.fixture(scope="module")
def forge() -> Iterator[Forge]:
    with running_forge("tests.support.serving", environment=SECRETS) as forge:
        yield forge


def _source(server: RestServer, **changes: Json) -> Tree:
    return {
        "name": "verkoper", "type": "poll", "tenant": TENANT, "every_seconds": 1,
        "url": f"{server.url}/v1/events", "items": "data",
        "query": {"after": "{cursor}"}, "next": {"type": "cursor", "path": "next"}, **changes,
    }  # fmt: skip


def _page(number: int) -> bytes:
    """The cabinet, then three measurements a page; the last page has no cursor."""
    first = number * EVENTS_A_PAGE
    events = [configuration("VBS-001", NOON)] if number == 0 else []
    events += [
        measurement("VBS-001", NOON + timedelta(minutes=n), value=f"{1000 + n}.5")
        for n in range(first, first + EVENTS_A_PAGE)
    ]
    following = json.dumps(str(number + 1) if number + 1 < PAGES else None).encode()
    return b'{"data": [' + b",".join(events) + b'], "next": ' + following + b"}"


def _position(service: ServiceProcess) -> Position:
    reader = SqliteLogReader(service.log_path, service.url)
    try:
        return recalled(reader.memory(SOURCE, SUBJECT))
    finally:
        reader.close()


def _counts(service: ServiceProcess) -> dict[str, int]:
    text = request(f"{service.url}/metrics")[2].decode()
    return {
        outcome: int(float(line.rsplit(" ", 1)[1]))
        for outcome in ("published", "duplicate", "quarantined", "rejected")
        for line in text.splitlines()
        if SOURCE in line and f'"{outcome}"' in line
    }


def _is_read(server: RestServer) -> None:
    """Return when the last page is committed: the one after it is asked for."""
    before = len(server.asked)
    last = str(PAGES - 1)
    server.wait_until(lambda: sum(a.query.get("after") == last for a in server.asked[before:]) >= 2)


def test_killed_between_pages_and_in_one_it_loses_and_doubles_nothing(
    tmp_path: Path, server: RestServer, forge: Forge
) -> None:
    """P1, P2: kill -9 at each page in turn, before its answer, in it and after it."""
    service = ServiceProcess(tmp_path, overrides={"sources": [_source(server)]}, forge=forge)
    killed: list[tuple[str, int]] = []
    plan = [(how, number) for number in range(1, PAGES) for how in ("before", "cut", "after")]

    def answer(asked: Asked) -> Told:
        number = int(asked.query.get("after", "0"))
        if plan and plan[0][1] == number:
            how, _ = plan.pop(0)
            killed.append((how, number))
            if how == "before":
                service.kill()
            body = _page(number)
            return Told(body, cut_after_bytes=len(body) // 2 if how == "cut" else None)
        return Told(_page(number))

    server.answer = answer
    service.start()
    try:
        while plan:
            left = len(plan)
            server.wait_until(lambda: len(plan) < left)  # noqa: B023  asked within this turn
            service.kill()
            service.start()
        _is_read(server)
        assert len(killed) == 3 * (PAGES - 1)
        members = logged_members(service.log_path, service.url, "verbruik-individueel")
        assert len(members) == PAGES * EVENTS_A_PAGE
        ended = Position(url=f"{server.url}/v1/events", cursor=str(PAGES - 1))
        assert _position(service) == ended
    finally:
        service.kill()


def test_what_the_vendor_does_not_answer_is_waited_for(tmp_path: Path, server: RestServer) -> None:
    """429 with Retry-After, a token that runs out, a page that breaks off: all in one run."""
    (tmp_path / "secret").write_text("client-secret\n")
    (tmp_path / "secret").chmod(0o600)
    auth = {
        "type": "oauth2", "token_url": f"{server.url}/token", "client_id": "shok",
        "secret_file": str(tmp_path / "secret"),
    }  # fmt: skip
    tokens: list[str] = []
    trouble = [
        Told(status=429, headers={"Retry-After": "0"}), Told(_page(2), cut_after_bytes=40),
        Told(status=401), Told(b"<p>bad gateway</p>", 502),
    ]  # fmt: skip

    def answer(asked: Asked) -> Told:
        if asked.path == "/token":
            tokens.append(f"t{len(tokens)}")
            return Told(json.dumps({"access_token": tokens[-1], "expires_in": 3600}).encode())
        number = int(asked.query.get("after", "0"))
        if asked.headers["Authorization"] != f"Bearer {tokens[-1]}":
            return Told(status=401)
        return trouble.pop(0) if trouble and number == 2 else Told(_page(number))

    server.answer = answer
    service = ServiceProcess(tmp_path, overrides={"sources": [_source(server, auth=auth)]})
    service.start()
    try:
        _is_read(server)
        assert trouble == []
        assert len(tokens) == 2
        assert _counts(service)["published"] == PAGES * EVENTS_A_PAGE + 1
        assert "client-secret" not in service.output()
    finally:
        service.kill()


def test_pages_that_a_decoder_reads_and_that_do_not_change(
    tmp_path: Path, server: RestServer
) -> None:
    at = datetime(2026, 5, 12, 14, 15)  # noqa: DTZ001  the meter's local time
    body = telegram("VBS-001-MTR-HEAD", at)

    def answer(asked: Asked) -> Told:
        if asked.path == "/v1/cabinets":
            return Told(configuration("VBS-001", NOON))
        if asked.headers.get("If-None-Match") == '"1"':
            return Told(status=304, headers={"ETag": '"1"'})
        return Told(body, headers={"ETag": '"1"', "Content-Type": "text/plain"})

    server.answer = answer
    meter: Tree = {
        "name": "meter", "type": "poll", "tenant": TENANT, "every_seconds": 1,
        "url": f"{server.url}/v1/telegram", "decode": {"as": "p1", "cabinet": "VBS-001"},
    }  # fmt: skip
    cabinets: Tree = {
        **meter,
        "name": "kasten",
        "url": f"{server.url}/v1/cabinets",
        "decode": {"as": "canonical"},
    }
    service = ServiceProcess(tmp_path, overrides={"sources": [cabinets, meter]})
    service.start()
    try:
        server.wait_until(lambda: any("If-None-Match" in a.headers for a in server.asked))
        members = logged_members(service.log_path, service.url, "verbruik-individueel")
        assert any("15.792" in str(member) for member in members.values())
        # What the log kept is asked with from the first request of the next process on.
        service.kill()
        before = len(server.asked)
        service.start()
        server.wait_until(lambda: any(a.path == "/v1/telegram" for a in server.asked[before:]))
        first = next(a for a in server.asked[before:] if a.path == "/v1/telegram")
        assert first.headers["If-None-Match"] == '"1"'
    finally:
        service.kill()


def _ready(service: ServiceProcess) -> tuple[int, dict[str, Any]]:
    status, _, body = request(f"{service.url}/health/ready")
    return status, json.loads(body)


def _stuck(service: ServiceProcess) -> bytes:
    (line,) = (
        line
        for line in request(f"{service.url}/metrics")[2].splitlines()
        if line.startswith(b"ldes_shok_source_stuck")
    )
    return line.rpartition(b" ")[2]


def test_a_source_that_is_led_to_where_it_cannot_go_says_so_and_goes_on_when_it_can(
    tmp_path: Path, server: RestServer, forge: Forge
) -> None:
    """Over a restart too; readers and the other sources are served all the while."""
    following: list[str | None] = [server.url.replace("http://", "http://user@") + "/v1/events?p=2"]
    changes: Tree = {"next": {"type": "body-url", "path": "next"}, "query": {}}
    service = ServiceProcess(
        tmp_path,
        overrides={
            "sources": [_source(server, **changes)],
            "ingest": {"stuck_after_failures": 2},
            "logging": {"format": "json"},
        },
        forge=forge,
    )
    events = [configuration("VBS-001", NOON), measurement("VBS-001", NOON)]

    def answer(asked: Asked) -> Told:
        first = b'{"data": [' + b",".join(events) + b'], "next": '
        return Told(first + json.dumps(None if asked.query else following[0]).encode() + b"}")

    server.answer = answer
    for _ in range(2):
        service.start()
        try:
            asked = len(server.asked)
            server.wait_until(lambda: len(server.asked) >= asked + 4)  # noqa: B023
            status, said = _ready(service)
            assert (status, said["status"]) == (200, "degraded")
            (problem,) = said["problems"]
            assert problem.startswith("source verkoper: failed ")
            assert "a user name or a password in it" in problem
            assert _stuck(service) == b"1.0"
        finally:
            service.kill()
    assert all("Authorization" not in asked.headers for asked in server.asked)
    assert all(not asked.query for asked in server.asked)
    following[0] = "?p=2"
    service.start()
    try:
        server.wait_until(lambda: any(asked.query for asked in server.asked))
        asked = len(server.asked)
        server.wait_until(lambda: len(server.asked) >= asked + 2)
        assert _ready(service) == (
            200, {"status": "ready", "problems": [], "sources": {"verkoper": "connected"}},
        )  # fmt: skip
        assert _stuck(service) == b"0.0"
        assert len(logged_members(service.log_path, service.url, "verbruik-individueel")) == 1
    finally:
        service.kill()
