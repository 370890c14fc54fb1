"""A vendor's devices at a broker with TLS, through the whole service, by a mapping."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Literal

import msgspec
import pytest

from ldes_shok.errors import SourceError
from ldes_shok.sources.transports.mqtt.certificates import tls_context
from ldes_shok.sources.transports.mqtt.section import MqttSource
from tests.support.authority import Authority
from tests.support.events import configuration
from tests.support.graphs import logged_members
from tests.support.mosquitto import Mosquitto, running_mosquitto
from tests.support.service import TENANT, Json, ServiceProcess, push, request, running_service

pytestmark = [pytest.mark.integration, pytest.mark.mqtt]

ROOT = Path(__file__).parents[2]
CLIENT_ID = "ldes-shok-test"
DEVICE = "shellypro4pm-0d0e0f"
METER = "VBS-001-MTR-1"
HOOK_TOKEN = "a-token-for-the-webhook"
PUSH: Final[Json] = {
    "name": "push",
    "type": "http",
    "tenant": TENANT,
    "token_env": "TEST_PUSH_TOKEN",
}


class Site:
    """A broker with its own authority, which only takes clients that it knows."""

    def __init__(self, directory: Path) -> None:
        self.authority = Authority(directory)
        server = self.authority.sign("broker")
        self.client = self.authority.sign("client")
        self.listener = "\n".join(
            (
                f"cafile {self.authority.certificate}",
                f"certfile {server.certificate}",
                f"keyfile {server.key}",
                "require_certificate true",
            )
        )

    def source(self, broker: Mosquitto, protocol: str, **changes: Json) -> Json:
        """The settings of a source there."""
        return {
            "name": "broker",
            "type": "mqtt",
            "tenant": TENANT,
            "topics": ["+/online", "+/events/rpc"],
            "client_id": CLIENT_ID,
            "port": broker.port,
            "protocol": protocol,
            "tls": True,
            "tls_ca_file": str(self.authority.certificate),
            "tls_certificate_file": str(self.client.certificate),
            "tls_key_file": str(self.client.key),
            "decode": {
                "as": "mapping",
                "preset": "shelly",
                "aliases": {
                    DEVICE: {"cabinet": "VBS-001"},
                    f"{DEVICE}/0": {"cabinet": "VBS-001", "outlet": "1", "meter": METER},
                },
            },
            **changes,
        }


@contextmanager
def device(broker: Mosquitto, site: Site) -> Iterator[subprocess.Popen[bytes]]:
    """A device in a process of its own, connected."""
    files = (site.authority.certificate, site.client.certificate, site.client.key)
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.mqtt_device", str(broker.port), DEVICE, *files],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        _sent(process)
        yield process
    finally:
        process.kill()
        process.communicate()


def _sent(process: subprocess.Popen[bytes]) -> None:
    assert process.stdout is not None
    assert process.stdout.readline() == b"sent\n"


def notify(process: subprocess.Popen[bytes], method: str, **components: Json) -> None:
    """The device says something, and the broker has it."""
    said = {"src": DEVICE, "method": method, "params": {"ts": time.time(), **components}}
    assert process.stdin is not None
    process.stdin.write(json.dumps(said).encode() + b"\n")
    process.stdin.flush()
    _sent(process)


def published(service: ServiceProcess, *words: str, stream: str = "techniek") -> int:
    """How many members say all of `words`."""
    members = logged_members(service.log_path, service.url, stream).values()
    texts = ["\n".join(member.said) for member in members]
    return sum(all(word in text for word in words) for text in texts)


@pytest.mark.parametrize("protocol", ["3.1.1", "5"])
def test_a_device_with_a_certificate_is_published_and_missed_when_it_is_killed(
    tmp_path: Path, protocol: Literal["3.1.1", "5"]
) -> None:
    """Readings of a delta, and the last will of a client that was killed, over TLS."""
    site = Site(tmp_path)
    with running_mosquitto(tmp_path, extra=site.listener) as broker:
        overrides = {"sources": [PUSH, site.source(broker, protocol)]}
        with running_service(tmp_path, overrides=overrides) as service:
            configured = datetime.now(UTC) - timedelta(days=1)
            assert push(service.url, [configuration("VBS-001", configured)])[0] == 200
            broker.wait_for_subscriber(CLIENT_ID)
            with device(broker, site) as process:
                service.until(lambda: published(service, "verbindingsstatus/online") == 1)
                whole: Json = {
                    "output": True,
                    "voltage": 231.25,
                    "apower": 100,
                    "aenergy": {"total": 7},
                }
                notify(process, "NotifyFullStatus", **{"switch:0": whole})
                notify(process, "NotifyStatus", **{"switch:0": {"apower": 1500.5}})
                # 1500.5 W is 1.5005 kW; the voltage is said again with it, from the full state.
                service.until(lambda: published(service, "kenmerktype/vermogen", '"1.5005"') == 1)
                assert published(service, "kenmerktype/spanning", '"231.25"') == 2
                # The register is not: it had moved on, and the device did not say how far.
                assert published(service, '"0.007"', stream="verbruik-individueel") == 1
                process.kill()
                service.until(lambda: published(service, "verbindingsstatus/offline") == 1)


def test_a_broker_that_kept_a_last_will_says_nothing_new(tmp_path: Path) -> None:
    """Fault 20: what is retained comes with every subscription, and is one event."""
    site = Site(tmp_path)
    with running_mosquitto(tmp_path, extra=site.listener) as broker:
        overrides = {"sources": [PUSH, site.source(broker, "3.1.1")]}
        service = ServiceProcess(tmp_path, overrides=overrides)
        try:
            service.start()
            configured = datetime.now(UTC) - timedelta(days=1)
            assert push(service.url, [configuration("VBS-001", configured)])[0] == 200
            broker.wait_for_subscriber(CLIENT_ID)
            with device(broker, site) as process:
                service.until(lambda: published(service, "verbindingsstatus/online") == 1)
                process.kill()
                service.until(lambda: published(service, "verbindingsstatus/offline") == 1)
            before = broker.acknowledgements(CLIENT_ID)
            service.stop()
            service.start()
            service.until(lambda: broker.acknowledgements(CLIENT_ID) > before)
            assert published(service, "verbindingsstatus/offline") == 1
        finally:
            service.kill()


def test_a_broker_of_another_authority_is_not_believed(tmp_path: Path) -> None:
    """Nothing is subscribed to, and the log says why."""
    site, other = Site(tmp_path), tmp_path / "other"
    other.mkdir()
    foreign = str(Authority(other, "other").certificate)
    with running_mosquitto(tmp_path, extra=site.listener) as broker:
        source = site.source(broker, "5", tls_ca_file=foreign)
        with running_service(tmp_path, overrides={"sources": [PUSH, source]}) as service:
            service.until(lambda: "CERTIFICATE_VERIFY_FAILED" in service.output())
            assert "Sending SUBACK" not in broker.log()


def _webhook(service: ServiceProcess, body: bytes) -> dict[str, object]:
    headers = {"Authorization": f"Bearer {HOOK_TOKEN}", "Content-Type": "application/json"}
    status, _, answer = request(f"{service.url}/ingest", method="POST", headers=headers, body=body)
    assert status == 200, answer
    return msgspec.json.decode(answer, type=dict[str, object])


def test_a_webhook_brings_uplinks_once_and_holds_back_a_time_without_a_zone(tmp_path: Path) -> None:
    """P2 over HTTP; fault 3."""
    token = tmp_path / "token"
    token.write_text(HOOK_TOKEN)
    token.chmod(0o600)
    path = "uplink_message.decoded_payload.v"
    hook: Json = {
        "name": "lora",
        "type": "http",
        "tenant": TENANT,
        "token_file": str(token),
        "decode": {
            "as": "mapping",
            "preset": "tts",
            "aliases": {"kast-07": {"cabinet": "VBS-001", "outlet": "1", "meter": METER}},
            "readings": [{"path": path, "quantity": "voltage", "unit": "V"}],
        },
    }
    with running_service(tmp_path, overrides={"sources": [PUSH, hook]}) as service:
        now = datetime.now(UTC)
        assert push(service.url, [configuration("VBS-001", now - timedelta(days=1))])[0] == 200
        uplink = _uplink(7, f"{now:%Y-%m-%dT%H:%M:%S}.123456789Z")
        first, second = _webhook(service, uplink), _webhook(service, uplink)
        assert (first["published"], first["members"], second["duplicate"]) == (1, 1, 1)
        naive = _webhook(service, _uplink(8, f"{now:%Y-%m-%dT%H:%M:%S}"))
        assert (naive["quarantined"], naive["members"]) == (1, 0)
        assert "its time has no zone" in str(naive["results"])
        broken = _webhook(service, b"{")
        assert (broken["received"], broken["rejected"]) == (1, 1)
        assert published(service, "kenmerktype/spanning") == 1


def _uplink(counter: int, received_at: str) -> bytes:
    said = {
        "end_device_ids": {"device_id": "kast-07", "dev_eui": "0004A30B001C0530"},
        "uplink_message": {
            "session_key_id": "AXBSH1Pk6Z0G166",
            "f_cnt": counter,
            "decoded_payload": {"v": 231.2},
            "received_at": received_at,
        },
    }
    return json.dumps(said).encode()


@pytest.mark.parametrize("file", ["ca", "certificate", "key"])
def test_a_file_that_holds_no_certificate_is_named(tmp_path: Path, file: str) -> None:
    made = Authority(tmp_path).sign("client")
    nothing = str(tmp_path / "nothing-here.pem")
    section = MqttSource(
        name="broker",
        tenant=TENANT,
        topics=("#",),
        client_id=CLIENT_ID,
        tls=True,
        tls_ca_file=nothing if file == "ca" else str(made.certificate),
        tls_certificate_file=nothing if file == "certificate" else str(made.certificate),
        tls_key_file=nothing if file == "key" else str(made.key),
    )
    with pytest.raises(SourceError, match=r"nothing-here\.pem"):
        tls_context(section)
