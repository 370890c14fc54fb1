"""P11: nothing that a controller says about people or devices is in what anybody can read.

Ten thousand marked events of all kinds, good and bad, over HTTP and MQTT; then all bytes that are
public are fetched, and all that the service says of itself, and searched for any mark.
"""

from __future__ import annotations

import asyncio
import http.client
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import pytest

from ldes_shok.ldes.member import FIRST_POSITION
from ldes_shok.ldes.stream import Access
from ldes_shok.log.sqlite.reader import SqliteLogReader
from ldes_shok.settings.streams import Streams
from tests.support.command import run_command
from tests.support.marked import CABINETS, MARK, START, marked_configuration, marked_events
from tests.support.mosquitto import Mosquitto, mqtt_client, running_mosquitto
from tests.support.patience import HANG_SECONDS
from tests.support.raw import ask, get
from tests.support.service import (
    STREAM_TOKEN,
    TENANT,
    ServiceProcess,
    Tree,
    push,
    running_service,
)

pytestmark = [pytest.mark.integration, pytest.mark.mqtt]

PUSHED, SENT = 8_000, 2_000
"""Over HTTP and over MQTT."""

BODY_EVENTS: Final = 1_000
CLIENT_ID: Final = "ldes-shok-leaks"
_ACCESS: Final = {name: stream.access for name, stream in Streams().by_name().items()}
PUBLIC: Final = tuple(name for name, access in _ACCESS.items() if access is Access.OPEN)
RESTRICTED: Final = tuple(name for name in _ACCESS if name not in PUBLIC)
"""By default, as a city has it."""

FORMATS: Final = ("ttl", "trig", "nt", "nq", "jsonld", "html")
START_PATHS: Final = (
    "/", "/metrics", "/health/live", "/health/ready", "/openapi.json", "/context.jsonld",
    "/static/ldes-shok.css", "/nothing", "/kasten/nothing", "/kasten?x=1", "/ingest",
    "/id/nothing", *(f"/{stream}" for stream in RESTRICTED),
    *(f"/{stream}/by-time" for stream in RESTRICTED),
    *(f"/shapes/{stream}" for stream in (*PUBLIC, *RESTRICTED)),
)  # fmt: skip
_IRI: Final = re.compile(rb"""[<"'](https?://[^\s<>"']+)[>"']""")
_POLL_SECONDS: Final = 0.05
_EVERY: Final = 25
"""Of things that are described, one in so many is asked for in every form, all of them in one."""


def _settings(directory: Path, broker: Mosquitto) -> Tree:
    sources: list[Tree] = [
        {"name": "push", "type": "http", "tenant": TENANT, "token_env": "TEST_PUSH_TOKEN"},
        {
            "name": "broker",
            "type": "mqtt",
            "tenant": TENANT,
            "topics": ["kasten/#"],
            "client_id": CLIENT_ID,
            "port": broker.port,
        },
    ]
    closed: Tree = {"access": "token", "token_env": ["TEST_STREAM_TOKEN"]}
    return {
        "sources": sources,
        "streams": {name: closed if name in RESTRICTED else {"access": "open"} for name in _ACCESS},
        "logging": {"format": "json", "level": "debug"},
        "derive": {"enabled": True},
        "access": {"audit_file": str(directory / "audit.log")},
    }


async def _send(broker: Mosquitto) -> None:
    async with mqtt_client(broker.port) as client:
        for number, payload in enumerate(marked_events(PUSHED, SENT)):
            await client.publish(f"kasten/LEK{number:07d}", payload, qos=1)


@pytest.fixture(scope="module")
def leaking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    """A service that was told all of it; who reads has no token."""
    directory = tmp_path_factory.mktemp("leaks")
    with (
        running_mosquitto(directory) as broker,
        running_service(directory, overrides=_settings(directory, broker)) as service,
    ):
        broker.wait_for_subscriber(CLIENT_ID)
        first = [marked_configuration(number, c, START) for number, c in enumerate(CABINETS)]
        assert push(service.url, first)[0] == 200
        for number in range(0, PUSHED, BODY_EVENTS):
            events = list(marked_events(number, BODY_EVENTS))
            assert all(MARK.search(event) for event in events)
            assert push(service.url, events)[0] == 200
        asyncio.run(_send(broker))
        while broker.acknowledgements(CLIENT_ID) < SENT:
            time.sleep(_POLL_SECONDS)  # the broker's log has no event to wait for
        yield service


class _Client:
    """Asks over one connection and keeps all that came: heads and bodies."""

    def __init__(self, url: str, token: str = "") -> None:
        parts = urlsplit(url)
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._connection = http.client.HTTPConnection(
            parts.hostname or "", parts.port, timeout=HANG_SECONDS
        )
        self.answers: dict[str, bytes] = {}
        self.statuses: dict[str, int] = {}

    def get(self, path: str) -> bytes:
        self._connection.request("GET", path, headers=self._headers)
        answer = self._connection.getresponse()
        body = answer.read()
        self.answers[path] = str(answer.getheaders()).encode() + body
        self.statuses[path] = answer.status
        return self.answers[path]

    def links(self, answer: bytes) -> set[str]:
        """The paths of this service that an answer names."""
        found = {iri.decode() for iri in _IRI.findall(answer)}
        # An address of one form leads to the thing itself, which is asked for in each.
        plain = {iri.partition("#")[0].partition("?")[0] for iri in found}
        return {i.removeprefix(self._url) or "/" for i in plain if i.startswith(self._url)}

    def close(self) -> None:
        self._connection.close()


