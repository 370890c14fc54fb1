"""The whole way, from what a cabinet says to what a client reads."""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from ldes_shok.errors import LogMismatch, LogUnavailable
from ldes_shok.log.sqlite.reader import SqliteLogReader
from tests.support.city import city_life
from tests.support.command import kill_command_when, run_command
from tests.support.events import configuration, event, instant, measurement, status
from tests.support.graphs import MemberGraph, logged_members
from tests.support.mosquitto import mqtt_client, running_mosquitto
from tests.support.oracle import check_service
from tests.support.patience import until
from tests.support.service import (
    STREAMS,
    TENANT,
    Json,
    ServiceProcess,
    Tree,
    push,
    request,
    running_service,
)

pytestmark = pytest.mark.integration

NOON = datetime(2026, 5, 12, 12, tzinfo=UTC)
PUBLIC_URL = "http://127.0.0.1:8080"
EVENTS = 10_000
EVENTS_AT_ONCE = 500

# ------------------------------------------------------------- the same file, in whatever way


def store_in(directory: Path) -> ServiceProcess:
    """A store of its own, whose IRIs are those of every other one."""
    directory.mkdir()
    return ServiceProcess(directory, overrides={"public_url": PUBLIC_URL})


def members_of(store: ServiceProcess) -> Mapping[str, MemberGraph]:
    return {
        iri: member
        for stream in STREAMS
        for iri, member in logged_members(store.log_path, PUBLIC_URL, stream).items()
    }


def has_members(store: ServiceProcess) -> bool:
    if not store.log_path.exists():
        return False
    reader = SqliteLogReader(store.log_path, PUBLIC_URL)
    try:
        return reader.stream("techniek").members > 0
    except (LogUnavailable, LogMismatch):  # it is just being made
        return False
    finally:
        reader.close()


def assert_same(members: Mapping[str, MemberGraph], others: Mapping[str, MemberGraph]) -> None:
    """The same members; of every observation the same quads, but for what the log stamps."""
    assert set(members) == set(others)
    observations = [iri for iri in members if "/id/observatie/" in iri]
    assert len(observations) > len(members) // 2
    different = [iri for iri in observations if members[iri].said != others[iri].said]
    assert different == []


def test_one_file_twice_shuffled_and_killed_half_way(tmp_path: Path) -> None:
    """P2: delivered once or a thousand times, in any order, it is one member with one IRI."""
    payloads = city_life(cabinets=2, days=3).payloads
    file, shuffled = tmp_path / "events.ndjson", tmp_path / "shuffled.ndjson"
    file.write_bytes(b"\n".join(payloads))
    Random(1).shuffle(payloads)
    shuffled.write_bytes(b"\n".join(payloads))
    different = len(set(payloads))

    straight = store_in(tmp_path / "straight")
    first = run_command(straight, "ingest", str(file))
    assert first.exit_code == 0, first
    assert f"received {len(payloads)}: published {different}, duplicate" in first.output
    members = members_of(straight)
    again = run_command(straight, "ingest", str(file))
    assert f"published 0, duplicate {len(payloads)}, quarantined 0" in again.output
    assert members_of(straight) == members

    other = store_in(tmp_path / "other")
    assert run_command(other, "ingest", str(shuffled)).exit_code == 0
    assert_same(members, members_of(other))
    assert "the quarantine is empty" in run_command(other, "quarantine", "list").output

    killed = store_in(tmp_path / "killed")
    kill_command_when(killed, lambda: has_members(killed), "ingest", str(file))
    assert 0 < len(members_of(killed)) < len(members)
    assert run_command(killed, "ingest", str(file)).exit_code == 0
    assert_same(members, members_of(killed))


# ----------------------------------------------------------------------- ten thousand events


def ten_thousand_events() -> Iterator[bytes]:
    """A configured cabinet; of a hundred events 90 good, 5 again, 3 of no outlet, 2 wrong."""
    yield configuration("VBS-001", NOON)
    before = b""
    for number in range(1, EVENTS):
        at = NOON + timedelta(seconds=number)
        match number % 100:
            case 20 | 40 | 60 | 80 | 99:
                yield before
            case 10 | 30 | 50:
                yield session(at, number)
            case 5 | 15:
                yield b'{"v":1,"kind":"status","cabinet":"VBS-001"}'
            case 1:
                yield status("VBS-001", at)
            case _:
                before = single_reading(at, number)
                yield before


