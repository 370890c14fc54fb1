"""The settings of OCPP sources, as the decoder works with them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ldes_shok.bootstrap.decoders import build_decodings
from ldes_shok.bootstrap.ocpp16 import build_silences
from ldes_shok.bootstrap.privacy import build_secrecy
from ldes_shok.bootstrap.sources import SourceTools
from ldes_shok.cabinet.incoming import Origin
from ldes_shok.clock import ManualClock
from ldes_shok.ldes.member import FIRST_POSITION
from ldes_shok.sources.decoder import Message, Refusal
from ldes_shok.sources.dialects.ocpp16.decoder import Ocpp16Decoder
from ldes_shok.sources.dialects.ocpp16.section import Ocpp16, Ocpp16Source
from ldes_shok.sources.transports.mqtt.section import MqttSource
from tests.support.local_service import LocalService, local_service
from tests.support.ocpp import told
from tests.support.patience import HANG_SECONDS
from tests.support.service import SECRETS, STREAM_TOKEN, TENANT, Tree, request
from tests.support.vertical import configuration
from tests.unit.settings.support import good, load_tree

AT = datetime(2026, 5, 12, 6, tzinfo=UTC)
TABLES: Mapping[str, Any] = {
    "outlets": {"CP-1/1": "links"},
    "meters": {"CP-1/1": "VBS-001-MTR-1"},
    "vendor_codes": {"RCD": "rcd_trip"},
    "data_transfers": [
        {"vendor": "be.example", "message": "Door", "field": "is", "opened": ["1"], "closed": ["0"]}
    ],
    "unavailable": "out_of_service",
    "zone": "Europe/Brussels",
    "stations": {"CP-1": "VBS-001"},
}
STATIONS: Mapping[str, Any] = {
    "name": "stations",
    "type": "ocpp16",
    "tenant": "voorbeeldstad",
    "password_env": "P",
    **TABLES,
}


def settings_of(directory: Path, *, mirrored: bool) -> tuple[Ocpp16, Origin]:
    tree = good()
    if mirrored:
        tree["sources"][1]["decode"] = {"as": "ocpp16", **TABLES}
    else:
        tree["sources"][1] = STATIONS
    source = load_tree(directory, tree).sources[1]
    assert isinstance(source, MqttSource | Ocpp16Source)
    decode = source.decode
    assert isinstance(decode, Ocpp16)
    return decode, Origin("mqtt" if mirrored else "ocpp16", "voorbeeldstad", "stations")


def said(action: str, payload: Mapping[str, Any]) -> Message:
    frame = json.dumps([2, "1", action, payload])
    return Message(frame.encode(), AT, {"station": "CP-1", "direction": "up"})


@pytest.mark.parametrize("mirrored", [True, False])
def test_what_the_city_knows_reaches_the_decoder(tmp_path: Path, mirrored: bool) -> None:
    reading = Ocpp16Decoder(*settings_of(tmp_path, mirrored=mirrored))
    status = {
        "connectorId": 1,
        "status": "Unavailable",
        "vendorErrorCode": "RCD",
        "timestamp": "2026-05-12T07:59:00",
    }
    _, reported, fault = map(told, reading.decode(said("StatusNotification", status), b"").results)
    assert (reported["cabinet"], reported["outlet"]) == ("VBS-001", "links")
    assert reported["data"]["operation"] == "out_of_service"
    assert reported["observedAt"] == "2026-05-12T05:59:00Z"
    assert fault["data"]["code"] == "rcd_trip"
    door = {"vendorId": "be.example", "messageId": "Door", "data": '{"is": "1"}'}
    _, opened = map(told, reading.decode(said("DataTransfer", door), b"").results)
    assert opened["data"]["door"] == "open"
    value = {"timestamp": "2026-05-12T07:59:00", "sampledValue": [{"value": "1"}]}
    meter = {"connectorId": 1, "meterValue": [value]}
    _, measured = map(told, reading.decode(said("MeterValues", meter), b"").results)
    assert measured["data"]["meter"] == "VBS-001-MTR-1"


@pytest.mark.parametrize(("mirrored", "is_refused"), [(True, False), (False, True)])
def test_only_those_named_connect_and_all_are_mirrored(
    tmp_path: Path, mirrored: bool, is_refused: bool
) -> None:
    reading = Ocpp16Decoder(*settings_of(tmp_path, mirrored=mirrored))
    other = Message(b'[2,"1","Heartbeat",{}]', AT, {"station": "CP-2", "direction": "up"})
    (result,) = reading.decode(other, b"").results
    assert isinstance(result, Refusal) is is_refused


MIRRORED: Tree = {
    "name": "spiegel",
    "type": "http",
    "tenant": TENANT,
    "token_env": "TEST_STREAM_TOKEN",
    "decode": {"as": "ocpp16", "stations": {"CP-1": "VBS-001"}},
}
NDJSON = "application/x-ndjson"
BOOTED = {"status": "Accepted", "currentTime": "2026-05-12T06:00:00Z", "interval": 300}
AVAILABLE = {"connectorId": 1, "status": "Available", "errorCode": "NoError"}
FRAMES = (
    ("up", [2, "b", "BootNotification", {}]),
    ("down", [3, "b", BOOTED]),
    ("up", [2, "s", "StatusNotification", AVAILABLE]),
)


async def _looks(service: LocalService, *, seconds_later: int) -> None:
    """What the service runs beside its sources, so much later."""
    settings, reader = service.core.settings, service.core.reader
    decodings = build_decodings(settings, reader, build_secrecy(settings, SECRETS, service.clock))
    tools = SourceTools(service.ingest, decodings, service.clock, reader.memory)
    (silence,) = build_silences(settings, tools, reader)
    service.clock.set(service.clock.now() + timedelta(seconds=seconds_later))
    await silence.look()


def test_a_mirrored_station_that_falls_silent_is_publicly_unknown(tmp_path: Path) -> None:
    push: Tree = {"name": "push", "type": "http", "tenant": TENANT, "token_env": "TEST_PUSH_TOKEN"}
    with local_service(tmp_path, ManualClock(AT), {"sources": [push, MIRRORED]}) as service:
        service.push([configuration()])
        envelopes = [{"station": "CP-1", "direction": d, "frame": f} for d, f in FRAMES]
        body = "\n".join(map(json.dumps, envelopes)).encode()
        headers = {"Authorization": f"Bearer {STREAM_TOKEN}", "Content-Type": NDJSON}
        assert request(f"{service.url}/ingest", method="POST", headers=headers, body=body)[0] == 200
        words = []
        for seconds in (899, 900, 5_000):
            looking = _looks(service, seconds_later=seconds)
            asyncio.run_coroutine_threadsafe(looking, service.loop).result(HANG_SECONDS)
            count = service.core.reader.stream("kasten").members
            rows = service.core.reader.rows("kasten", FIRST_POSITION, count)
            sockets = [row.summary for row in rows if row.summary.subject == "VBS-001/1"]
            words.append((sockets[-1].value, sockets[-1].observed_at))
        lost = ("onbekend", "2026-05-12T06:15:00Z")
        assert "vrij" in words[0][0]
        assert words[1:] == [lost, lost]