def _crawl(client: _Client, first: Iterator[str]) -> None:
    """Everything that can be reached, in every form."""
    waiting, seen, things = list(first), set[str](), 0
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        forms: tuple[str, ...] = FORMATS
        if path.startswith("/id/"):
            things += 1
            forms = FORMATS if things % _EVERY == 0 else ("nq",)
        for form in forms if "?" not in path else ():
            waiting += client.links(client.get(f"{path}?format={form}")) - seen
        if not path.startswith("/id/"):
            waiting += client.links(client.get(path)) - seen


def _marked(answers: Mapping[str, bytes]) -> list[tuple[str, bytes]]:
    """Where marks are, with one each."""
    found = ((path, MARK.search(answer)) for path, answer in answers.items())
    return [(path, match[0]) for path, match in found if match is not None]


@pytest.fixture(scope="module")
def crawled(leaking: ServiceProcess) -> _Client:
    with closing(_Client(leaking.url)) as client:
        _crawl(client, iter(START_PATHS))
        return client


def test_no_mark_is_in_anything_that_is_public(crawled: _Client) -> None:
    """P11: pages in all forms, headers, HTML, DCAT, shapes, metrics, errors, IRIs."""
    assert _marked(crawled.answers) == []
    pages = [path for path in crawled.answers if path.startswith("/kasten/by-time/2026/")]
    things = [path for path in crawled.answers if path.startswith("/id/")]
    leaves = {path.partition("?")[0] for path in pages if "/p" in path}
    assert len(leaves) >= 3
    assert len(pages) > len(leaves) * len(FORMATS)
    assert len(things) > 100
    assert {200, 303, 400, 401, 404, 405} <= set(crawled.statuses.values())
    for path, status in crawled.statuses.items():
        if re.split("[/?]", path)[1] in RESTRICTED:
            assert status in {400, 401}, path


def test_the_marks_are_there_for_who_may_see_them(leaking: ServiceProcess) -> None:
    """Otherwise the search would find nothing whatever was public."""
    with closing(_Client(leaking.url, STREAM_TOKEN)) as client:
        root = client.get("/techniek/by-time?format=nq")
        waiting = client.links(root)
        while waiting:
            path = waiting.pop()
            if path.startswith("/techniek/by-time/") and f"{path}?format=nq" not in client.answers:
                waiting |= client.links(client.get(f"{path}?format=nq"))
        assert _marked(client.answers)


def test_no_mark_is_in_an_answer_about_something_restricted(leaking: ServiceProcess) -> None:
    """Whoever has got hold of an address of it is told no more than that a token is needed."""
    reader = SqliteLogReader(leaking.log_path, leaking.url)
    try:
        count = reader.stream("techniek").members
        rows = reader.rows("techniek", FIRST_POSITION, count)[::_EVERY]
    finally:
        reader.close()
    assert len(rows) > 10
    with closing(_Client(leaking.url)) as client:
        for row in rows:
            for iri in (row.iri, row.entity):
                client.get(iri.removeprefix(leaking.url))
        refused = [path for path, status in client.statuses.items() if status == 401]
        assert len(refused) > 10
        assert set(client.statuses.values()) <= {303, 401}
        # Its own address is what the asker had; nothing else may be in the answer.
        without = {p: a.replace(p.encode(), b"") for p, a in client.answers.items()}
        assert _marked(without) == []


def test_no_address_has_a_mark_in_it(leaking: ServiceProcess) -> None:
    """Serials and EAN numbers are keyed in the addresses of restricted things too."""
    reader = SqliteLogReader(leaking.log_path, leaking.url)
    try:
        for stream in (*PUBLIC, *RESTRICTED):
            for row in reader.rows(stream, FIRST_POSITION, reader.stream(stream).members):
                assert MARK.search(f"{row.iri} {row.entity}".encode()) is None
    finally:
        reader.close()


def test_no_mark_is_in_what_the_service_says_of_itself(leaking: ServiceProcess) -> None:
    """Its logs at level debug, and the audit."""
    ask(leaking.port, get("/", {"Authorization ": "Bearer LEK0000001"}))
    said = leaking.output().encode()
    assert b'"level": "debug"' in said
    assert MARK.findall(said) == []
    audit = leaking.directory / "audit.log"
    if audit.exists():
        assert MARK.findall(audit.read_bytes()) == []


def _run(service: ServiceProcess, *arguments: str) -> bytes:
    done = run_command(service, *arguments)
    assert done.exit_code == 0, done.errors
    return f"{done.output}{done.errors}".encode()


def test_no_mark_is_in_what_is_exported_or_shown(leaking: ServiceProcess, tmp_path: Path) -> None:
    """Files for everybody, and the settings that an operator may paste into a question."""
    assert MARK.findall(_run(leaking, "config", "show")) == []
    assert MARK.findall(_run(leaking, "fsck")) == []
    assert MARK.findall(_run(leaking, "export", "--static", str(tmp_path / "pages"))) == []
    assert MARK.findall(_run(leaking, "export", "--nquads", str(tmp_path / "all.nq"))) == []
    files = {str(f): f.read_bytes() for f in tmp_path.rglob("*") if f.is_file()}
    assert len(files) > 10
    assert (tmp_path / "all.nq").stat().st_size > 10_000
    assert _marked(files) == []
