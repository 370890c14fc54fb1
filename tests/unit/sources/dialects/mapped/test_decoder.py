"""What must hold for every mapping and every message."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldes_shok.cabinet.decode import decode_event
from ldes_shok.cabinet.encode import canonical_json
from ldes_shok.cabinet.event import Measurement
from ldes_shok.sources.decoder import Decoded, Message, Refusal
from ldes_shok.sources.dialects.mapped.decoder import MappedDecoder
from tests.support.examples import examples
from tests.support.sections import mapping_section

AT = datetime(2026, 5, 12, 12, tzinfo=UTC)
READINGS = [
    {"path": "kwh", "quantity": "energy.import.register", "unit": "kWh", "required": True},
    {"path": "p", "unit_path": "unit", "quantity": "power.import", "unit": "W", "scale": "0.1"},
    {"path": "values[0].v", "quantity": "voltage", "phase": "L1", "unit": "V"},
    {"path": "i", "quantity": "current", "unit": "mA", "omitted_is_zero": True},
]
STATUS = [{"path": "state", "axis": "operation", "values": {"ok": "operational"}}]
GATEWAY = {
    "cabinet": {"value": "VBS-001"},
    "outlet": {"path": "socket"},
    "meter": {"path": "meter"},
    "time": {"path": "ts", "zone": "Europe/Brussels"},
    "grid_seconds": 900,
    "readings": READINGS,
    "status": STATUS,
}
TREES: dict[str, dict[str, Any]] = {
    "gateway": GATEWAY,
    "each": {**GATEWAY, "each": "*", "outlet": {"path": "$key"}},
    "epoch": {**GATEWAY, "time": {"path": "ts", "format": "epoch_milliseconds"}},
    "pattern": {**GATEWAY, "time": {"path": "ts", "format": "%Y%m%d %H:%M"}},
    "no-clock": {**GATEWAY, "time": {"format": "none"}},
    "keyed": {**GATEWAY, "key": ["meter", "n"], "interval_seconds": 900},
    "shelly": {"preset": "shelly", "aliases": {"a": {"cabinet": "VBS-001"}}},
    "tts": {"preset": "tts", "aliases": {"a": {"cabinet": "VBS-001"}}, "readings": READINGS},
    "thingsboard": {
        "preset": "thingsboard",
        "cabinet": {"value": "VBS-001"},
        "meter": {"value": "MTR-1"},
        "readings": [{"path": "values.kwh", "quantity": "energy.import.register", "unit": "Wh"}],
    },
    "teltonika": {"preset": "teltonika", "cabinet": {"path": "MAC"}, "readings": READINGS},
}
DECODERS = {name: MappedDecoder(mapping_section(tree)) for name, tree in TREES.items()}

WORDS = (
    "kwh p unit values v i state socket meter ts n src method params em:0 switch:0 a_act_power "
    "output MAC TS D uplink_message end_device_ids device_id decoded_payload received_at"
)
SAID = (
    "ok NaN 1.50 [7] 1e9 kW a VBS-001 NotifyStatus NotifyFullStatus 9999-12-31T23:59:59 \ud800 "
    "2026-05-12T12:00:00Z 2026-03-29T02:30:00 0001-01-01T00:00:00"
)
NAMES = st.sampled_from(WORDS.split())
TEXTS = st.sampled_from(SAID.split())
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=True)
    | TEXTS
    | st.text(max_size=8)
    | st.decimals(allow_nan=False, allow_infinity=False).map(float)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(NAMES | st.text(max_size=5), inner, max_size=6)
    ),
    max_leaves=12,
)
TOPICS = st.sampled_from(({}, {"topic": "a/online"}, {"topic": "a/events/rpc"}, {"topic": "x"}))


def _sound(decoded: Decoded) -> None:
    """Every event is canonical, every refusal says something."""
    for result in decoded.results:
        if isinstance(result, Refusal):
            assert result.code
            assert result.reason
        else:
            decode_event(canonical_json(result))


@pytest.mark.parametrize("decoder", DECODERS.values(), ids=DECODERS)
@given(st.binary(max_size=60), st.binary(max_size=30), TOPICS)
def test_any_bytes_never_raise(
    decoder: MappedDecoder, payload: bytes, memory: bytes, attributes: dict[str, str]
) -> None:
    message = Message(payload, AT, attributes)
    decoder.subject(message)
    _sound(decoder.decode(message, memory))


@examples(2)
@pytest.mark.parametrize("decoder", DECODERS.values(), ids=DECODERS)
@given(VALUES, TOPICS)
def test_any_json_never_raises(
    decoder: MappedDecoder, value: object, attributes: dict[str, str]
) -> None:
    message = Message(json.dumps(value).encode(), AT, attributes)
    decoder.subject(message)
    decoded = decoder.decode(message, b"")
    _sound(decoded)
    _sound(decoder.decode(message, decoded.memory))


@given(st.decimals(min_value=-99_999, max_value=99_999, places=3, allow_nan=False))
def test_a_unit_moves_the_point_and_no_digit_changes(value: object) -> None:
    payload = f'{{"meter":"M","ts":"2026-05-12T12:00:00Z","kwh":{value}}}'.encode()
    event = DECODERS["gateway"].decode(Message(payload, AT), b"").results[0]
    assert isinstance(event, Measurement)
    digits = str(value).replace(".", "").replace("-", "").lstrip("0") or "0"
    assert event.data.readings[0].value.lstrip("-") == digits


def _shelly(second: int, full: bool, watts: int, volts: int) -> Message:
    component = {"a_act_power": watts, "a_voltage": volts} if full else {"a_act_power": watts}
    said = {
        "src": "a",
        "method": "NotifyFullStatus" if full else "NotifyStatus",
        "params": {"ts": 1_778_587_200 + second, "em:0": component},
    }
    return Message(json.dumps(said).encode(), AT)


SHELLY = st.builds(
    _shelly, st.integers(0, 6), st.booleans(), st.integers(0, 2), st.integers(228, 229)
)
"""Few seconds and few values, so that messages of one time and equal messages are common."""


@examples(3)
@given(st.lists(SHELLY, min_size=1, max_size=20), st.data())
def test_deltas_that_come_again_are_the_same_events(
    messages: Sequence[Message], data: st.DataObject
) -> None:
    """P2: whatever the broker sends again after a crash, with the memory of after."""
    messages = sorted(messages, key=lambda message: json.loads(message.payload)["params"]["ts"])
    decoder, memory, first = DECODERS["shelly"], b"", dict[bytes, Decoded]()
    for message in messages:
        decoded = decoder.decode(message, memory)
        first.setdefault(message.payload, decoded)
        memory = decoded.memory
    start = data.draw(st.integers(0, len(messages) - 1))
    for message in messages[start:]:
        decoded = decoder.decode(message, memory)
        assert decoded.results == first[message.payload].results
        assert decoded.memory == memory


def test_a_device_is_remembered_in_bounded_space() -> None:
    decoder, memory, sizes = DECODERS["shelly"], b"", list[int]()
    for second in range(1_000):
        memory = decoder.decode(_shelly(second, second % 300 == 0, 5, 230), memory).memory
        sizes.append(len(memory))
    assert max(sizes) < 16_384
    assert all(later <= earlier + 200 for earlier, later in pairwise(sizes))


def test_a_message_with_too_many_events_is_refused_whole() -> None:
    decoded = DECODERS["gateway"].decode(Message(b"[" + b"{}," * 5_000 + b"{}]", AT), b"")
    assert [result.code for result in decoded.results if isinstance(result, Refusal)] == [
        "too_many_events"
    ]


CARD = "04A2B3C4D5E680"


def _notify(method: str, seconds: int, device: str = "a", **said: object) -> Message:
    params = {"ts": 1778587200 + seconds, "em:0": {"id": 0, **said}}
    text = json.dumps({"src": device, "method": method, "params": params})
    return Message(text.encode(), datetime(2026, 5, 12, 13, tzinfo=UTC))


def test_what_nobody_asked_for_is_not_remembered_of_a_device() -> None:
    decoder = DECODERS["shelly"]
    full = _notify("NotifyFullStatus", 0, a_voltage=230, a_act_power=100, card=CARD)
    memory = decoder.decode(full, b"").memory
    assert CARD.encode() not in memory
    delta = decoder.decode(_notify("NotifyStatus", 1, a_voltage=231, card=CARD), memory)
    assert CARD.encode() not in delta.memory
    (event,) = delta.results
    assert isinstance(event, Measurement)
    assert {reading.value for reading in event.data.readings} == {"231", "100"}


def test_a_device_that_is_none_of_ours_is_not_remembered_by_its_name() -> None:
    """Its name may be a card; once it has an alias, its raw bytes are run again."""
    decoder = DECODERS["shelly"]
    message = _notify("NotifyFullStatus", 0, device=CARD, a_voltage=230)
    decoded = decoder.decode(message, b"")
    assert [r.code for r in decoded.results if isinstance(r, Refusal)] == ["unknown_device"]
    assert decoded.memory == b""
