"""Frames that a gateway mirrors, both directions, over HTTP and over MQTT."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ldes_shok.log.sqlite.reader import SqliteLogReader
from tests.support.events import configuration
from tests.support.graphs import logged_members
from tests.support.mosquitto import Mosquitto, mqtt_client, running_mosquitto
from tests.support.patience import eventually
from tests.support.service import (
    TENANT,
    ServiceProcess,
    Tree,
    push,
    request,
    running_service,
)

pytestmark = pytest.mark.integration

LOOPBACK = "127.0.0.1"
TOKEN = "a-token-for-mirrored-frames"
GOLDEN = Path(__file__).parents[1] / "fixtures" / "ocpp16" / "session.json"
DECODE = {
    "as": "ocpp16",
    "stations": {"CP-1": "VBS-001"},
    "meters": {"CP-1/1": "VBS-001-MTR-1"},
}


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with running_mosquitto(tmp_path) as running:
        yield running


def settings(tmp_path: Path, broker: Mosquitto | None) -> Tree:
    token = tmp_path / "token"
    token.write_text(TOKEN)
    token.chmod(0o600)
    sources: list[dict[str, Any]] = [
        {"name": "push", "type": "http", "tenant": TENANT, "token_env": "TEST_PUSH_TOKEN"},
        {"name": "spiegel", "type": "http", "tenant": TENANT, "token_file": str(token)},
    ]
    if broker is not None:
        sources[1] = {
            "name": "spiegel",
            "type": "mqtt",
            "tenant": TENANT,
            "topics": ["ocpp/#"],
            "client_id": "ldes-shok-mirrored",
            "port": broker.port,
        }
    sources[1]["decode"] = DECODE
    return {"sources": sources}


def configured(service: ServiceProcess) -> None:
    at = datetime(2026, 5, 1, tzinfo=UTC)
    assert push(service.url, [configuration("VBS-001", at)])[0] == 200


def golden() -> list[Mapping[str, Any]]:
    said: list[Mapping[str, Any]] = json.loads(GOLDEN.read_text(encoding="utf-8"))
    return said


def send(service: ServiceProcess, said: list[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Envelopes as a body of lines."""
    lines = [
        json.dumps({"station": "CP-1", **{k: entry[k] for k in ("at", "direction", "frame")}})
        for entry in said
    ]
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/x-ndjson"}
    body = "\n".join(lines).encode()
    status, _, answer = request(f"{service.url}/ingest", method="POST", headers=headers, body=body)
    assert status == 200, answer
    results: Mapping[str, Any] = json.loads(answer)
    return results


def test_a_body_of_envelopes_is_published_once(tmp_path: Path) -> None:
    with running_service(tmp_path, overrides=settings(tmp_path, None)) as service:
        configured(service)
        first = send(service, golden())
        assert (first["received"], first["duplicate"], first["rejected"]) == (11, 2, 0)
        assert first["members"] > 0
        service.kill()
        service.start()
        again = send(service, golden())
        assert (again["received"], again["duplicate"], again["members"]) == (11, 11, 0)
        reader = SqliteLogReader(service.log_path, service.url)
        try:
            raws = reader.raws(f"http:{TENANT}:spiegel", 100)
        finally:
            reader.close()
        # All but the one that told nothing new. Those without an event, each time they came: in
        # the answer to a start stands its number.
        silent = [entry for entry in golden() if not entry["results"]]
        assert len(raws) == len(golden()) - 1 + len(silent)
        individual = logged_members(service.log_path, service.url, "verbruik-individueel")
        assert any("1284.530" in str(member) for member in individual.values())


@pytest.mark.mqtt
async def test_a_topic_for_each_station_and_direction(tmp_path: Path, broker: Mosquitto) -> None:
    with running_service(tmp_path, overrides=settings(tmp_path, broker)) as service:
        configured(service)
        async with mqtt_client(broker.port) as gateway:
            await asyncio.to_thread(broker.wait_for_subscriber, "ldes-shok-mirrored")
            for entry in golden():
                topic = f"ocpp/CP-1/{entry['direction']}"
                await gateway.publish(topic, entry["frame"], qos=1)
        await eventually(lambda: sum(tallied(service).values()) >= 11)
        outcomes = tallied(service)
        individual = logged_members(service.log_path, service.url, "verbruik-individueel")
    assert any("1284.530" in str(member) for member in individual.values())
    assert outcomes["rejected"] == 0


def tallied(service: ServiceProcess) -> Counter[str]:
    reader = SqliteLogReader(service.log_path, service.url)
    try:
        tallies = [t for t in reader.tallies() if t.source == f"mqtt:{TENANT}:spiegel"]
    finally:
        reader.close()
    return Counter({tally.outcome: tally.events for tally in tallies})
