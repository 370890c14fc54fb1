"""Golden events are read, malformed ones are answered with the field and what to do."""

from __future__ import annotations

import json
import re
from decimal import Decimal

import msgspec
import pytest

from ldes_shok.cabinet.decode import decode_event
from ldes_shok.cabinet.event import REPORTED, Configuration, Measurement, Session, kind_of
from ldes_shok.cabinet.syntax import MAX_BYTES, MAX_DEPTH
from ldes_shok.errors import EventRejected
from tests.unit.cabinet.examples import (
    EVENTS,
    Golden,
    Malformed,
    golden,
    goldens,
    malformed,
    received,
)

GOLDENS = goldens()
MALFORMED = malformed()


def test_the_examples_cover_every_kind_and_every_line() -> None:
    lines = {path.name: path.read_bytes().splitlines() for path in EVENTS.glob("*.ndjson")}
    assert {name.removesuffix(".ndjson") for name in lines} == set(REPORTED.values())
    assert len(GOLDENS) == sum(len(found) for found in lines.values()) >= 14
    assert len(MALFORMED) >= 45
    assert len({found.name for found in MALFORMED}) == len(MALFORMED)


@pytest.mark.parametrize("example", GOLDENS, ids=str)
def test_golden_event_is_canonical_and_decodes(example: Golden) -> None:
    event = decode_event(example.payload)
    assert f"{kind_of(event)}.ndjson" == example.name.split(":")[0]
    between_values = re.sub(rb'"(?:[^"\\]|\\.)*"', b'""', example.payload)
    assert not re.search(rb"\s", between_values), "canonical JSON has no white space"


@pytest.mark.parametrize("example", GOLDENS, ids=str)
def test_golden_event_says_what_its_json_says(example: Golden) -> None:
    event = decode_event(example.payload)
    said = json.loads(example.payload, parse_float=Decimal)
    built = msgspec.to_builtins(event, builtin_types=(Decimal,))
    assert _covers(built, said)


def _covers(whole: object, part: object) -> bool:
    """Whether `whole` and `part` say the same, defaults apart."""
    if isinstance(part, dict) and isinstance(whole, dict):
        shared = whole.keys() & part.keys()
        beside = [(whole | part)[name] for name in whole.keys() ^ part.keys()]
        return all(value in (None, False, "good", (), []) for value in beside) and all(
            _covers(whole[name], part[name]) for name in shared
        )
    if isinstance(part, list) and isinstance(whole, list | tuple):
        return len(part) == len(whole) and all(map(_covers, whole, part))
    return whole == part


@pytest.mark.parametrize("example", GOLDENS, ids=str)
def test_decoding_the_encoded_event_gives_the_event(example: Golden) -> None:
    event = decode_event(example.payload)
    assert decode_event(msgspec.json.encode(event)) == event


@pytest.mark.parametrize("example", MALFORMED, ids=str)
def test_malformed_event_gets_its_message(example: Malformed) -> None:
    with pytest.raises(EventRejected) as caught:
        received(example.payload)
    assert (caught.value.field, caught.value.reason) == (example.field, example.message)


@pytest.mark.parametrize("example", MALFORMED, ids=str)
def test_message_is_one_short_printable_sentence(example: Malformed) -> None:
    assert 0 < len(example.message) < 400
    assert example.message.isprintable()
    assert example.field.isprintable()
    assert not any(word in example.message for word in ("`", "regex", "msgspec", "int ", "str "))


def test_lexical_form_of_a_reading_survives() -> None:
    for text in ("0", "-0", "007", "1284530.500", "0.000000", "-12.50", "999999999999.999999"):
        payload = golden("measurement.ndjson:1").replace(b"1284530.500", text.encode())
        event = decode_event(payload)
        assert isinstance(event, Measurement)
        assert event.data.readings[0].value == text


def test_lexical_form_of_a_session_register_survives() -> None:
    event = decode_event(golden("session.ndjson:3"))
    assert isinstance(event, Session)
    assert event.data.end_register is not None
    assert event.data.energy is not None
    assert (event.data.end_register.value, event.data.energy.value) == ("1297450.00", "13450.00")


def test_a_position_keeps_more_digits_than_a_float_has() -> None:
    event = decode_event(golden("configuration.ndjson:3"))
    assert isinstance(event, Configuration)
    assert event.data.cabinet is not None
    assert event.data.cabinet.position is not None
    assert str(event.data.cabinet.position[0]) == "4.40671234567890123"


def test_what_is_null_is_absent() -> None:
    payload = golden("status.ndjson:2")
    with_nulls = payload.replace(b'"clock"', b'"outlet":null,"key":null,"raw":null,"clock"')
    assert decode_event(with_nulls) == decode_event(payload)


def test_white_space_around_an_event_is_allowed() -> None:
    payload = golden("status.ndjson:2")
    assert decode_event(b" \n" + payload + b"\r\n\t ") == decode_event(payload)


def test_an_event_may_be_as_large_as_the_limit_and_no_larger() -> None:
    payload = golden("status.ndjson:2")
    largest = payload.ljust(MAX_BYTES)
    assert decode_event(largest) == decode_event(payload)
    with pytest.raises(EventRejected) as caught:
        decode_event(largest + b" ")
    assert caught.value.reason == "this is 262145 bytes: an event has at most 262144 bytes"


def test_the_largest_configuration_fits() -> None:
    name = "n" * 64
    said = json.loads(golden("configuration.ndjson:1"))
    outlet = {**said["data"]["outlets"][0], "meter": name}
    meter = {
        "model": "m" * 80,
        "outlet": name,
        "initial": "9" * 12,
        "replaces": name,
        "final": "9" * 12,
        "rolloverWh": "9" * 12,
    }
    said["data"]["outlets"] = [{**outlet, "id": f"{index:064}"} for index in range(96)]
    said["data"]["meters"] = [{**meter, "serial": f"{index:064}"} for index in range(97)]
    payload = json.dumps(said).encode()
    assert len(payload) < MAX_BYTES / 2
    decode_event(payload)


def test_brackets_inside_text_are_no_depth() -> None:
    text = "[{" * 31 + r"\""
    payload = golden("status.ndjson:1").replace(b"Charging", text.encode())
    assert payload.count(b"[") + payload.count(b"{") > MAX_DEPTH
    decode_event(payload)


@pytest.mark.parametrize("filler", [b'\\"', b'"', b"[", b'{"a":', b"\\", b'"a":', b"0", b'["\\'])
def test_the_worst_bytes_are_refused_in_time(filler: bytes) -> None:
    # Quadratic work on 256 KiB would run into the time limit of the test.
    payload = (b"[" * MAX_DEPTH + b'["' + filler * MAX_BYTES)[:MAX_BYTES]
    with pytest.raises(EventRejected):
        decode_event(payload)


def test_a_field_name_cannot_pose_as_a_path() -> None:
    payload = golden("status.ndjson:2").replace(b'"v":1', b'"v":1,"a` - at `$.data` b":1')
    with pytest.raises(EventRejected) as caught:
        decode_event(payload)
    assert caught.value.reason == "is not a field of the canonical event: remove it"
