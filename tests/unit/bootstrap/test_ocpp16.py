"""The settings of OCPP sources, as the decoder works with them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ldes_shok.bootstrap.ocpp16 import build_ocpp16_decoder
from ldes_shok.cabinet.incoming import Origin
from ldes_shok.settings.ocpp16 import Ocpp16
from ldes_shok.settings.sources import MqttSource, Ocpp16Source
from ldes_shok.sources.decoder import Message, Refusal
from tests.support.ocpp import told
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
    reading = build_ocpp16_decoder(*settings_of(tmp_path, mirrored=mirrored))
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
    reading = build_ocpp16_decoder(*settings_of(tmp_path, mirrored=mirrored))
    other = Message(b'[2,"1","Heartbeat",{}]', AT, {"station": "CP-2", "direction": "up"})
    (result,) = reading.decode(other, b"").results
    assert isinstance(result, Refusal) is is_refused
