"""Mappings that cannot work are refused before a message comes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ldes_shok.errors import ConfigurationError
from ldes_shok.sections.base import Section
from ldes_shok.sections.reader import read_section
from ldes_shok.settings.load import load_settings
from ldes_shok.settings.show import settings_yaml
from ldes_shok.sources.dialects.mapped.path import ValuePath
from ldes_shok.sources.dialects.mapped.rules import Alias, Locator, Time
from ldes_shok.sources.dialects.mapped.section import Mapping
from tests.unit.settings.support import Tree, load_damaged

READING = {"path": "v", "quantity": "voltage", "unit": "V"}
REGISTER = {"path": "e", "quantity": "energy.import.register", "unit": "kWh"}
GOOD: dict[str, Any] = {
    "cabinet": {"value": "VBS-001"},
    "time": {"path": "ts"},
    "readings": [READING],
}
WILL = {"topic": "{device}/online", "offline": ["0"]}
OVERLAY = {"path": "params", "full": {"a": "b"}, "delta": {"a": "c"}}


class _Decoding(Section, frozen=True):
    decode: Mapping


def _problems(tree: dict[str, Any]) -> list[str]:
    found, problems = read_section({"decode": tree}, _Decoding)
    if found is None:
        return problems
    return list(found.decode.problems("decode", has_topics=True))


def test_the_smallest_mapping_is_good() -> None:
    assert _problems(GOOD) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"readings": []}, "decode: must have readings, status or last_will"),
        (
            {"readings": [{**READING, "unit": "Volt"}]},
            "readings[0].unit: Volt is not one of mWh",
        ),
        ({"readings": [{**READING, "unit": "W"}]}, "readings[0].unit: W is no unit of voltage"),
        ({"readings": [{**READING, "path": "a..b"}]}, "readings[0].path: a..b is no path"),
        ({"readings": [{**READING, "path": "a.*"}]}, "readings[0].path: must lead to one value"),
        ({"readings": [{**READING, "when": {"[": "a"}}]}, "readings[0].when: [ is no path"),
        ({"readings": [{**READING, "unit_path": "."}]}, "readings[0].unit_path: . is no path"),
        ({"readings": [REGISTER]}, "decode.meter: is missing; a register is of a meter"),
        (
            {"readings": [{**READING, "quantity": "energy.import.interval", "unit": "Wh"}]},
            "readings[0].quantity: energy.import.interval is over a period; give interval_seconds",
        ),
        ({"cabinet": None}, "decode.cabinet: is missing; give it, or aliases, or a topic"),
        ({"aliases": {"a": {"cabinet": "VBS-001"}}}, "decode.device: is missing; say where"),
        ({"topic": "a/{kast}"}, "decode.topic: {kast} must be one of"),
        ({"last_will": {**WILL, "topic": "#/a"}}, "decode.last_will.topic: # must be the last"),
        ({"overlay": OVERLAY}, "decode.device: is missing; overlay must know"),
        ({"key": ["a", "]"]}, "decode.key[1]: ] is no path"),
        ({"each": ".."}, "decode.each: .. is no path"),
        ({"time": None}, "decode.time: is missing"),
        ({"time": {"zone": "Europe/Brussels"}}, "decode.time.path: is missing"),
        ({"time": {"path": "a", "zone": "CEST"}}, "decode.time.zone: CEST is no time zone"),
        ({"time": {"path": "a", "zone": "../x"}}, "decode.time.zone: ../x is no time zone"),
        ({"time": {"path": "a", "format": "epoch"}}, "decode.time.format: must be one of iso"),
        ({"time": {"path": "a", "format": "%H:%M"}}, "decode.time.format: must be one of iso"),
        (
            {"status": [{"path": "s", "axis": "door", "values": {"0": "shut"}}]},
            "decode.status[0].values.0: shut is not one of open, closed, unknown",
        ),
    ],
)
def test_a_mapping_that_cannot_work_is_refused(change: dict[str, Any], said: str) -> None:
    (problem,) = _problems({**GOOD, **change})
    assert said in problem


def test_a_source_replaces_one_key_of_its_preset() -> None:
    given = Mapping(
        preset="tts",
        time=Time(clock="I"),
        meter=Locator(value="MTR-1"),
        aliases={"a": Alias(cabinet="VBS-001")},
        key=(),
    )
    mapping = given.with_preset()
    assert mapping.time == Time(
        path=ValuePath("uplink_message.received_at"), format="iso", clock="I"
    )
    assert mapping.meter == Locator(value="MTR-1")
    assert mapping.device == ValuePath("end_device_ids.device_id")
    assert mapping.key == ()
    assert mapping.preset is None


@pytest.mark.parametrize("preset", ["tts", "shelly", "teltonika", "thingsboard"])
def test_a_preset_needs_to_know_where_its_devices_are(preset: str) -> None:
    readings = {} if preset == "shelly" else {"readings": [READING]}
    (problem,) = _problems({"preset": preset, **readings})
    assert "decode.cabinet: is missing" in problem
    aliases = {"a": {"cabinet": "VBS-001"}}
    assert _problems({"preset": preset, "aliases": aliases, **readings}) == []


def _decode(tree: dict[str, Any]) -> Any:
    def damage(settings: Tree) -> None:
        settings["sources"][1]["decode"] = {"as": "mapping", **tree}

    return damage


def test_a_mapping_that_is_shown_can_be_loaded_again(tmp_path: Path) -> None:
    everything = {
        **GOOD,
        "aliases": {"a/0": {"cabinet": "VBS-001", "outlet": "1"}},
        "device": "id",
        "last_will": WILL,
        "overlay": OVERLAY,
        "readings": [{**READING, "scale": "0.1", "sentinels": ["-1"], "when": {"a": "b"}}],
        "status": [{"path": "s", "axis": "door", "values": {"true": "open", "0": "closed"}}],
    }
    settings = load_damaged(tmp_path, _decode(everything))
    shown = tmp_path / "shown.yaml"
    shown.write_text(settings_yaml(settings), encoding="utf-8")
    assert load_settings(shown, {}) == settings


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"time": {"path": "ts", "zone": "CEST"}},
            "sources[1].decode.time.zone: CEST is no time zone",
        ),
        ({"reading": []}, "sources[1].decode.reading: is not a key here; did you mean readings?"),
        (
            {"readings": [{**READING, "scale": 0.1}]},
            "sources[1].decode.readings[0].scale: must be a decimal number in quotes, such as",
        ),
        ({"readings": [{"path": "v"}]}, "sources[1].decode.readings[0].quantity: is missing"),
        ({"preset": "zigbee"}, "sources[1].decode.preset: must be one of shelly, teltonika"),
        ({"grid_seconds": 30}, "sources[1].decode.grid_seconds: must be a whole number from 60"),
    ],
)
def test_a_mapping_is_judged_when_the_settings_are_read(
    tmp_path: Path, change: dict[str, Any], said: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_damaged(tmp_path, _decode({**GOOD, **change}))
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"tls_ca_file": "/ca.pem"}, "sources[1].tls: must be true; without it the files of tls_"),
        (
            {"tls": True, "tls_key_file": "/client.key"},
            "sources[1].tls_certificate_file: is missing; a key is of no use without it",
        ),
        ({"protocol": 5}, "sources[1].protocol: must be one of 3.1.1, 5; write it in quotes"),
        ({"protocol": "3.1"}, "sources[1].protocol: must be one of 3.1.1, 5"),
        ({"topics": ["a", "a/#/b"]}, "sources[1].topics[1]: # must be the last level"),
        ({"topics": ["a/b+"]}, "sources[1].topics[0]: b+ is only a part of a level"),
        (
            {"topics": ["shok/{cabinet}/up"]},
            "sources[1].topics[0]: a subscription has no {cabinet}; write + here, and it in",
        ),
    ],
)
def test_a_broker_that_cannot_be_spoken_to_is_refused(
    tmp_path: Path, change: dict[str, Any], said: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_damaged(tmp_path, lambda tree: tree["sources"][1].update(change))
    assert said in str(caught.value)
