"""Two readers and two writers over one PostgreSQL: each dies in turn, under load."""

from __future__ import annotations

import os
import re
import signal
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final

import psycopg
import pytest

from ldes_shok.cabinet.incoming import Delivery
from ldes_shok.clock import ManualClock, SystemClock
from ldes_shok.fsck import EarlierCrawl
from tests.support.city import START
from tests.support.cluster import Cluster, running_cluster
from tests.support.events import configuration, measurement
from tests.support.graphs import logged_members
from tests.support.load import HttpLoad
from tests.support.local_service import local_service
from tests.support.oracle import check_service, snapshots
from tests.support.patience import HANG_SECONDS, promised, until
from tests.support.service import STREAMS, ServiceProcess, push, request

pytestmark = [pytest.mark.fault, pytest.mark.postgres]

NIGHTLY_ROUNDS: Final = int(os.environ.get("KILLS", "500")) // 10
SEED: Final = 20260103
TAKE_OVER_SECONDS: Final = 10.0
VISIBLE_SECONDS: Final = 1.0
PROBES: Final = 15


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with running_cluster(tmp_path_factory.mktemp("cluster")) as running:
        yield running


def kill_the_writer(cluster: Cluster) -> None:
    cluster.active()[0].kill()


def kill_the_standby(cluster: Cluster) -> None:
    cluster.active()[1].kill()


def kill_a_reader(cluster: Cluster) -> None:
    cluster.readers[0].kill()


def kill_the_other_reader(cluster: Cluster) -> None:
    cluster.readers[1].kill()


def end_the_writers_session(cluster: Cluster) -> None:
    with psycopg.connect(cluster.server.url("postgres"), autocommit=True) as connection:
        ended = connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " JOIN pg_locks USING (pid) WHERE locktype = 'advisory' AND granted"
        ).fetchall()
    assert ended == [(True,)]


def crash_the_server(cluster: Cluster) -> None:
    cluster.server.stop(signal.SIGQUIT)
    cluster.server.start()


DISASTERS: Final[tuple[Callable[[Cluster], None], ...]] = (
    kill_the_writer,
    kill_a_reader,
    end_the_writers_session,
    kill_the_standby,
    crash_the_server,
    kill_the_other_reader,
    kill_the_writer,
)


def seconds_until_progress(load: HttpLoad) -> float:
    """How long until something is acknowledged that was not before."""
    began, before = time.monotonic(), load.progress()
    until(lambda: load.progress() > before, lambda: load.answers)
    return time.monotonic() - began


@pytest.mark.parametrize(
    ("rounds", "within_seconds"),
    [
        (1, HANG_SECONDS),
        pytest.param(NIGHTLY_ROUNDS, TAKE_OVER_SECONDS, marks=pytest.mark.nightly),
    ],
)
def test_each_dies_in_turn(tmp_path: Path, rounds: int, within_seconds: float) -> None:
    """P1, P2: what was acknowledged is there, once, whoever dies; a standby takes over in 10 s."""
    slowest: dict[str, float] = {}
    with running_cluster(tmp_path) as cluster:
        load = HttpLoad([writer.url for writer in cluster.writers], SEED)
        load.start()
        seen: dict[str, EarlierCrawl] = {}
        for disaster in DISASTERS * rounds:
            seconds_until_progress(load)
            disaster(cluster)
            waited = seconds_until_progress(load)
            slowest[disaster.__name__] = max(waited, slowest.get(disaster.__name__, 0.0))
            load.pause()
            cluster.complete()
            seen = snapshots(check_service(cluster.url, previous=seen))
            load.resume()
        load.finish()
        reports = check_service(cluster.url, cluster.database, previous=seen, forms_every=50)
        logged = {s: set(logged_members(cluster.database, cluster.url, s)) for s in STREAMS}

    published = [iri for report in reports.values() for iri in report.members]
    assert len(published) == len(set(published))
    assert set(published) == set().union(*logged.values())
    assert set(load.members) <= set(published)
    assert len(load.members) == len(set(load.members))
    assert set(published) == undisturbed(load, cluster.url, tmp_path / "undisturbed")
    assert sum(len(report.snapshot.digests) for report in reports.values()) > len(DISASTERS)
    assert max(slowest.values()) <= within_seconds, slowest


