"""The service dies at any moment, under load; what it acknowledged is there, once."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from ldes_shok.cabinet.incoming import Delivery, Origin
from ldes_shok.clock import ManualClock, SystemClock
from ldes_shok.fsck import EarlierCrawl, Report
from ldes_shok.ldes.member import FIRST_POSITION
from tests.support.forge import Forge, running_forge
from tests.support.load import HttpLoad, Load, MqttLoad
from tests.support.local_service import local_service
from tests.support.mosquitto import running_mosquitto
from tests.support.oracle import check_service, snapshots
from tests.support.patience import promised
from tests.support.service import SECRETS, STREAMS, TENANT, Json, ServiceProcess, Tree
from tests.support.tail import Tail

pytestmark = pytest.mark.fault

CI_KILLS = 200
NIGHTLY_KILLS = int(os.environ.get("KILLS", "5000"))
KILLS_PER_LOG = 100
"""Then another log is begun, so that the whole oracle stays affordable."""

DEATHS_PER_ORACLE = 20
SEED = 20260103
LONGEST_LIFE_SECONDS = 0.15
"""Some ten commits: whenever the kill comes, one is under way."""

LONGEST_BIRTH_SECONDS = 1.0
DEATHS_PER_BIRTH = 5
STOPS = 20
GRACE_SECONDS = 10
CLIENT_ID = "ldes-shok-killed"
TOPIC = "shok/voorbeeldstad/VBS-001"

SMALL_PAGES: Tree = {
    "fragmentation": {"leaf_members": 25, "bucket_leaves": 4},
    "http": {"shutdown_grace_seconds": GRACE_SECONDS},
}

many = pytest.mark.parametrize(
    "kills",
    [
        CI_KILLS // 2,
        pytest.param(NIGHTLY_KILLS // 2, marks=pytest.mark.nightly),
    ],
)


@pytest.fixture(scope="module")
def forge() -> Iterator[Forge]:
    with running_forge("tests.support.serving", environment=SECRETS) as forge:
        yield forge


@contextmanager
def http_load(directory: Path, forge: Forge | None) -> Iterator[tuple[ServiceProcess, HttpLoad]]:
    service = ServiceProcess(directory, overrides=SMALL_PAGES, forge=forge)
    try:
        yield service, HttpLoad(service.url, SEED)
    finally:
        service.kill()


@contextmanager
def mqtt_load(directory: Path, forge: Forge | None) -> Iterator[tuple[ServiceProcess, MqttLoad]]:
    with running_mosquitto(directory) as broker:
        source: Json = {
            "name": "broker",
            "type": "mqtt",
            "tenant": TENANT,
            "topics": [TOPIC],
            "client_id": CLIENT_ID,
            "port": broker.port,
        }
        overrides: Tree = {**SMALL_PAGES, "sources": [source]}
        service = ServiceProcess(directory, overrides=overrides, forge=forge)
        try:
            yield service, MqttLoad(service.url, broker, TOPIC, CLIENT_ID)
            assert broker.acknowledgements(CLIENT_ID) > 0
        finally:
            service.kill()


def wait_for_progress(load: Load, service: ServiceProcess) -> None:
    """Return when something more is acknowledged."""
    before = load.progress()
    service.until(lambda: load.progress() > before)


def kill_and_restart(
    service: ServiceProcess, load: Load, kills: int, chance: Random
) -> dict[str, EarlierCrawl]:
    """Kill at random moments, now and then while it starts; look at what is new after each."""
    seen: dict[str, EarlierCrawl] = {}
    tail = Tail(service.url, service.log_path)
    deaths = births = 0
    while deaths + births < kills:
        deaths += 1
        wait_for_progress(load, service)
        time.sleep(chance.uniform(0, LONGEST_LIFE_SECONDS))
        service.kill()
        load.pause()
        if deaths % DEATHS_PER_BIRTH == 0:
            births += 1
            service.launch()
            time.sleep(chance.uniform(0, LONGEST_BIRTH_SECONDS))
            service.kill()
        service.start()
        try:
            tail.check(load.acknowledged())
            if deaths % DEATHS_PER_ORACLE == 0:
                seen = snapshots(check_service(service.url, previous=seen))
        except OSError as error:
            state = "lives" if service.running else f"ended with {service.wait()}"
            raise AssertionError(f"after kill {deaths} the service {state}") from error
        load.resume()
    return seen


def expected_members(events: list[bytes], origin: Origin, url: str, directory: Path) -> set[str]:
    """The members of `events`, by a service that nobody disturbs."""
    directory.mkdir()
    with local_service(
        directory, ManualClock(SystemClock().now()), {"public_url": url}
    ) as undisturbed:
        now = undisturbed.clock.now()
        undisturbed.core.writer.write([Delivery(event, origin, now) for event in events])
        undisturbed.core.writer.release_all()
        reader = undisturbed.core.reader
        return {
            row.iri
            for stream in STREAMS
            for row in reader.rows(stream, FIRST_POSITION, reader.stream(stream).members)
        }


def assert_nothing_lost(
    service: ServiceProcess, load: Load, seen: dict[str, EarlierCrawl], directory: Path
) -> dict[str, Report]:
    """P1 to P6 and P12: the members are those of the events that were sent, each once."""
    reports = check_service(service.url, service.log_path, previous=seen, forms_every=50)
    published = published_in(reports)
    assert len(published) == len(set(published))
    assert set(published) == expected_members(
        load.sent, load.origin, service.url, directory / "undisturbed"
    )
    return reports


def published_in(reports: dict[str, Report]) -> list[str]:
    return [iri for report in reports.values() for iri in report.members]


def sealed_in(reports: dict[str, Report]) -> int:
    return sum(len(report.snapshot.digests) for report in reports.values())


def killed_under_http_load(directory: Path, forge: Forge, kills: int, chance: Random) -> None:
    with http_load(directory, forge) as (service, load):
        service.start()
        load.start()
        seen = kill_and_restart(service, load, kills, chance)
        load.finish()
        reports = assert_nothing_lost(service, load, seen, directory)

    assert len(load.members) == len(set(load.members))
    assert set(load.members) <= set(published_in(reports))
    assert load.answers[0] >= kills // 2, "most kills cut a request off"
    assert sealed_in(reports) > kills


def killed_under_mqtt_load(directory: Path, forge: Forge, kills: int, chance: Random) -> None:
    with mqtt_load(directory, forge) as (service, load):
        service.start()
        load.start()
        seen = kill_and_restart(service, load, kills, chance)
        load.finish()
        reports = assert_nothing_lost(service, load, seen, directory)

    assert sealed_in(reports) > kills


@pytest.mark.mqtt
@many
def test_killed_under_load(tmp_path: Path, forge: Forge, kills: int) -> None:
    """P1: an acknowledged event is never lost by crash or kill. P2: it is one member.

    Two services at a time, one fed over HTTP and one over MQTT: a message that we acknowledged is
    published, the others come again.
    """
    chance = Random(SEED)
    for first in range(0, kills, KILLS_PER_LOG):
        with ThreadPoolExecutor() as pool:
            ways = {"http": killed_under_http_load, "mqtt": killed_under_mqtt_load}
            running = []
            for name, way in ways.items():
                directory = tmp_path / f"{name}-{first}"
                directory.mkdir()
                life = min(KILLS_PER_LOG, kills - first)
                running.append(pool.submit(way, directory, forge, life, Random(chance.random())))
            for each in running:
                each.result()


@pytest.mark.parametrize("way", ["http", pytest.param("mqtt", marks=pytest.mark.mqtt)])
@promised(GRACE_SECONDS)
def test_told_to_stop_under_load(
    tmp_path: Path, forge: Forge, way: str, within_seconds: float
) -> None:
    """SIGTERM: what was taken is finished, exit code 0, within the grace, nothing lost."""
    chance = Random(SEED)
    under_load = http_load if way == "http" else mqtt_load
    with under_load(tmp_path, forge) as (service, load):
        service.start()
        load.start()
        for _ in range(STOPS // 2):
            wait_for_progress(load, service)
            time.sleep(chance.uniform(0, LONGEST_LIFE_SECONDS))
            told = time.monotonic()
            assert service.stop(signal.SIGTERM) == 0, service.output()
            assert time.monotonic() - told < within_seconds
            service.start()
        load.finish()
        assert_nothing_lost(service, load, {}, tmp_path)
    assert "Traceback" not in service.output()
