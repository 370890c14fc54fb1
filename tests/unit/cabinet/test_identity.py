"""Keys and digests: stable, blind to transport, sensitive to what is said."""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections.abc import Mapping

import pytest

from ldes_shok.cabinet.decode import decode_event
from ldes_shok.cabinet.identity import (
    content_digest,
    event_identity,
    key_letter,
    natural_key,
    short_hash,
)
from tests.unit.cabinet.examples import FILE, ORIGIN, Golden, golden, goldens, received

GOLDENS = goldens()
LETTERS = {
    "measurement": "m",
    "status": "s",
    "session": "t",
    "reservation": "r",
    "configuration": "c",
    "fault": "f",
}
TRANSPORT: Mapping[str, object] = {
    "receivedAt": "2026-12-24T23:59:59.9Z",
    "historical": True,
    "clock": "R",
    "raw": "sha256:" + "0" * 64,
}


@pytest.mark.parametrize("example", GOLDENS, ids=str)
def test_key_and_digest_are_those_of_the_first_release(example: Golden) -> None:
    found = received(example.payload, FILE)
    assert (found.senders_key, found.digest.hex()) == (example.key, example.digest)


@pytest.mark.parametrize("example", GOLDENS, ids=str)
def test_key_has_the_form_that_an_event_may_give(example: Golden) -> None:
    event = decode_event(example.payload)
    key = natural_key(event, ORIGIN.source)
    assert re.fullmatch(r"[mstrcf]:[0-9a-v]{26}", key)
    assert key[0] == key_letter(event) == LETTERS[json.loads(example.payload)["kind"]]


def test_goldens_have_different_keys() -> None:
    assert len({example.key for example in GOLDENS}) == len(GOLDENS)


def test_key_is_the_hash_of_the_natural_fields() -> None:
    # By hand, without the code under test: SHA-256, first 130 bits, base 32 with digits first.
    parts = ("f", "http:voorbeeldstad:push", "VBS-002", "4", "rcd_trip", "2026-05-06T09:12:44Z")
    hashed = hashlib.sha256("\x1f".join((*parts, "raised")).encode()).digest()
    number = int.from_bytes(hashed, "big") >> (256 - 130)
    digits = "0123456789abcdefghijklmnopqrstuv"
    text = "".join(digits[number >> (5 * place) & 31] for place in reversed(range(26)))
    event = decode_event(golden("fault.ndjson:1"))
    assert natural_key(event, "http:voorbeeldstad:push") == f"f:{text}"
    assert short_hash("\x1f".join((*parts, "raised")).encode()) == text


@pytest.mark.parametrize("example", GOLDENS, ids=str)
@pytest.mark.parametrize("field", TRANSPORT)
def test_transport_changes_neither_key_nor_digest(example: Golden, field: str) -> None:
    said = {**json.loads(example.payload), field: TRANSPORT[field]}
    again = received(json.dumps(said).encode(), FILE)
    assert (again.senders_key, again.digest.hex()) == (example.key, _digest_without_floats(example))


def _digest_without_floats(example: Golden) -> str:
    """The digest after the standard library has rewritten the numbers of a configuration."""
    return received(json.dumps(json.loads(example.payload)).encode(), FILE).digest.hex()


@pytest.mark.parametrize("example", GOLDENS, ids=str)
def test_order_and_spelling_of_the_json_change_neither(example: Golden) -> None:
    said = json.loads(example.payload)
    shuffled = json.dumps(_shuffled(said, random.Random(7)), ensure_ascii=True, indent=3)
    again = received(shuffled.encode(), FILE)
    assert (again.senders_key, again.digest.hex()) == (example.key, _digest_without_floats(example))


def _shuffled(value: object, order: random.Random) -> object:
    if isinstance(value, dict):
        names = list(value)
        order.shuffle(names)
        return {name: _shuffled(value[name], order) for name in names}
    if isinstance(value, list):
        return [_shuffled(held, order) for held in value]
    return value


@pytest.mark.parametrize("example", [g for g in GOLDENS if b'"source"' not in g.payload], ids=str)
def test_a_source_that_is_said_equals_the_one_that_is_filled_in(example: Golden) -> None:
    said = json.loads(example.payload)
    said["source"] = ORIGIN.source
    assert received(json.dumps(said).encode()).key == example.key


