"""The service dies at any moment, under load; what it acknowledged is there, once."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from ldes_shok.cabinet.incoming import Delivery, Origin
from ldes_shok.clock import ManualClock
from ldes_shok.fsck import Report, Snapshot
from tests.support.city import START
from tests.support.graphs import logged_members
from tests.support.load import HttpLoad, Load, MqttLoad
from tests.support.local_service import local_service
from tests.support.mosquitto import running_mosquitto
from tests.support.oracle import check_service, snapshots
from tests.support.service import STREAMS, TENANT, Json, ServiceProcess, Tree

pytestmark = pytest.mark.fault

NIGHTLY_KILLS = int(os.environ.get("KILLS", "500"))
SEED = 20260103
LONGEST_LIFE_SECONDS = 0.6
LONGEST_BIRTH_SECONDS = 2.5
BIRTHS_PER_DEATH = 5
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
        pytest.param(16, marks=pytest.mark.timeout(240)),
        pytest.param(NIGHTLY_KILLS, marks=[pytest.mark.nightly, pytest.mark.timeout(3600)]),
    ],
)


@contextmanager
def http_load(directory: Path) -> Iterator[tuple[ServiceProcess, HttpLoad]]:
    service = ServiceProcess(directory, overrides=SMALL_PAGES)
    try:
        yield service, HttpLoad(service.url, SEED)
    finally:
        service.kill()


@contextmanager
def mqtt_load(directory: Path) -> Iterator[tuple[ServiceProcess, MqttLoad]]:
    with running_mosquitto(directory) as broker:
        source: Json = {
            "name": "broker",
            "type": "mqtt",
            "tenant": TENANT,
            "topics": [TOPIC],
            "client_id": CLIENT_ID,
            "port": broker.port,
        }
        service = ServiceProcess(directory, overrides={**SMALL_PAGES, "sources": [source]})
        try:
            yield service, MqttLoad(service.url, broker, TOPIC)
            assert broker.acknowledgements(CLIENT_ID) > 0
        finally:
            service.kill()


def wait_for_progress(load: Load, service: ServiceProcess) -> None:
    """Return when something more is acknowledged."""
    before, deadline = load.progress(), time.monotonic() + 60
    while load.progress() <= before:
        assert service.running, service.output()
        assert time.monotonic() < deadline, service.output()
        time.sleep(0.005)


def kill_and_restart(service: ServiceProcess, load: Load, kills: int) -> dict[str, Snapshot]:
    """Kill at random moments, now and then while it starts; look at every page after each."""
    chance = Random(SEED)
    seen: dict[str, Snapshot] = {}
    for number in range(kills):
        wait_for_progress(load, service)
        time.sleep(chance.uniform(0, LONGEST_LIFE_SECONDS))
        service.kill()
        load.pause()
        if number % BIRTHS_PER_DEATH == 0:
            service.launch()
            time.sleep(chance.uniform(0, LONGEST_BIRTH_SECONDS))
            service.kill()
        service.start()
        seen = snapshots(check_service(service.url, previous=seen))
        load.resume()
    return seen


def expected_members(events: list[bytes], origin: Origin, url: str, directory: Path) -> set[str]:
    """The members of `events`, by a service that nobody disturbs."""
    directory.mkdir()
    with local_service(directory, ManualClock(START), {"public_url": url}) as undisturbed:
        now = undisturbed.clock.now()
        undisturbed.core.writer.write([Delivery(event, origin, now) for event in events])
        log_path = undisturbed.core.log_path
        return {iri for stream in STREAMS for iri in logged_members(log_path, url, stream)}


def assert_nothing_lost(
    service: ServiceProcess, load: Load, seen: dict[str, Snapshot], directory: Path
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


@many
def test_killed_under_http_load(tmp_path: Path, kills: int) -> None:
    """P1: an acknowledged event is never lost by crash or kill. P2: it is one member."""
    with http_load(tmp_path) as (service, load):
        service.start()
        load.start()
        seen = kill_and_restart(service, load, kills)
        load.finish()
        reports = assert_nothing_lost(service, load, seen, tmp_path)

    assert len(load.members) == len(set(load.members))
    assert set(load.members) <= set(published_in(reports))
    assert load.answers[0] >= kills // 2, "most kills cut a request off"
    assert sealed_in(reports) > kills


@pytest.mark.mqtt
@many
def test_killed_under_mqtt_load(tmp_path: Path, kills: int) -> None:
    """P1 over MQTT: a message that we acknowledged is published, the others come again."""
    with mqtt_load(tmp_path) as (service, load):
        service.start()
        load.start()
        seen = kill_and_restart(service, load, kills)
        load.finish()
        reports = assert_nothing_lost(service, load, seen, tmp_path)

    assert sealed_in(reports) > kills


@pytest.mark.parametrize("way", ["http", pytest.param("mqtt", marks=pytest.mark.mqtt)])
def test_told_to_stop_under_load(tmp_path: Path, way: str) -> None:
    """SIGTERM: what was taken is finished, exit code 0, within the grace, nothing lost."""
    chance = Random(SEED)
    with http_load(tmp_path) if way == "http" else mqtt_load(tmp_path) as (service, load):
        service.start()
        load.start()
        for _ in range(3):
            wait_for_progress(load, service)
            time.sleep(chance.uniform(0, LONGEST_LIFE_SECONDS))
            told = time.monotonic()
            assert service.stop(signal.SIGTERM) == 0, service.output()
            assert time.monotonic() - told < GRACE_SECONDS
            service.start()
        load.finish()
        assert_nothing_lost(service, load, {}, tmp_path)
    assert "Traceback" not in service.output()