def single_reading(at: datetime, number: int) -> bytes:
    readings: Json = [
        {
            "quantity": "energy.import.register",
            "phase": "total",
            "value": f"{number}.25",
            "unit": "Wh",
        }
    ]
    data: Mapping[str, Json] = {"readings": readings, "meter": "VBS-001-MTR-1"}
    return event("measurement", "VBS-001", at, data, outlet="1")


def session(at: datetime, number: int) -> bytes:
    data = {"sessionId": f"ses-{number}", "event": "started", "startedAt": instant(at)}
    return event("session", "VBS-001", at, data)


def metric(url: str, name: str) -> Mapping[str, int]:
    """A metric's values by its labels, as they are written."""
    _, _, body = request(f"{url}/metrics")
    lines = re.findall(rf"^{name}(\{{[^}}]*\}})? (\S+)$", body.decode(), re.MULTILINE)
    return {labels: int(float(value)) for labels, value in lines}


def test_ten_thousand_events_are_accounted_for(tmp_path: Path) -> None:
    """P8: received = published + duplicate + quarantined + rejected, for events."""
    events = list(ten_thousand_events())
    assert len(events) == EVENTS
    answered: Counter[str] = Counter()
    outcomes: Counter[str] = Counter()
    promised: list[str] = []
    with running_service(tmp_path) as service:
        for first in range(0, EVENTS, EVENTS_AT_ONCE):
            batch = events[first : first + EVENTS_AT_ONCE]
            code, _, body = push(service.url, batch)
            assert code == 200, body
            answer = json.loads(body)
            results = answer.pop("results")
            assert [result["index"] for result in results] == list(range(len(batch)))
            answered.update(answer)
            outcomes.update(result["outcome"] for result in results)
            promised += [iri for result in results for iri in result["members"]]

        log_events = metric(service.url, "ldes_shok_log_events")
        counted = metric(service.url, "ldes_shok_events_total")
        log_members = metric(service.url, "ldes_shok_log_members")
        reports = check_service(service.url, service.log_path)

    kinds = {kind: answered[kind] for kind in ("published", "duplicate", "quarantined", "rejected")}
    assert kinds == dict(outcomes)
    assert kinds == {"published": 9_000, "duplicate": 500, "quarantined": 300, "rejected": 200}
    assert answered["received"] == sum(kinds.values()) == EVENTS
    for told in (log_events, counted):
        by_outcome = {labels.split('"')[1]: value for labels, value in told.items()}
        assert by_outcome == {**kinds, "received": EVENTS}
    assert answered["members"] == len(promised) == len(set(promised))
    assert sum(log_members.values()) == len(promised)
    assert {iri for report in reports.values() for iri in report.members} == set(promised)


# -------------------------------------------------------------------------------------- MQTT


def wait_for_members(url: str, stream: str, count: int) -> None:
    wanted = f'{{stream="{stream}"}}'
    until(lambda: metric(url, "ldes_shok_log_members").get(wanted, 0) >= count)


def wait_until_connected(url: str) -> None:
    """A broker keeps nothing for a session that it has never seen."""
    until(lambda: b'"broker":"connected"' in request(f"{url}/health/ready")[2])


@pytest.mark.mqtt
def test_from_a_message_to_a_page(tmp_path: Path) -> None:
    """QoS 1 in; the member stands on the page; what it is a version of leads to it."""

    async def publish(port: int, payloads: list[bytes]) -> None:
        async with mqtt_client(port) as client:
            for payload in payloads:
                await client.publish("shok/voorbeeldstad/VBS-001", payload, qos=1)

    with running_mosquitto(tmp_path) as broker:
        source: Json = {
            "name": "broker",
            "type": "mqtt",
            "tenant": TENANT,
            "topics": ["shok/voorbeeldstad/#"],
            "client_id": "ldes-shok-end-to-end",
            "port": broker.port,
        }
        overrides: Tree = {"sources": [source]}
        with running_service(tmp_path, overrides=overrides) as service:
            events = [configuration("VBS-001", NOON), measurement("VBS-001", NOON)]
            wait_until_connected(service.url)
            asyncio.run(publish(broker.port, events))
            wait_for_members(service.url, "verbruik-individueel", 1)
            (iri,) = check_service(service.url)["verbruik-individueel"].members
            entity = iri.rpartition("/")[0]
            code, headers, _ = request(entity)
            assert (code, headers["location"]) == (303, iri)
            code, headers, body = request(iri, headers={"Accept": "application/n-triples"})
            assert code == 200
            assert f"<{iri}> ".encode() in body
            assert request(f"{service.url}/health/ready")[2].count(b'"broker":"connected"') == 1