NATURAL = [
    ("measurement.ndjson:1", "cabinet", "VBS-009"),
    ("measurement.ndjson:1", "outlet", "9"),
    ("measurement.ndjson:1", "source", "mqtt:voorbeeldstad:push"),
    ("measurement.ndjson:1", "observedAt", "2026-05-06T05:45:01Z"),
    ("measurement.ndjson:1", "data.meter", "MTR-9"),
    ("measurement.ndjson:1", "data.context", "begin"),
    ("measurement.ndjson:2", "data.period.start", "2026-05-06T05:15:00Z"),
    ("measurement.ndjson:2", "data.period.end", "2026-05-06T05:44:00Z"),
    ("status.ndjson:1", "cabinet", "VBS-009"),
    ("status.ndjson:1", "outlet", "9"),
    ("status.ndjson:1", "observedAt", "2026-05-06T05:45:01Z"),
    ("status.ndjson:1", "data.vendorState", "Available"),
    ("session.ndjson:2", "data.sessionId", "ses-9"),
    ("session.ndjson:2", "data.event", "started"),
    ("session.ndjson:2", "data.seq", 8),
    ("reservation.ndjson:1", "data.reservationId", "RSV-9"),
    ("reservation.ndjson:1", "data.state", "used"),
    ("reservation.ndjson:1", "observedAt", "2026-05-06T05:45:01Z"),
    ("configuration.ndjson:1", "cabinet", "VBS-009"),
    ("configuration.ndjson:1", "data.validFrom", "2026-05-06T05:45:01Z"),
    ("configuration.ndjson:4", "data.op", "upsert"),
    ("fault.ndjson:1", "data.code", "mcb_trip"),
    ("fault.ndjson:1", "data.state", "cleared"),
    ("fault.ndjson:1", "observedAt", "2026-05-06T05:45:01Z"),
]
CONTENT = [
    ("measurement.ndjson:1", "quality", "bad"),
    ("measurement.ndjson:1", "flags", ["spike"]),
    ("measurement.ndjson:1", "data.session", "ses-9"),
    (
        "measurement.ndjson:1",
        "data.readings",
        [{"quantity": "voltage", "phase": "L1", "value": "1", "unit": "V"}],
    ),
    ("status.ndjson:1", "data.power", "off"),
    ("session.ndjson:3", "data.stopReason", "idle"),
    ("session.ndjson:3", "data.energy", {"value": "13450", "unit": "Wh"}),
    ("reservation.ndjson:1", "data.period.end", "2026-05-06T13:00:00Z"),
    ("configuration.ndjson:1", "data.cabinet.phases", 1),
    ("fault.ndjson:1", "data.severity", "critical"),
]


def _with(name: str, path: str, value: object) -> bytes:
    said = json.loads(golden(name))
    *steps, last = path.split(".")
    held = said
    for step in steps:
        held = held[step]
    assert held.get(last) != value
    held[last] = value
    return json.dumps(said).encode()


@pytest.mark.parametrize(("name", "path", "value"), NATURAL)
def test_another_natural_field_is_another_key(name: str, path: str, value: object) -> None:
    assert received(_with(name, path, value), FILE).key != received(golden(name), FILE).key


@pytest.mark.parametrize(("name", "path", "value"), CONTENT)
def test_other_content_under_the_same_key_is_a_correction(
    name: str, path: str, value: object
) -> None:
    first = received(json.dumps(json.loads(golden(name))).encode())
    corrected = received(_with(name, path, value))
    assert corrected.key == first.key
    assert corrected.digest != first.digest


def test_parts_of_a_key_cannot_run_into_each_other() -> None:
    name = "session.ndjson:2"
    one = received(_with(name, "data.sessionId", "a updated 7"))
    two = received(_with(name, "data.sessionId", "a"))
    assert one.key != two.key


def test_the_lexical_form_of_a_reading_is_content() -> None:
    payload = golden("measurement.ndjson:1")
    event, other = decode_event(payload), decode_event(payload.replace(b"0.500", b"0.5"))
    assert content_digest(event) != content_digest(other)


def test_an_event_is_recognised_by_tenant_key_and_content_and_stands_with_its_minute() -> None:
    """P2: delivered once or a thousand times, it is one member."""
    at, digest = "2026-05-06T09:12:44Z", b"\x01" * 32
    identity = event_identity("voorbeeldstad", "m:1", digest, at)
    assert len(identity) == 16
    # 1778058720 s: 2026-05-06T09:12:00Z, as `date -u -d` says.
    assert int.from_bytes(identity[:4], "big") == 1_778_058_720 // 60
    others = {
        event_identity("elders", "m:1", digest, at),
        event_identity("voorbeeldstad", "m:2", digest, at),
        event_identity("voorbeeldstad", "m:1", b"\x02" * 32, at),
    }
    assert len(others - {identity}) == 3
    assert {other[:4] for other in others} == {identity[:4]}
    assert (
        event_identity("t", "m:1", digest, "0001-01-01T00:00:00Z")[4:]
        == (event_identity("t", "m:1", digest, "9999-12-31T23:59:59.9Z")[4:])
    )


@pytest.mark.parametrize("example", GOLDENS, ids=str)
def test_the_identity_of_an_event_follows_from_what_is_said(example: Golden) -> None:
    found = received(example.payload, FILE)
    at = json.loads(example.payload)["observedAt"]
    assert found.identity == event_identity(ORIGIN.tenant, found.key, found.digest, at)
