"""Notifications become events: golden files, bad input, and what holds for any JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldes_shok.cabinet.measurement import Quantity
from ldes_shok.sources.common.json_text import MAX_BYTES
from ldes_shok.sources.decoder import Message, Refusal
from ldes_shok.sources.dialects.ngsild.decoder import NgsiLdDecoder
from ldes_shok.sources.dialects.ngsild.rules import PHASES
from ldes_shok.sources.dialects.ngsild.section import NgsiLd, NgsiLdPlace, NgsiLdProperty, Stat
from tests.support import controllers
from tests.unit.sources.dialects.ngsild.support import decoder

RECEIVED = datetime(2026, 5, 12, 13, tzinfo=UTC)
MARKT = "urn:ngsi-ld:ThreePhaseAcMeasurement:markt-3"


@pytest.mark.parametrize("quirk", controllers.quirks("ngsild"))
def test_a_quirk_becomes_what_its_golden_file_says(quirk: str) -> None:
    golden = controllers.golden("ngsild", quirk)
    payloads = controllers.messages("ngsild", quirk)
    decoded = controllers.decode_all(decoder(), payloads, golden.received)
    assert tuple(controllers.said(each) for each in decoded) == golden.messages


def _frequency(**attribute: object) -> bytes:
    return json.dumps({"data": [{"id": MARKT, "frequency": attribute}]}).encode()


NOON = "2026-05-12T12:00:00Z"


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (b"", "not_json"),
        (b"hello", "not_json"),
        (b'{"data": [', "not_json"),
        (b'{"data": [], "data": []}', "not_json"),
        (b'\xef\xbb\xbf{"data": []}', "not_json"),
        (b'{"data": "\xff"}', "not_json"),
        (b"[" * 100_000, "not_json"),
        (b'{"data": [{"id": "x", "frequency": NaN}]}', "not_json"),
        (b" " * (MAX_BYTES + 1), "too_large"),
        (b"5", "no_notification"),
        (b'"x"', "no_notification"),
        (b'{"data": 5}', "no_notification"),
        (b"[" + b"{}," * 10_000 + b"{}]", "no_notification"),
        (b"{}", "no_entity"),
        (b'{"data": [5]}', "no_entity"),
        (b'{"data": [{"id": 5}]}', "no_entity"),
        (b'{"data": [{"id": "urn:x", "frequency": 50}]}', "unknown_entity"),
        (
            json.dumps({"id": f"urn:ngsi-ld:Device:{'a' * 300}-1", "frequency": 50}).encode(),
            "unknown_entity",
        ),
        (_frequency(value=50), "no_observed_at"),
        (_frequency(value=50, observedAt=None), "no_observed_at"),
        (_frequency(value=50, observedAt=1778587200), "no_observed_at"),
        (_frequency(value=50, observedAt="yesterday"), "no_observed_at"),
        (_frequency(value=50, observedAt="2026-05-12"), "no_observed_at"),
        (_frequency(value=50, observedAt="2026-02-30T12:00:00Z"), "no_observed_at"),
        (_frequency(value=50, observedAt="0001-01-01T00:00:00+14:00"), "no_observed_at"),
        (_frequency(value=None, observedAt=NOON), "no_reading"),
        (_frequency(value="1,5", observedAt=NOON), "no_reading"),
        (_frequency(value=True, observedAt=NOON), "no_reading"),
        (_frequency(value=[50], observedAt=NOON), "no_reading"),
        (_frequency(value={}, observedAt=NOON), "no_reading"),
        (_frequency(value={"L1": {"L1": 50}}, observedAt=NOON), "no_reading"),
        (_frequency(value=10**13, observedAt=NOON), "no_reading"),
        (_frequency(value=50, observedAt=NOON, unitCode="XYZ"), "no_reading"),
        (_frequency(value=50, observedAt=NOON, unitCode=5), "no_reading"),
        (_frequency(value=0, observedAt=NOON).replace(b": 0,", b": 1e999999,"), "no_reading"),
        (_frequency(value=0, observedAt=NOON).replace(b": 0,", b": 1e-99999999999,"), "no_reading"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_wrong_is_refused_with_a_sentence(payload: bytes, code: str) -> None:
    decoded = decoder().decode(Message(payload, RECEIVED), b"")
    (refusal,) = decoded.results
    assert isinstance(refusal, Refusal)
    assert refusal.code == code
    assert len(refusal.reason) > 20


def test_the_time_of_the_notification_is_never_a_time_of_observation() -> None:
    notification = {
        "notifiedAt": NOON,
        "observedAt": NOON,
        "data": [{"id": MARKT, "dateObserved": NOON, "frequency": {"value": 50}}],
    }
    decoded = decoder().decode(Message(json.dumps(notification).encode(), RECEIVED), b"")
    assert controllers.said(decoded) == ("no_observed_at",)


def test_what_says_nothing_of_ours_is_neither_event_nor_refusal() -> None:
    for body in (b'{"data": []}', b"[]", b'{"id": "urn:x", "name": {"value": "y"}}'):
        decoded = decoder().decode(Message(body, RECEIVED), b"")
        assert decoded.results == ()
        assert not decoded.thinned


def test_more_readings_than_an_event_holds_are_dropped_and_noted() -> None:
    phases = dict.fromkeys(PHASES, 1.5)
    stats: tuple[Stat, ...] = ("instant", "mean", "max", "min")
    measured: tuple[tuple[Quantity, str], ...] = (
        ("current", "A"),
        ("voltage", "V"),
        ("power.factor", "1"),
    )
    own = tuple(
        NgsiLdProperty(f"{quantity}-{stat}", quantity, unit, stat)
        for quantity, unit in measured
        for stat in stats
    )
    named = {rule.property: {"value": phases, "observedAt": NOON} for rule in own}
    entity = {"id": "x"} | named
    section = NgsiLd(entities={"x": NgsiLdPlace("VBS-001")}, properties=own)
    message = Message(json.dumps(entity).encode(), RECEIVED)
    (event,) = controllers.said(NgsiLdDecoder(section).decode(message, b""))
    assert isinstance(event, dict)
    assert event["flags"] == ["reading_dropped"]
    assert len(event["data"]["readings"]) == 64  # type: ignore[index]


@given(st.binary(max_size=300))
def test_any_bytes_become_something(payload: bytes) -> None:
    controllers.said(decoder().decode(Message(payload, RECEIVED), b""))


_TEXTS = st.sampled_from(
    [
        MARKT, "urn:ngsi-ld:Device:a-b", "id", "type", "data", "value", "observedAt", "unitCode",
        NOON, "2026-05-12T12:00:00", "2026-05-12T12:00:00.1234567+02:00", "L1", "L12", "KWH",
        "activePower", "totalActiveEnergyImport", "totalActiveEnergyExport", "frequency", "@value",
        "deviceState", "doorStatus", "opened", "dateObserved", "urn:ngsi-ld:null", "\x00\ud800x",
    ]
)  # fmt: skip
_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | _TEXTS
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXTS, inner, max_size=6),
    max_leaves=12,
)
_ENTITIES = st.dictionaries(_TEXTS, _VALUES, max_size=8).map(lambda each: each | {"id": MARKT})


@given(st.lists(_ENTITIES, max_size=3) | _ENTITIES | _VALUES)
def test_any_json_becomes_something(body: object) -> None:
    payload = json.dumps({"data": body}).encode()
    controllers.said(decoder().decode(Message(payload, RECEIVED), b""))


@given(st.decimals(0, 10**9 - 1, places=3, allow_nan=False))
def test_the_digits_of_a_register_stay(number: object) -> None:
    payload = _frequency(value=0, observedAt=NOON).replace(b": 0,", f": {number},".encode())
    payload = payload.replace(b"frequency", b"totalActiveEnergyImport")
    (event,) = decoder().decode(Message(payload, RECEIVED), b"").results
    said = msgspec.to_builtins(event)
    digits = f"{number}".replace(".", "").lstrip("0") or "0"
    assert said["data"]["readings"][0]["value"] == digits
