"""Poll sources are built as their settings say: seen from the server that they ask."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from ldes_shok.clock import ManualClock
from ldes_shok.settings.secrets import resolve_secrets
from ldes_shok.sources.transports.poll.client import PollClient, client_session
from ldes_shok.sources.transports.poll.source import Poller
from ldes_shok.sources.transports.registry import RUNNING
from tests.support.rest import Asked, RestServer, Told, running_rest
from tests.support.running import running_tools
from tests.support.service import Json
from tests.support.sinks import RecordingSink
from tests.support.vertical import NOON
from tests.unit.conftest import MakeSettings

SECRET = {"secret_env": "TEST_POLL_SECRET"}


@pytest.fixture
def server() -> Iterator[RestServer]:
    with running_rest() as running:
        yield running


async def _asked(
    make_settings: MakeSettings, server: RestServer, changes: dict[str, Json]
) -> list[Asked]:
    source: dict[str, Json] = {
        "name": "verkoper", "type": "poll", "tenant": "voorbeeldstad", "every_seconds": 60,
        "url": f"{server.url}/v1", **changes,
    }  # fmt: skip
    settings = make_settings({"sources": [source]})
    secrets = resolve_secrets(settings, {**os.environ, "TEST_POLL_SECRET": "hush"})
    (section,) = settings.sources
    clock = ManualClock(NOON)
    tools = running_tools(RecordingSink(), clock=clock)
    built = RUNNING[type(section)](section, secrets.shown_by("verkoper") or "", tools)
    assert isinstance(built, Poller)
    async with client_session() as session:
        await built.run_once(PollClient(session, clock, 10, 10_000))
    return server.asked


@pytest.mark.parametrize(
    ("auth", "name", "value"),
    [
        ({"type": "none"}, "Authorization", None),
        ({"type": "bearer", **SECRET}, "Authorization", "Bearer hush"),
        ({"type": "basic", "username": "u", **SECRET}, "Authorization", "Basic dTpodXNo"),
        ({"type": "header", "header": "X-Api-Key", **SECRET}, "X-Api-Key", "hush"),
    ],
)
async def test_every_way_to_say_who_we_are(
    make_settings: MakeSettings, server: RestServer, auth: Json, name: str, value: str | None
) -> None:
    server.answer = lambda _: Told(b"[]")
    (asked,) = await _asked(make_settings, server, {"auth": auth})
    assert asked.headers.get(name) == value


async def test_tokens_of_a_client(make_settings: MakeSettings, server: RestServer) -> None:
    auth: Json = {
        "type": "oauth2", "token_url": f"{server.url}/token", "client_id": "shok",
        "client_auth": "body", "scope": "s", **SECRET,
    }  # fmt: skip
    server.answer = lambda a: Told(b'{"access_token": "t"}' if a.path == "/token" else b"[]")
    token, page = await _asked(make_settings, server, {"auth": auth})
    assert b"client_secret=hush" in token.body
    assert page.headers["Authorization"] == "Bearer t"


@pytest.mark.parametrize(
    ("form", "since"),
    [
        ("iso", "2026-05-12T11:00:00Z"),
        ("unix-seconds", "1778583600"),
        ("unix-milliseconds", "1778583600000"),
    ],
)
async def test_windows(
    make_settings: MakeSettings, server: RestServer, form: str, since: str
) -> None:
    server.answer = lambda _: Told(b"[]")
    window: Json = {"start": "2026-05-12T11:00:00Z", "form": form}
    changes: dict[str, Json] = {"window": window, "query": {"from": "{since}"}}
    (asked,) = await _asked(make_settings, server, changes)
    assert asked.query == {"from": since}


@pytest.mark.parametrize(
    ("following", "query"),
    [
        ({"type": "cursor", "path": "next"}, {"p": "{cursor}"}),
        ({"type": "body-url", "path": "url"}, {}),
        ({"type": "link"}, {}),
    ],
)
async def test_every_way_to_the_next_page(
    make_settings: MakeSettings, server: RestServer, following: Json, query: Json
) -> None:
    def answer(asked: Asked) -> Told:
        if asked.query:
            return Told(b'{"data": []}')
        body = b'{"data": [{}], "next": 2, "url": "/v1?p=2"}'
        return Told(body, headers={"Link": '</v1?p=2>; rel="next"'})

    server.answer = answer
    changes: dict[str, Json] = {"next": following, "query": query, "items": "data"}
    first, second = await _asked(make_settings, server, changes)
    assert (first.query, second.query) == ({}, {"p": "2"})
