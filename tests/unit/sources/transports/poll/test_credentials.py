"""Who we say we are: fixed secrets, and tokens that are fetched, renewed and never shown."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest

from ldes_shok.sources.base import SourceState
from ldes_shok.sources.transports.poll.credentials import credentials_of
from ldes_shok.sources.transports.poll.section import (
    Auth,
    BasicAuth,
    BearerAuth,
    HeaderAuth,
    OAuth2,
)
from tests.support.rest import Asked, Told
from tests.unit.sources.transports.poll.conftest import Bench

EVENT = b'{"n": 1}'


class Vendor:
    """Gives tokens t1, t2, ... and takes only the last one."""

    def __init__(self, expires_in: int | None = 3600) -> None:
        self.given = 0
        self.expires_in = expires_in

    def __call__(self, asked: Asked) -> Told:
        if asked.path == "/token":
            self.given += 1
            grant = {"access_token": f"t{self.given}", "token_type": "Bearer"}
            extra = {} if self.expires_in is None else {"expires_in": self.expires_in}
            return Told(json.dumps(grant | extra).encode())
        good = asked.headers.get("Authorization") == f"Bearer t{self.given}"
        return Told(EVENT) if good else Told(status=401)


@pytest.fixture
def as_client(bench: Bench) -> Callable[..., Bench]:
    def use(**changes: Any) -> Bench:
        keys = {"scope": "read all", **changes}
        bench.use(auth=OAuth2(f"{bench.server.url}/token", "shók:1", **keys))
        bench.secret = "s e+c"
        return bench

    return use


@pytest.mark.parametrize(
    ("auth", "secret", "name", "value"),
    [
        (BearerAuth(), "x.y", "Authorization", "Bearer x.y"),
        (BasicAuth("shók"), "p:w", "Authorization", "Basic c2jDs2s6cDp3"),
        (HeaderAuth("X-Api-Key"), "k.0", "X-Api-Key", "k.0"),
    ],
)
async def test_a_fixed_secret_goes_with_every_request(
    bench: Bench, auth: Auth, secret: str, name: str, value: str
) -> None:
    bench.use(auth=auth)
    bench.secret = secret
    bench.server.answer = lambda _: Told(EVENT)
    await bench.source().run_once(bench.client)
    assert bench.server.asked[0].headers[name] == value
    assert value not in repr(credentials_of(auth, secret, bench.clock))


async def test_a_token_is_fetched_once_and_renewed_before_its_end(
    as_client: Callable[..., Bench],
) -> None:
    bench, vendor = as_client(), Vendor()
    bench.server.answer = vendor
    source = bench.source()
    await source.run_once(bench.client)
    await source.run_once(bench.client)
    assert vendor.given == 1
    bench.clock.set(bench.clock.now() + timedelta(seconds=3539))
    await source.run_once(bench.client)
    assert vendor.given == 1
    bench.clock.set(bench.clock.now() + timedelta(seconds=1))
    await source.run_once(bench.client)
    assert vendor.given == 2
    assert bench.committed == [EVENT] * 4


async def test_the_grant_is_asked_for_as_the_standard_says(as_client: Callable[..., Bench]) -> None:
    bench = as_client()
    bench.server.answer = Vendor()
    await bench.source().run_once(bench.client)
    asked = bench.server.asked[0]
    assert (asked.method, asked.path) == ("POST", "/token")
    assert parse_qs(asked.body.decode()) == {
        "grant_type": ["client_credentials"], "scope": ["read all"],
    }  # fmt: skip
    pair = base64.b64decode(asked.headers["Authorization"].removeprefix("Basic "))
    assert pair == b"sh%C3%B3k%3A1:s+e%2Bc"


async def test_id_and_secret_may_stand_in_the_body(as_client: Callable[..., Bench]) -> None:
    bench = as_client(client_auth="body", scope=None)
    bench.server.answer = Vendor()
    await bench.source().run_once(bench.client)
    asked = bench.server.asked[0]
    assert "Authorization" not in asked.headers
    assert parse_qs(asked.body.decode())["client_secret"] == ["s e+c"]
    assert bench.committed == [EVENT]


async def test_a_token_that_is_no_longer_taken_is_replaced(as_client: Callable[..., Bench]) -> None:
    bench, vendor = as_client(), Vendor(expires_in=None)
    bench.server.answer = vendor
    source = bench.source()
    await source.run_once(bench.client)
    vendor.given += 1  # the server forgot the one that it gave
    await source.run_once(bench.client)
    assert source.status.state is SourceState.CONNECTED
    assert bench.committed == [EVENT, EVENT]
    assert bench.waited_seconds == []


async def test_a_server_that_takes_no_token_at_all_is_asked_twice_a_run(
    as_client: Callable[..., Bench],
) -> None:
    bench, vendor = as_client(), Vendor()
    bench.server.answer = lambda a: vendor(a) if a.path == "/token" else Told(status=401)
    source = bench.source()
    await source.run_once(bench.client)
    assert "refuses our credentials, 401" in source.status.detail
    assert [asked.path for asked in bench.server.asked] == ["/token", "/v1/events"] * 2


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (Told(b'{"error":"invalid_client"}', 401), "answers 401, invalid_client: see client_id"),
        (Told(b"<p>no</p>", 400), "answers 400: see client_id"),
        (Told(b'{"error":"a\\nb"}', 400), "answers 400: see client_id"),
        (Told(b'{"error":"\xe9"}', 401), "answers 401: see client_id"),
        (Told(b'{"x":' * 50_000, 401), "answers 401: see client_id"),
        (Told(b"{}"), "gives none"),
        (Told(b'{"access_token":"\xe9"}'), "gives none"),
        (Told(b'{"x":' * 50_000), "gives none"),
        (Told(b'{"access_token":"a\\r\\nb"}'), "gives one that is no text"),
        (Told(b'{"access_token":"a","token_type":"mac"}'), "gives another kind than bearer"),
    ],
)
async def test_a_server_that_gives_no_token_is_named(
    as_client: Callable[..., Bench], told: Told, said: str
) -> None:
    bench = as_client()
    bench.server.answer = lambda _: told
    source = bench.source()
    await source.run_once(bench.client)
    assert source.status.state is SourceState.DISCONNECTED
    assert said in source.status.detail
    assert "s e+c" not in source.status.detail


async def test_a_token_server_that_is_down_is_asked_again(as_client: Callable[..., Bench]) -> None:
    bench, vendor = as_client(), Vendor()
    answers = [Told(status=503)]
    bench.server.answer = lambda a: answers.pop() if answers else vendor(a)
    await bench.source().run_once(bench.client)
    assert bench.committed == [EVENT]
    assert len(bench.waited_seconds) == 1