def undisturbed(load: HttpLoad, url: str, directory: Path) -> set[str]:
    """The members of what was sent, by one service that nobody disturbs."""
    directory.mkdir()
    with local_service(directory, ManualClock(SystemClock().now()), {"public_url": url}) as service:
        now = service.clock.now()
        service.core.writer.write([Delivery(event, load.origin, now) for event in load.sent])
        service.core.writer.release_all()
        log = service.core.log_path
        return {iri for stream in STREAMS for iri in logged_members(log, url, stream)}


@promised(VISIBLE_SECONDS)
def test_readers_see_new_members_within_a_second(cluster: Cluster, within_seconds: float) -> None:
    """P7: a member is visible within 1 s of its acknowledgement, on every reader."""
    writer, _ = cluster.active()
    assert push(writer.url, [configuration("VBS-001", START)])[0] == 200
    waits: list[float] = []
    for number in range(PROBES):
        at = START + timedelta(minutes=1 + number)
        status, _, body = push(writer.url, [measurement("VBS-001", at)])
        assert status == 200, body
        acknowledged = time.monotonic()
        (iri, *_) = re.findall(rb'"(http://[^"]+/id/observatie/[^"]+)"', body)
        for reader in cluster.readers:
            until(partial(shows, cluster, reader, iri), poll_seconds=0)
            waits.append(time.monotonic() - acknowledged)
    assert statistics.median(waits) <= within_seconds, waits


def shows(cluster: Cluster, reader: ServiceProcess, iri: bytes) -> bool:
    """Whether a member stands on the newest page of one of its streams."""
    return any(iri in newest_page(cluster, reader, stream) for stream in STREAMS[1:])


def newest_page(cluster: Cluster, reader: ServiceProcess, stream: str) -> bytes:
    """The last leaf of a stream, found from its root on one reader."""
    path = f"/{stream}/by-time"
    link = re.compile(
        rb"<https://w3id.org/tree#node> <" + re.escape(cluster.url.encode()) + rb"([^>]+)>"
    )
    while True:
        _, _, body = request(f"{reader.url}{path}", headers={"Accept": "application/n-triples"})
        links = link.findall(body)
        if not links:
            return body
        path = max(links, key=lambda link: (len(link), link)).decode()


def test_a_second_writer_refuses_and_says_who_writes(cluster: Cluster) -> None:
    """Without `store.standby` a second writer refuses, as with a log in a file."""
    writer, other = cluster.active()
    other.kill()
    other.configure({"public_url": cluster.url, "store": {"url": cluster.database}})
    other.launch()
    assert other.wait() == 1
    last = other.output().strip().splitlines()[-1]
    assert f"pid {writer.pid} on " in last


def test_a_reader_takes_no_events(cluster: Cluster) -> None:
    status, headers, body = push(cluster.readers[0].url, [configuration("VBS-001", START)])
    assert (status, headers["content-type"]) == (421, "application/problem+json")
    assert b"only reads" in body


def test_a_reader_whose_server_is_away_says_so_and_recovers_alone(cluster: Cluster) -> None:
    reader = cluster.readers[0]
    cluster.server.stop(signal.SIGQUIT)
    wait_until_ready_is(reader, 503)
    status, headers, _ = request(f"{reader.url}/kasten/by-time")
    assert (status, "retry-after" in headers) == (503, True)
    cluster.server.start()
    wait_until_ready_is(reader, 200)
    assert request(f"{reader.url}/kasten/by-time")[0] == 200


def wait_until_ready_is(process: ServiceProcess, expected: int) -> None:
    process.until(lambda: request(f"{process.url}/health/ready")[0] == expected)
