"""A meter's P1 port: a stream over TCP, telegrams over MQTT and HTTP, into the real service."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from tests.support.bridge import Bridge, running_bridge
from tests.support.events import configuration
from tests.support.mosquitto import mqtt_client, running_mosquitto
from tests.support.pages import crawl
from tests.support.service import (
    TENANT,
    ServiceProcess,
    Tree,
    push,
    request,
    running_service,
)
from tests.support.telegram import telegram

pytestmark = pytest.mark.integration

CABINET = "VBS-001"
METER = f"{CABINET}-MTR-HEAD"
NOON = datetime(2026, 5, 12, 12, tzinfo=UTC)
LOCAL_NOON = datetime(2026, 5, 12, 14)  # noqa: DTZ001  local, S
TOKEN = "a-token-for-the-head-meter"
P1: Tree = {"as": "p1", "cabinet": CABINET}
PUSH: Tree = {"name": "push", "type": "http", "tenant": TENANT, "token_env": "TEST_PUSH_TOKEN"}


@pytest.fixture
def bridge() -> Iterator[Bridge]:
    with running_bridge() as running:
        yield running


def _source(name: str, kind: str, **keys: object) -> Tree:
    return {"name": name, "type": kind, "tenant": TENANT, "decode": P1, **keys}  # type: ignore[dict-item]


def _published(service: ServiceProcess, stream: str) -> str:
    pages = crawl(f"{service.url}/{stream}/by-time", "application/n-triples")
    return "\n".join(page.body.decode() for page in pages)


def _until(service: ServiceProcess, holds: Callable[[str], bool], stream: str) -> str:
    text = ""

    def shown() -> bool:
        nonlocal text
        text = _published(service, stream)
        return holds(text)

    service.until(shown)
    return text


def _at(seconds: int, kwh: str, *more: str) -> bytes:
    return telegram(METER, LOCAL_NOON + timedelta(seconds=seconds), "S", kwh, more=more)


def test_a_stream_of_telegrams_outlives_its_bridge(tmp_path: Path, bridge: Bridge) -> None:
    """One telegram a second; of each quarter hour one is published, whoever dies in between."""
    sources = [PUSH, _source("hoofdmeter", "tcp", port=bridge.port)]
    with running_service(tmp_path, overrides={"sources": sources}) as service:
        assert push(service.url, [configuration(CABINET, NOON)])[0] == 200
        bridge.accept()
        # It joins in the middle of a telegram, and a network cuts where it likes.
        stream = b"".join(_at(second, f"{1000 + second}.000") for second in range(20))
        bridge.send(_at(-1, "999.000")[200:] + stream[:700])
        bridge.send(stream[700:])
        _until(service, lambda text: "1000.000" in text, "verbruik-individueel")
        bridge.send(_at(899, "1899.000", "1-0:1.4.0(02.351*kW)")[:300])
        bridge.kill()
        bridge.start()
        bridge.accept()
        bridge.send(_at(900, "1900.000", "0-0:96.3.10(0)"))
        # The last of what that telegram says; what was stored before it was killed is known after.
        _until(service, lambda text: "spanningsstatus/uit" in text, "techniek")
        service.kill()
        bridge.kill()
        bridge.start()
        service.start()
        bridge.accept()
        # The service knows from its log what it published of this quarter hour.
        bridge.send(_at(900, "1900.000", "0-0:96.3.10(0)") + _at(901, "1901.000"))
        bridge.send(_at(1800, "2800.000"))
        text = _until(service, lambda text: "2800.000" in text, "verbruik-individueel")
        registers = ("1000.000", "1001.000", "1019.000", "1899.000", "1900.000", "1901.000")
        assert [text.count(f'"{value}"') for value in registers] == [1, 0, 0, 0, 1, 0]
        # Of two dozen telegrams three were published, with the breaker; what came again is known.
        metrics = request(f"{service.url}/metrics")[2].decode()
        for outcome, count in (("received", 6), ("published", 4), ("duplicate", 2)):
            labels = f'{{outcome="{outcome}",source="tcp:{TENANT}:hoofdmeter"}}'
            assert f"ldes_shok_log_events{labels} {count}.0" in metrics
        assert 'ldes_shok_source_state{source="hoofdmeter",state="connected"} 1.0' in metrics


def test_a_bad_cable_is_seen_and_hides_no_telegram(tmp_path: Path, bridge: Bridge) -> None:
    """Fault 42: what fails its checksum is rejected and counted; above 5 % somebody is told."""
    sources = [PUSH, _source("hoofdmeter", "tcp", port=bridge.port)]
    with running_service(tmp_path, overrides={"sources": sources}) as service:
        assert push(service.url, [configuration(CABINET, NOON)])[0] == 200
        bridge.accept()
        for second in range(30):
            whole = _at(second - 30, "999.000")
            bridge.send(whole.replace(b"999.000", b"998.000") if second % 3 == 0 else whole)
        bridge.send(_at(0, "1000.000"))
        _until(service, lambda text: "1000.000" in text, "verbruik-individueel")
        metrics = request(f"{service.url}/metrics")[2].decode()
        labels = f'{{outcome="rejected",source="tcp:{TENANT}:hoofdmeter"}}'
        assert f"ldes_shok_events_total{labels} 10.0" in metrics
        assert service.output().count('"event": "many_refused"') == 1
        assert '"998.000"' not in _published(service, "verbruik-individueel")


async def _send_to(port: int, payloads: Sequence[bytes]) -> None:
    async with mqtt_client(port) as client:
        for payload in payloads:
            await client.publish(f"p1/{CABINET}", payload, qos=1)


@pytest.mark.mqtt
def test_telegrams_come_over_mqtt(tmp_path: Path) -> None:
    with running_mosquitto(tmp_path) as broker:
        decode = {"as": "p1", "topic": "p1/{cabinet}"}
        keys = {"port": broker.port, "topics": ["p1/#"], "client_id": "p1-of-a-test"}
        keys["decode"] = decode
        overrides = {"sources": [PUSH, _source("hoofdmeter", "mqtt", **keys)]}
        with running_service(tmp_path, overrides=overrides) as service:
            assert push(service.url, [configuration(CABINET, NOON)])[0] == 200
            broker.wait_for_subscriber("p1-of-a-test")
            telegrams = (_at(0, "1000.000"), _at(1, "1001.000"), _at(900, "1900.000"))
            asyncio.run(_send_to(broker.port, telegrams))
            text = _until(service, lambda text: "1900.000" in text, "verbruik-individueel")
            assert '"1001.000"' not in text


def test_telegrams_come_over_http_in_pieces(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text(TOKEN)
    token.chmod(0o600)
    overrides = {"sources": [PUSH, _source("hoofdmeter", "http", token_file=str(token))]}
    with running_service(tmp_path, overrides=overrides) as service:
        assert push(service.url, [configuration(CABINET, NOON)])[0] == 200

        def send(body: bytes) -> dict[str, object]:
            status, _, answer = request(
                f"{service.url}/ingest",
                method="POST",
                headers={"Authorization": f"Bearer {TOKEN}"},
                body=body,
            )
            assert status == 200, answer
            return msgspec.json.decode(answer, type=dict[str, object])

        peak = "1-0:1.6.0(260509134558S)(02.589*kW)"
        whole = _at(540, "1000.000", "1-0:1.4.0(02.351*kW)", peak)
        assert send(whole[:333])["received"] == 0
        answer = send(whole[333:] + _at(541, "1001.000", peak))
        assert (answer["received"], answer["published"]) == (3, 3), answer
        assert send(_at(542, "1002.000", peak))["received"] == 0
        assert send(whole)["duplicate"] == 3
        text = _published(service, "techniek")
        assert "kenmerktype/piekvermogen" in text
        assert "2026-05-09T11:45:58Z" in text
        assert "kenmerktype/gemiddeld-vermogen" in text
