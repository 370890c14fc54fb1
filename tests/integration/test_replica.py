"""One city follows another: two real services, and the follower is killed again and again."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ldes_shok.client.page import read_page
from ldes_shok.ldes.node import NodeKind
from ldes_shok.log.sqlite.reader import SqliteLogReader
from ldes_shok.rdf.context import load_context
from ldes_shok.rdf.quads import MEDIA_TYPES, read_quads
from ldes_shok.rdf.terms import value_of
from ldes_shok.sources.decoder import Message
from tests.support.events import configuration, measurements, removal, status
from tests.support.graphs import MemberGraph, logged_members
from tests.support.members import replica_decoder
from tests.support.patience import until
from tests.support.service import (
    STREAM_TOKEN,
    TENANT,
    ServiceProcess,
    Tree,
    push,
    request,
    running_service,
)

pytestmark = pytest.mark.integration

DAY = datetime(2026, 5, 12, tzinfo=UTC)
FOLLOWED = ("techniek", "verbruik-individueel")
SMALL_PAGES: Tree = {"fragmentation": {"leaf_members": 20}}
_OBSERVED = re.compile(
    r"(?:observedProperty> <[^>]*/|qudt/value> |/value> |inXSDDateTime> |hasUnit> <[^>]*/"
    r"|schema.org/value> <[^>]*/)([^>\s]+)"
)
_STATE = re.compile(
    r"isVersionOf> <[^>]*/id/(\S+)>|terms/modified> (\S+)"
    r"|(?:adms#status|currentStatus)> <[^>]*/(\S+)>"
)


def _following(origin: ServiceProcess, **more: str) -> Tree:
    sources: list[Tree] = [
        {"name": "push", "type": "http", "tenant": TENANT, "token_env": "TEST_PUSH_TOKEN"}
    ]
    for stream in FOLLOWED:
        source: Tree = {
            "name": f"buurstad-{stream}",
            "type": "ldes",
            "tenant": TENANT,
            "url": f"{origin.url}/{stream}",
            "cabinets": {"VBS-001": "VBS-001"},
            "every_seconds": 1,
            **more,
        }
        sources.append(source)
    return {"sources": sources}


@contextmanager
def _reader(service: ServiceProcess) -> Iterator[SqliteLogReader]:
    reader = SqliteLogReader(service.log_path, service.url)
    try:
        yield reader
    finally:
        reader.close()


def _members(service: ServiceProcess) -> Mapping[str, int]:
    with _reader(service) as reader:
        return {stream: reader.stream(stream).members for stream in FOLLOWED}


def _observations(service: ServiceProcess) -> Counter[tuple[str, ...]]:
    """What was measured, member by member: property, value, unit, times, phase."""
    return Counter(
        tuple(sorted(fact for triple in member.graph for fact in _OBSERVED.findall(triple)))
        for stream in FOLLOWED
        for member in logged_members(service.log_path, service.url, stream).values()
        if "/observatie/" in member.iri
    )


def _states(service: ServiceProcess) -> set[tuple[str, ...]]:
    """What was said of the state of sockets."""
    members = logged_members(service.log_path, service.url, "techniek").values()
    return {_state(member) for member in members if "/stopcontact/" in member.iri}


def _cabinets(service: ServiceProcess) -> Counter[tuple[str, ...]]:
    """Versions of cabinets, by name and time, in the public stream."""
    members = logged_members(service.log_path, service.url, "kasten").values()
    return Counter(_state(member) for member in members if "/kast/" in member.iri)


def _state(member: MemberGraph) -> tuple[str, ...]:
    found = (match for triple in member.graph for match in _STATE.findall(triple))
    return tuple(sorted("".join(parts) for parts in found))


def _wait_for_more(service: ServiceProcess, before: int) -> None:
    _wait(lambda: sum(_members(service).values()) > before, "something new")


def _wait(condition: Callable[[], bool], what: str) -> None:
    until(condition, lambda: f"it never came: {what}")


def test_a_follower_that_is_killed_ends_with_all_and_nothing_twice(tmp_path: Path) -> None:
    """P1 and P2, for a stream that is followed."""
    (tmp_path / "origin").mkdir()
    (tmp_path / "follower").mkdir()
    with running_service(tmp_path / "origin", overrides=SMALL_PAGES) as origin:
        assert push(origin.url, [configuration("VBS-001", DAY)])[0] == 200
        follower = ServiceProcess(tmp_path / "follower", overrides=_following(origin))
        at = DAY
        try:
            for number in range(3):
                events = list(measurements("VBS-001", at, 25))
                at += timedelta(hours=12)
                axes = {"occupancy": "in_use" if number % 2 else "free"}
                assert push(origin.url, [*events, status("VBS-001", at, **axes)])[0] == 200
                follower.start()
                _wait_for_more(follower, sum(_members(follower).values()))
                follower.kill()
                # It is away: the page that it was on is sealed meanwhile.
                assert push(origin.url, list(measurements("VBS-001", at, 10)))[0] == 200
                at += timedelta(hours=12)
            follower.start()
            expected = _observations(origin)
            _wait(lambda: sum(_observations(follower).values()) >= expected.total(), "all of it")
            assert push(origin.url, [removal("VBS-001", at)])[0] == 200
            _wait(lambda: _gone(follower), "the removal")
        finally:
            follower.kill()
        assert _observations(follower) == expected
        assert max(expected.values()) == 1
        # The stream of the registers tells of its meter too, once.
        assert _cabinets(follower).keys() == _cabinets(origin).keys()
        assert _cabinets(follower).total() <= _cabinets(origin).total() + 1
        assert _states(origin) - {()} <= _states(follower)
        with _reader(follower) as copy:
            assert copy.quarantined_count() == 0
            assert list(copy.rejections(10)) == []
            sealed = [
                record.subject
                for record in copy.memories(f"ldes:{TENANT}:buurstad-techniek", "page:")
                if b'"immutable":true' in record.value
            ]
        assert len(sealed) >= 5


def test_a_neighbour_changes_nothing_of_ours_and_is_told_so(tmp_path: Path) -> None:
    """A followed neighbour's version or deletion of a cabinet of ours is refused, and visible."""
    (tmp_path / "origin").mkdir()
    (tmp_path / "follower").mkdir()
    with running_service(tmp_path / "origin") as origin:
        follower = ServiceProcess(tmp_path / "follower")
        try:
            follower.start()
            ours = [configuration("VBS-001", DAY), *measurements("VBS-001", DAY, 3)]
            assert push(follower.url, ours)[0] == 200
            follower.stop()
            follower.configure(_following(origin))
            at = DAY + timedelta(hours=1)
            theirs = [configuration("VBS-001", at), *measurements("VBS-001", at, 2)]
            assert (
                push(origin.url, [*theirs, removal("VBS-001", at + timedelta(hours=1))])[0] == 200
            )
            before = _members(follower)
            follower.start()
            _wait(lambda: len(_refused(follower)) > 10, "what is refused")
            _wait(lambda: any('"op":"remove"' in text for text in _refused(follower)), "a removal")
            for reason in _refused(follower).values():
                assert reason.startswith("cabinet VBS-001 is ours, http:voorbeeldstad:push told of")
            assert _members(follower) == before
            assert not _gone(follower)
            later = measurements("VBS-001", DAY + timedelta(hours=3), 1)
            assert b'"published":1' in push(follower.url, list(later))[2]
        finally:
            follower.kill()


