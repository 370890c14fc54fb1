"""What a source may say of a context broker's entities, and of a bridge."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ldes_shok.errors import ConfigurationError
from ldes_shok.sources.dialects.ngsild.section import NgsiLd
from ldes_shok.sources.dialects.p1.section import P1, CabinetTopic
from ldes_shok.sources.transports.http.section import HttpSource
from ldes_shok.sources.transports.mqtt.section import MqttSource
from ldes_shok.sources.transports.tcp.section import TcpSource
from tests.unit.settings.support import good, load_tree

DECODE: dict[str, Any] = {
    "as": "ngsild",
    "entities": {"urn:ngsi-ld:Device:markt": {"cabinet": "VBS-001"}},
    "patterns": ["urn:ngsi-ld:Device:{cabinet}-{outlet}"],
    "properties": [
        {"property": "stroom", "quantity": "current.residual", "unit": "A", "sentinels": ["-1"]}
    ],
    "states": [{"property": "deur", "axis": "door", "values": {"toe": "closed"}}],
}


def _load(directory: Path, decode: dict[str, Any]) -> NgsiLd:
    tree = good()
    tree["sources"][0]["decode"] = decode
    source = load_tree(directory, tree).sources[0]
    assert isinstance(source, HttpSource)
    assert isinstance(source.decode, NgsiLd)
    return source.decode


def test_entities_properties_and_states_are_read(tmp_path: Path) -> None:
    loaded = _load(tmp_path, DECODE)
    assert loaded.entities["urn:ngsi-ld:Device:markt"].cabinet == "VBS-001"
    assert loaded.properties[0].sentinels == ("-1",)
    assert loaded.states[0].values == {"toe": "closed"}
    assert loaded.time_property == "dateObserved"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"entities": {}, "patterns": []}, "decode: must say in entities or in patterns"),
        ({"patterns": ["urn:{outlet}"]}, r"decode.patterns\[0\]: has no \{cabinet\}"),
        ({"patterns": ["{cabinet}{x}"]}, r"decode.patterns\[0\]: knows only"),
        (
            {"properties": [{"property": "p", "quantity": "voltage", "unit": "kWh"}]},
            r"decode.properties\[0\].unit: must be a unit of voltage, such as V",
        ),
        (
            {"properties": [{"property": "p", "quantity": "power.demand"}]},
            r"decode.properties\[0\].quantity: is over a period",
        ),
        (
            {"properties": [{"property": "p", "quantity": "voltage", "sentinels": ["none"]}]},
            r"decode.properties\[0\].sentinels: none is not a number",
        ),
        (
            {"states": [{"property": "p", "axis": "door", "values": {"toe": "on"}}]},
            r"decode.states\[0\].values: on is not a state of door",
        ),
        ({"entities": {"urn:x": {"cabinet": "a b"}}}, "decode.entities.urn:x.cabinet: must be"),
    ],
)
def test_what_cannot_be_is_said(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"sources\[0\]\.{message}"):
        _load(tmp_path, DECODE | change)


BRIDGE: dict[str, Any] = {
    "name": "hoofdmeter",
    "type": "tcp",
    "tenant": "voorbeeldstad",
    "port": 2001,
    "decode": {"as": "p1", "cabinet": "VBS-001"},
}


def test_a_bridge_streams_telegrams(tmp_path: Path) -> None:
    (source,) = load_tree(tmp_path, good() | {"sources": [BRIDGE]}).sources
    assert isinstance(source, TcpSource)
    assert (source.host, source.port, source.silence_seconds) == ("127.0.0.1", 2001, 60)
    assert isinstance(source.decode, P1)
    assert source.decode.every_seconds == 900


def test_a_bridge_streams_nothing_else(tmp_path: Path) -> None:
    tree = good() | {"sources": [BRIDGE | {"decode": {"as": "canonical"}}]}
    with pytest.raises(ConfigurationError, match=r"sources\[0\]\.decode\.as: must be p1"):
        load_tree(tmp_path, tree)


BROKER: dict[str, Any] = {
    "name": "meters",
    "type": "mqtt",
    "tenant": "voorbeeldstad",
    "topics": ["p1/+"],
    "client_id": "shok-p1",
}


def test_a_broker_names_the_cabinet_in_its_topics(tmp_path: Path) -> None:
    tree = good() | {"sources": [BROKER | {"decode": {"as": "p1", "topic": "p1/{cabinet}"}}]}
    source = load_tree(tmp_path, tree).sources[0]
    assert isinstance(source, MqttSource)
    assert source.decode == P1(topic=CabinetTopic("p1/{cabinet}"))


@pytest.mark.parametrize(
    ("source", "decode", "message"),
    [
        (BROKER, {}, "decode: must have exactly one of cabinet and topic"),
        (BROKER, {"cabinet": "VBS-001", "topic": "p1/{cabinet}"}, "decode: must have exactly one"),
        (BROKER, {"topic": "p1/+"}, r"decode.topic: must have \{cabinet\} as one of its levels"),
        (BRIDGE, {"topic": "p1/{cabinet}"}, "decode.topic: only an mqtt source has topics"),
    ],
)
def test_whose_meter_it_is_must_be_said_once(
    tmp_path: Path, source: dict[str, Any], decode: dict[str, Any], message: str
) -> None:
    tree = good() | {"sources": [source | {"decode": {"as": "p1"} | decode}]}
    with pytest.raises(ConfigurationError, match=rf"sources\[0\]\.{message}"):
        load_tree(tmp_path, tree)
