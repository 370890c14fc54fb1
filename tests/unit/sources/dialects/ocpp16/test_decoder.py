"""What no frame can do: raise, give an event that is none, or go without a sentence."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldes_shok.cabinet.decode import decode_event
from ldes_shok.cabinet.encode import canonical_json
from ldes_shok.cabinet.event import Session
from ldes_shok.sources.decoder import Cutting, Decoder, Message, Refusal
from ldes_shok.sources.dialects.ocpp16.decoder import MAX_RESULTS
from ldes_shok.sources.dialects.ocpp16.memory import MAX_SESSIONS, recalled
from ldes_shok.sources.dialects.ocpp16.section import Ocpp16
from tests.support import controllers
from tests.support.ocpp import STATION, decoder, message, told

AT = datetime(2026, 5, 12, 6, tzinfo=UTC)


def call(action: str, payload: object, unique_id: str = "1") -> str:
    return json.dumps([2, unique_id, action, payload])


def meter_values(*samples: object) -> str:
    value = [{"timestamp": "2026-05-12T05:59:00Z", "sampledValue": list(samples)}]
    return call("MeterValues", {"connectorId": 1, "meterValue": value})


BAD: dict[str, tuple[bytes | str, str]] = {
    "empty": ("", "not_json"),
    "not JSON": ("hello", "not_json"),
    "cut off": ('[2,"1","Heartbeat"', "not_json"),
    "two frames": ('[2,"1","Heartbeat",{}][2,"2","Heartbeat",{}]', "not_json"),
    "not UTF-8": (b'[2,"\xff","Heartbeat",{}]', "not_json"),
    "deep": ("[" * 100_000, "not_json"),
    "large": ('[2,"1","DataTransfer",{"data":"' + "x" * 300_000 + '"}]', "frame_too_large"),
    "a number": ("7", "not_a_frame"),
    "an empty list": ("[]", "not_a_frame"),
    "no action": ('[2,"1"]', "not_a_frame"),
    "payload is a list": ('[2,"1","Heartbeat",[]]', "not_a_frame"),
    "another type": ('[5,"1","Heartbeat",{}]', "not_a_frame"),
    "id is an object": ('[2,{},"Heartbeat",{}]', "not_a_frame"),
    "id is long": (json.dumps([2, "x" * 1000, "Heartbeat", {}]), "not_a_frame"),
    "status without connector": (call("StatusNotification", {"status": "Available"}), "no_status"),
    "connector below zero": (
        call("StatusNotification", {"connectorId": -1, "status": "Available"}),
        "no_status",
    ),
    "no status": (call("StatusNotification", {"connectorId": 1, "status": 3.5e9999}), ""),
    "readings without connector": (call("MeterValues", {"meterValue": []}), "no_connector"),
    "no readings": (call("MeterValues", {"connectorId": 1}), "no_reading"),
    "no good reading": (meter_values({"value": "NaN"}, {"value": None}, 7), "no_reading"),
    "start nowhere": (call("StartTransaction", {"idTag": "A"}), "no_connector"),
    "door ajar": (
        call("DataTransfer", {"vendorId": "be.example.kast", "messageId": "Deur", "data": "9"}),
        "no_door",
    ),
    "envelope without frame": ('{"station":"CP-1"}', "not_a_frame"),
}


@pytest.mark.parametrize(("frame", "code"), BAD.values(), ids=BAD.keys())
def test_what_is_malformed_is_refused_with_a_sentence(frame: bytes | str, code: str) -> None:
    results = decoder().decode(message(frame, AT), b"").results
    refusals = [result for result in results if isinstance(result, Refusal)]
    assert [refusal.code for refusal in refusals] == ([code] if code else [])
    assert all(len(refusal.reason) > 20 for refusal in refusals)


ENVELOPES = [
    ('{"direction":"up","frame":[2,"1","Heartbeat",{}]}', "no_station"),
    ('{"station":"CP-1","frame":[2,"1","Heartbeat",{}]}', "no_direction"),
    ('{"station":"CP-1","direction":"sideways","frame":[2,"1","Heartbeat",{}]}', "no_direction"),
    ('{"station":"a b","direction":"up","frame":[2,"1","Heartbeat",{}]}', "unknown_station"),
    ('[2,"1","Heartbeat",{}]', "no_station"),
]


@pytest.mark.parametrize(("envelope", "code"), ENVELOPES)
def test_a_frame_must_say_whose_it_is(envelope: str, code: str) -> None:
    (result,) = decoder().decode(Message(envelope.encode(), AT), b"").results
    assert isinstance(result, Refusal)
    assert result.code == code


def test_a_station_that_the_city_does_not_know_is_refused_where_only_those_may_come() -> None:
    reading = decoder(Ocpp16(stations={"CP-2": "VBS-002"}), gives_numbers=True)
    (result,) = reading.decode(message(call("Heartbeat", {}), AT), b"").results
    assert isinstance(result, Refusal)
    assert result.code == "unknown_station"


def test_else_it_is_the_cabinet_of_its_own_name() -> None:
    (result,) = decoder(Ocpp16()).decode(message(call("Heartbeat", {}), AT), b"").results
    assert told(result)["cabinet"] == STATION


def test_the_time_of_the_mirror_is_the_time_of_what_has_none() -> None:
    envelope = {
        "station": "CP-1",
        "direction": "up",
        "at": "2026-05-12T05:00:00+02:00",
        "frame": call("Heartbeat", {}),
    }
    (result,) = decoder().decode(Message(json.dumps(envelope).encode(), AT), b"").results
    assert told(result)["observedAt"] == "2026-05-12T03:00:00Z"


def test_a_body_of_envelopes_is_cut_into_stations() -> None:
    lines = [
        b'{"station":"CP-1","direction":"up","frame":[2,"1","Heartbeat",{}]}',
        b"not JSON",
        b'{"station":"CP-2","direction":"up","frame":[2,"1","Heartbeat",{}]}',
    ]
    reading = decoder()
    parts = reading.cut(Message(b"\n".join(lines), AT))
    assert [part.payload for part in parts] == lines
    assert [reading.subject(part) for part in parts] == ["CP-1", None, "CP-2"]
    for part in parts:
        assert list(reading.cut(part)) == [part]


@pytest.mark.parametrize(
    "attributes", [{"station": "CP-1", "direction": "up"}, {"topic": "ocpp/CP-1/up"}, {}]
)
def test_a_bare_frame_is_never_cut(attributes: dict[str, str]) -> None:
    frame = Message(b'[2,"1","Heartbeat",{}]', AT, attributes)
    assert list(decoder().cut(frame)) == [frame]


def test_a_topic_says_more_than_what_comes_on_it() -> None:
    envelope = b'{"station":"CP-2","direction":"down","frame":[2,"1","Heartbeat",{}]}'
    assert decoder().subject(message(envelope, AT)) == STATION


def test_no_frame_fills_the_queue() -> None:
    value = {"timestamp": "2026-05-12T05:59:00Z", "sampledValue": [{"value": "1"}]}
    frame = call("MeterValues", {"connectorId": 1, "meterValue": [value] * 2_000})
    results = decoder().decode(message(frame, AT), b"").results
    assert len(results) == MAX_RESULTS + 1
    assert isinstance(results[-1], Refusal)
    assert results[-1].code == "too_many_events"


def test_an_end_that_comes_after_days_is_not_one_that_never_comes() -> None:
    """A station was cut off for two days, and sends what it kept: the outlet is free, the stop."""
    reading, memory, ends = decoder(), b"", []
    back = AT + timedelta(days=2)
    for at, frame in (
        (AT, [2, "1", "StartTransaction", {"connectorId": 1, "idTag": "04A2", "meterStart": 1000,
                                           "timestamp": "2026-05-12T06:00:00Z"}]),
        (back, [2, "2", "StatusNotification", {"connectorId": 1, "errorCode": "NoError",
                                               "status": "Available",
                                               "timestamp": "2026-05-12T07:00:00Z"}]),
        (back, [2, "3", "StopTransaction", {"transactionId": -1, "meterStop": 1700,
                                            "timestamp": "2026-05-12T06:45:00Z"}]),
    ):  # fmt: skip
        received = message(json.dumps(frame), at)
        decoded = reading.decode(received, memory)
        assert reading.decode(received, decoded.memory) == decoded
        memory = decoded.memory
        ends += [
            (result.data.ended_at, result.data.stop_reason)
            for result in decoded.results
            if isinstance(result, Session) and result.data.event == "ended"
        ]
    assert ends == [("2026-05-12T06:45:00Z", "local")]


def test_what_is_remembered_is_bounded() -> None:
    reading, memory = decoder(gives_numbers=True), b""
    for number in range(300):
        payload = {
            "connectorId": number,
            "idTag": "A",
            "meterStart": number,
            "timestamp": "2026-05-12T05:00:00Z",
        }
        frames = (
            call("StartTransaction", payload, str(number)),
            call("StatusNotification", {"connectorId": number, "status": "Faulted"}),
        )
        for frame in frames:
            memory = reading.decode(message(frame, AT), memory).memory
    known = recalled(memory)
    assert len(known.sessions) == MAX_SESSIONS
    assert known.next_transaction == 301
    assert len(memory) < 50_000


def test_a_memory_that_cannot_be_read_is_a_new_one() -> None:
    frame = message(call("Heartbeat", {}), AT)
    assert decoder().decode(frame, b"{broken") == decoder().decode(frame, b"")


def test_it_is_a_decoder_that_cuts() -> None:
    reading: Decoder = decoder()
    assert isinstance(reading, Cutting)


# ------------------------------------------------------------------------ whatever is sent

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)
WORDS = st.sampled_from(
    ["Available", "Faulted", "NoError", "GroundFailure", "Wh", "kWh", "W", "L1", "Voltage",
     "Current.Import", "Power.Active.Import", "Transaction.End", "Outlet", "Inlet", "-1", "1",
     "1.5", "NaN", "2026-05-12T05:59:00Z", "2026-05-12T08:30:00+02:00", "1970-01-01T00:00:00Z",
     "2026-10-25T02:30:00", "9999-12-31T23:59:59.999999-23:59", "\ud800", "\x00"]
)  # fmt: skip
FIELD = WORDS | st.integers(-2, 3) | JSON
SAMPLE = st.dictionaries(
    st.sampled_from(["value", "unit", "measurand", "phase", "context", "location", "format"]), FIELD
)
METER_VALUE = st.fixed_dictionaries(
    {"timestamp": FIELD, "sampledValue": st.lists(SAMPLE | JSON, max_size=4) | JSON}
)
PAYLOAD = st.dictionaries(
    st.sampled_from(
        ["connectorId", "status", "errorCode", "vendorErrorCode", "info", "timestamp", "idTag",
         "meterStart", "meterStop", "transactionId", "reservationId", "reason", "data",
         "vendorId", "messageId"]
    ),
    FIELD,
)  # fmt: skip
ACTIONS = st.sampled_from(
    ["BootNotification", "Heartbeat", "StatusNotification", "MeterValues", "StartTransaction",
     "StopTransaction", "DataTransfer", "Authorize", "ReserveNow"]
)  # fmt: skip


@st.composite
def frames(draw: st.DrawFn) -> tuple[str, str]:
    payload: dict[str, Any] = draw(PAYLOAD)
    for name in ("meterValue", "transactionData"):
        payload[name] = draw(st.lists(METER_VALUE, max_size=2) | JSON)
    unique_id = draw(st.sampled_from(["1", "2"]))
    kind = draw(st.sampled_from([2, 2, 2, 3, 4]))
    body = [draw(ACTIONS), payload] if kind == 2 else [payload]
    return json.dumps([kind, unique_id, *body]), draw(st.sampled_from(["up", "up", "down"]))


@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_no_bytes_raise(payload: bytes) -> None:
    for attributes in ({}, {"topic": "ocpp/CP-1/up"}, {"station": "CP-1", "direction": "link"}):
        whole = Message(payload, AT, attributes)
        for part in decoder().cut(whole):
            decoder().subject(part)
            controllers.said(decoder().decode(part, payload))


@given(st.lists(frames(), max_size=6), st.booleans())
def test_whatever_is_said_gives_canonical_events_twice_the_same(
    said: list[tuple[str, str]], gives_numbers: bool
) -> None:
    reading, memory = decoder(gives_numbers=gives_numbers), b""
    for frame, direction in said:
        received = message(frame, AT, direction)
        decoded = reading.decode(received, memory)
        for result in decoded.results:
            if not isinstance(result, Refusal):
                decode_event(canonical_json(result))
        assert reading.decode(received, decoded.memory) == decoded
        memory = decoded.memory