def _refused(service: ServiceProcess) -> Mapping[str, str]:
    """What is in quarantine: payload to reason."""
    with _reader(service) as reader:
        return {
            event.payload.decode(): event.quarantine.reason if event.quarantine else ""
            for event in reader.quarantined(10_000)
        }


def _gone(service: ServiceProcess) -> bool:
    members = logged_members(service.log_path, service.url, "techniek").values()
    return any("#Delete>" in triple for member in members for triple in member.graph)


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    closed: Tree = {
        "streams": {"techniek": {"access": "token", "token_env": ["TEST_STREAM_TOKEN"]}}
    }
    folder = tmp_path_factory.mktemp("origin")
    with running_service(folder, overrides=closed) as running:
        events = [configuration("VBS-001", DAY), *measurements("VBS-001", DAY, 3)]
        assert push(running.url, events)[0] == 200
        yield running


def test_every_form_of_a_page_gives_the_same_events(origin: ServiceProcess) -> None:
    context, decoder = load_context(), replica_decoder()
    said: list[frozenset[object]] = []
    with _reader(origin) as reader:
        path = _leaf(reader)
    url = f"{origin.url}/verbruik-individueel/by-time/{path}"
    for media_type in MEDIA_TYPES:
        status_, headers, body = request(url, headers={"Accept": media_type})
        assert status_ == 200
        assert headers["content-type"].startswith(media_type)
        page = read_page(read_quads(body, media_type, url, context), url)
        results = [
            decoder.decode(
                Message(member.lines, DAY, {"members": value_of(member.iri)}), b""
            ).results
            for member in page.members
        ]
        said.append(frozenset(results))
    assert len(said[0]) == 3
    assert said.count(said[0]) == len(MEDIA_TYPES)


def _leaf(reader: SqliteLogReader) -> str:
    waiting = [""]
    while waiting:
        node = reader.node("verbruik-individueel", waiting.pop())
        assert node is not None
        if node.kind is NodeKind.LEAF:
            return node.path
        waiting += [child.path for child in reader.children("verbruik-individueel", node.path)]
    raise AssertionError("there is no leaf")


def test_a_closed_stream_is_followed_with_its_token_and_else_said_to_be_closed(
    origin: ServiceProcess, tmp_path: Path
) -> None:
    (tmp_path / "with").mkdir()
    (tmp_path / "without").mkdir()
    shown = _following(origin, token_env="TEST_STREAM_TOKEN")
    with running_service(tmp_path / "with", overrides=shown) as follower:
        _wait(lambda: _members(follower)["techniek"] >= 9, "the closed stream")
        assert STREAM_TOKEN not in follower.output()
    with running_service(tmp_path / "without", overrides=_following(origin)) as follower:
        _wait(lambda: "answers 401" in follower.output(), "the refusal")
        assert _members(follower)["techniek"] == 0
