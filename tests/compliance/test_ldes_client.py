"""The client that cities and platforms run replicates our streams, whole and in sync.

npm `ldes-client`, pinned in `clients/package.json`. A simulated clock puts days behind the
service, small leaves give every stream several nodes on each level.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ldes_shok.clock import ManualClock
from ldes_shok.http.handlers.streams import VIEW
from tests.support.city import START, city_life
from tests.support.events import aggregate, configuration, measurement, measurements, status
from tests.support.graphs import MemberGraph, logged_members
from tests.support.ldes_client import Order, following, pages_left, replicate
from tests.support.local_service import LocalService, local_service
from tests.support.service import STREAM_TOKEN, STREAMS, Tree, push

pytestmark = [pytest.mark.compliance, pytest.mark.client]

LEAF_MEMBERS = 30
SMALL_LEAVES: Tree = {"fragmentation": {"leaf_members": LEAF_MEMBERS, "bucket_leaves": 4}}
TINY_LEAVES: Tree = {"fragmentation": {"leaf_members": 6, "bucket_leaves": 3}}
SECOND = timedelta(seconds=1)


@contextmanager
def service_in(directory: Path, overrides: Tree) -> Iterator[LocalService]:
    with local_service(directory, ManualClock(START), overrides) as service:
        yield service


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalService]:
    """Two cabinets and three days, each day's events an hour's worth at a time."""
    with service_in(tmp_path_factory.mktemp("city"), SMALL_LEAVES) as service:
        for last, payloads in city_life(cabinets=2, days=2.2).by_day():
            step = max(1, len(payloads) // 12)
            for number, first in enumerate(range(0, len(payloads), step)):
                at = last - timedelta(minutes=30 * (len(payloads) // step - number))
                service.push(payloads[first : first + step], at=max(at, service.clock.now()))
        for number in range(2 * LEAF_MEMBERS):
            end = START + number * timedelta(minutes=15)
            added_up = [
                aggregate("zone", "markten", end - timedelta(minutes=15), end, number, audience)
                for audience in ("public", "city")
            ]
            service.push_derived(added_up, service.clock.now() + SECOND)
        service.seal(service.clock.now() + timedelta(hours=2))
        yield service


@pytest.fixture
def quiet(tmp_path: Path) -> Iterator[LocalService]:
    """One cabinet that says little, tiny leaves."""
    with service_in(tmp_path, TINY_LEAVES) as service:
        service.push([configuration("VBS-001", START, outlets=1)])
        yield service


def logged(service: LocalService, stream: str) -> Mapping[str, MemberGraph]:
    return logged_members(service.core.log_path, service.url, stream)


def say_over_http(service: LocalService, events: list[bytes], at: datetime) -> None:
    service.clock.set(at)
    answered, _, body = push(service.url, events)
    assert answered == 200, body


@pytest.mark.parametrize("ordered", ["none", "ascending"])
@pytest.mark.parametrize("stream", STREAMS)
def test_a_stream_is_replicated_whole(city: LocalService, stream: str, ordered: Order) -> None:
    """P5, seen by a client: every member once, with exactly its quads; in order when asked."""
    stored = logged(city, stream)
    assert len(stored) > (1 if stream.startswith("reservaties") else LEAF_MEMBERS), "several leaves"

    replica = replicate(f"{city.url}/{stream}", ordered=ordered)

    assert replica.twice == []
    assert replica.graphs == {iri: member.graph for iri, member in stored.items()}
    if ordered == "ascending":
        times = [member.published for member in replica.members]
        assert times == sorted(times)


@pytest.mark.parametrize("stream", STREAMS)
def test_the_root_node_is_an_entry_too(city: LocalService, stream: str) -> None:
    replica = replicate(f"{city.url}/{stream}/{VIEW}")

    assert replica.twice == []
    assert set(replica.iris) == set(logged(city, stream))


@pytest.mark.parametrize("days", [[11], [12], [11, 12, 13]])
def test_a_client_that_starts_at_a_day_or_month_gets_exactly_that_part(
    city: LocalService, days: list[int]
) -> None:
    stream = "verbruik-individueel"
    node = "2026/05" if len(days) > 1 else f"2026/05/{days[0]}"
    expected = [
        iri
        for iri, member in logged(city, stream).items()
        if datetime.fromisoformat(member.published).day in days
    ]

    replica = replicate(f"{city.url}/{stream}/{VIEW}/{node}", ordered="ascending")

    assert replica.twice == []
    assert sorted(replica.iris) == sorted(expected)
    assert expected


def test_an_empty_stream_and_a_stream_of_one_member(tmp_path: Path) -> None:
    with service_in(tmp_path, TINY_LEAVES) as service:
        assert replicate(f"{service.url}/verbruik-individueel").iris == []
        service.push([configuration("VBS-001", START, outlets=1), measurement("VBS-001", START)])
        (only,) = logged(service, "verbruik-individueel")
        assert replicate(f"{service.url}/verbruik-individueel").iris == [only]


def test_a_client_that_follows_gets_every_member_once_over_leaves_and_days(
    quiet: LocalService, tmp_path: Path
) -> None:
    """Events arrive over HTTP while it polls: leaves fill, a day and then a month begin."""
    with following(f"{quiet.url}/techniek", tmp_path) as client:
        first = client.wait_for(logged(quiet, "techniek"))
        for moment in (
            START + SECOND,
            START + timedelta(minutes=10),
            START + timedelta(minutes=11),
            datetime(2026, 5, 11, 23, 59, 59, 999_000, tzinfo=UTC),
            datetime(2026, 5, 12, tzinfo=UTC),
            datetime(2026, 5, 12, 0, 0, 1, tzinfo=UTC),
            datetime(2026, 6, 1, tzinfo=UTC),
        ):
            say_over_http(quiet, list(measurements("VBS-001", moment, 3, SECOND)), moment)
            quiet.seal()
            client.wait_for(logged(quiet, "techniek"))
        stored = logged(quiet, "techniek")
        replica = client.wait_for(stored)

    assert first.iris
    assert replica.twice == []
    assert replica.graphs == {iri: member.graph for iri, member in stored.items()}


@pytest.mark.parametrize("ordered", ["none", "ascending"])
def test_a_client_that_resumes_gets_exactly_what_is_new(
    quiet: LocalService, tmp_path: Path, ordered: Order
) -> None:
    """One more member on an open leaf, a full leaf, a finished day, nothing at all."""
    state, url = tmp_path / "state", f"{quiet.url}/techniek"
    known: set[str] = set()
    rounds = (
        (START + SECOND, 1),
        (START + timedelta(minutes=1), 1),
        (START + timedelta(minutes=2), 4),
        (START + timedelta(minutes=3), 1),
        (START + timedelta(days=1), 2),
        (START + timedelta(days=1, minutes=1), 0),
        (START + timedelta(days=30), 3),
    )
    for moment, count in rounds:
        events = [
            status("VBS-001", moment + number * SECOND, occupancy=("in_use", "free")[number % 2])
            for number in range(count)
        ]
        if events:
            quiet.push(events, at=moment)
        quiet.seal(moment + SECOND)
        stored = set(logged(quiet, "techniek"))

        replica = replicate(url, ordered=ordered, state=state)

        assert replica.twice == []
        assert set(replica.iris) == stored - known, moment
        known = stored


CLOSED: Tree = {
    **TINY_LEAVES,
    "streams": {"techniek": {"access": "token", "token_env": ["TEST_STREAM_TOKEN"]}},
}


def test_a_closed_stream_is_replicated_with_the_token_as_the_password(tmp_path: Path) -> None:
    """The client's command knows Basic only; any user name will do."""
    with service_in(tmp_path, CLOSED) as service:
        service.push([configuration("VBS-001", START, outlets=1)])
        for events in (measurements("VBS-001", START + n * SECOND, 3, SECOND) for n in range(5)):
            service.push(list(events), at=service.clock.now() + SECOND)
        stored = logged(service, "techniek")
        assert len(stored) > 12, "several leaves"

        url = f"{service.url}/techniek"
        replica = replicate(url, ordered="ascending", basic_auth=f"anybody:{STREAM_TOKEN}")

        assert replica.twice == []
        assert replica.graphs == {iri: member.graph for iri, member in stored.items()}
        with pytest.raises(RuntimeError):
            replicate(url, basic_auth=f"{STREAM_TOKEN}:wrong")


@pytest.mark.parametrize(
    ("log", "left"),
    [
        ("debug: Relation found /p1\ndebug: Relation found /p2\ndebug: Page fetched /p1", {"/p2"}),
        ("debug: Found relation leading to /p1\ndebug: Paged fetched /p1", set()),
        (
            (
                "debug: Relation found /p1\n"
                "debug: Skipping fetch for previously fetched immutable page: /p1"
            ),
            set(),
        ),
    ],
)
def test_a_run_that_ended_before_it_asked_for_a_page_is_told_by_its_log(
    log: str, left: set[str]
) -> None:
    assert pages_left(log) == left
