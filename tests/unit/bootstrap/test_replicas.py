"""Sources of type ldes, from the settings to a page over HTTP."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler

import pytest

from ldes_shok.bootstrap.decoders import build_decodings
from ldes_shok.bootstrap.privacy import build_secrecy
from ldes_shok.bootstrap.replicas import build_replicas, fetching
from ldes_shok.bootstrap.sources import SourceTools
from ldes_shok.client.fetching import Response
from ldes_shok.client.transport import HttpFetch, Manners
from ldes_shok.clock import ManualClock
from ldes_shok.errors import ConfigurationError, SourceError
from ldes_shok.log.sqlite.reader import SqliteLogReader
from ldes_shok.log.sqlite.writer import SqliteLogWriter
from ldes_shok.settings.model import Settings
from ldes_shok.settings.secrets import resolve_secrets
from ldes_shok.settings.store import store_path
from ldes_shok.sources.transports.ldes.source import ReplicaSource
from tests.support.logs import identity_of
from tests.support.patience import HANG_SECONDS
from tests.support.service import TENANT, Json, Tree
from tests.support.sinks import RecordingSink
from tests.support.vertical import NOON
from tests.unit.client.test_transport import Answer, body, served
from tests.unit.conftest import MakeSettings

KEYS: Tree = {
    "name": "buurstad",
    "type": "ldes",
    "tenant": TENANT,
    "cabinets": {"VBS-001": "BUUR-1"},
}
STREAM = "<urn:s> <https://w3id.org/tree#view> <{0}/by-time> .\n"


def _source(url: str, **more: Json) -> Tree:
    return {"sources": [{"url": url, **KEYS, **more}]}


def _replica(settings: Settings, sink: RecordingSink) -> ReplicaSource:
    SqliteLogWriter(store_path(settings.store), identity_of(settings.public_url)).close()
    log = SqliteLogReader(store_path(settings.store), settings.public_url)
    clock = ManualClock(NOON)
    decodings = build_decodings(settings, log, build_secrecy(settings, os.environ, clock))
    tools = SourceTools(sink, decodings, clock, lambda _source, _subject: None)
    secrets = resolve_secrets(settings, os.environ)
    (replica,) = build_replicas(settings, secrets, tools, log)
    return replica


async def test_it_asks_for_n_quads_first_and_shows_its_token_to_that_server_only(
    make_settings: MakeSettings,
) -> None:
    with served() as server:
        kind = {"Content_Type": "application/n-quads"}
        server.answers["/kasten"] = body(200, STREAM.format(server.url).encode(), **kind)
        server.answers["/by-time"] = body(200, b"", **kind)
        url = f"{server.url}/kasten"
        sink = RecordingSink()
        replica = _replica(make_settings(_source(url, token_env="TEST_STREAM_TOKEN")), sink)
        await replica.round()
        replica.close()
    assert [path for path, _, _ in server.asked] == ["/kasten", "/by-time"]
    headers = server.asked[0][1]
    assert headers["accept"].startswith("application/n-quads")
    assert headers["authorization"] == "Bearer stream-token-of-a-test"
    assert headers["user-agent"].startswith("ldes-shok/")


def _large(handler: BaseHTTPRequestHandler) -> None:
    body(200, b"#" * 70_000, Content_Type="application/n-quads")(handler)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (_large, "more than 65536 bytes"),
        (body(200, b"<a> <b>", Content_Type="text/turtle"), "it is not turtle"),
        (body(302, b"", Location="http://localhost:9/"), "another server"),
        (body(302, b"", Location="/caf\xe9"), "spaces or accents"),
    ],
)
async def test_a_page_that_is_hostile_is_a_problem_with_a_sentence(
    make_settings: MakeSettings, answer: Answer, sentence: str
) -> None:
    with served() as server:
        server.answers["/kasten"] = answer
        settings = make_settings(_source(f"{server.url}/kasten", max_page_bytes=65_536))
        replica = _replica(settings, RecordingSink())
        with pytest.raises((OSError, SourceError), match=sentence):
            await replica.round()
        replica.close()


async def test_a_redirect_that_names_a_user_is_not_followed(make_settings: MakeSettings) -> None:
    with served() as server:
        location = f"{server.url}/elsewhere".replace("http://", "http://user@")
        server.answers["/kasten"] = body(302, b"", Location=location)
        replica = _replica(make_settings(_source(f"{server.url}/kasten")), RecordingSink())
        with pytest.raises(OSError, match="a user name or a password in it"):
            await replica.round()
        replica.close()
    assert [path for path, _, _ in server.asked] == ["/kasten"]


async def test_a_service_that_stops_waits_for_no_page() -> None:
    with served() as server:
        arrived, done = asyncio.Event(), threading.Event()
        loop = asyncio.get_running_loop()

        def hang(_handler: BaseHTTPRequestHandler) -> None:
            loop.call_soon_threadsafe(arrived.set)
            done.wait(HANG_SECONDS)

        server.answers["/page"] = hang
        http = HttpFetch(Manners(user_agent="ldes-shok/test"))
        fetch = fetching(http)

        async def ask() -> Response:
            return await fetch(f"{server.url}/page", "")

        asking = asyncio.create_task(ask())
        async with asyncio.timeout(HANG_SECONDS):
            await arrived.wait()
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
            # The thread that asked is free again.
            await loop.shutdown_default_executor()
        done.set()


def test_a_source_that_says_of_no_cabinet_whose_it_is_is_refused(
    make_settings: MakeSettings,
) -> None:
    wrong: Sequence[Tree] = ({}, {"cabinets": {}}, {"cabinets": {"A": "B"}, "prefix": "C-"})
    for keys in wrong:
        source: Tree = {
            "name": "b",
            "type": "ldes",
            "tenant": TENANT,
            "url": "https://b.example/kasten",
        }
        sentence = r"sources\[0\]: must have exactly one of cabinets and prefix, .*KST-1: BUUR-1"
        with pytest.raises(ConfigurationError, match=sentence):
            make_settings({"sources": [{**source, **keys}]})


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        (
            {"cabinets": {"X": "BUUR-1"}},
            r"sources\[1\].cabinets: BUUR-1 is claimed by sources\[0\]",
        ),
        (
            {"prefix": "BUUR-"},
            r"sources\[1\].prefix: BUUR-1 is claimed by sources\[0\] \(buurstad\)",
        ),
        ({"prefix": "B"}, "give it another name in one of them"),
        ({"cabinets": {"VBS-001": "BUUR-1"}, "url": "https://b.example/x"}, ""),
        ({"prefix": "ELDERS-"}, ""),
    ],
)
def test_two_neighbours_with_one_name_are_refused(
    make_settings: MakeSettings, other: Tree, sentence: str
) -> None:
    first = {**KEYS, "url": "https://b.example/kasten"}
    second = {"name": "tweede", "type": "ldes", "tenant": TENANT, "url": "https://c.example/kasten"}
    tree: Tree = {"sources": [first, {**second, **other}]}
    if not sentence:
        assert len(make_settings(tree).sources) == 2
        return
    with pytest.raises(ConfigurationError, match=sentence):
        make_settings(tree)


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({"url": "urn:kasten"}, "must be an http or https URL"),
        ({"url": "https://user:word@buurstad.example/kasten"}, "must be an http or https URL"),
        ({"token_env": "A", "token_file": "/b"}, "at most one of token_env and token_file"),
        ({"cabinets": {"A": "X", "B": "X"}}, "two of their cabinets have one name here"),
        ({"cabinets": {"A": "x/y"}}, "must be 1 to 64 letters"),
        ({"cabinets": {}, "prefix": "x/y"}, "must be 1 to 32 letters"),
        ({"cabinets": {}, "prefix": ""}, "must be 1 to 32 letters"),
        ({"every_seconds": -1}, "from 0 to 86400"),
    ],
)
def test_settings_that_cannot_be_are_refused(
    make_settings: MakeSettings, keys: Tree, sentence: str
) -> None:
    source = {"url": "https://buurstad.example/kasten", **keys}
    with pytest.raises(ConfigurationError, match=sentence):
        make_settings({"sources": [{**KEYS, **source}]})
