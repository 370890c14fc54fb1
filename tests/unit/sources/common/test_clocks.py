"""The judge of clocks, and that no dialect judges otherwise."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldes_shok.cabinet.encode import instant_text
from ldes_shok.cabinet.event import Event, Measurement, Session, SessionData, Status, StatusData
from ldes_shok.cabinet.flags import (
    CLOCK_SUSPECT,
    CLOCK_UNSET,
    DST_AMBIGUOUS,
    DST_NONEXISTENT,
    TIME_NAIVE,
)
from ldes_shok.cabinet.identity import content_digest
from ldes_shok.cabinet.incoming import Origin
from ldes_shok.cabinet.instants import BUFFER_DEPTH
from ldes_shok.cabinet.measurement import MeasurementData, Reading
from ldes_shok.sources.common.clocks import in_zone, suspected
from ldes_shok.sources.decoder import Decoded, Decoder, Message
from ldes_shok.sources.decoding import Decoding
from ldes_shok.sources.dialects.mapped.decoder import MappedDecoder
from ldes_shok.sources.dialects.ngsild.decoder import NgsiLdDecoder
from ldes_shok.sources.dialects.ngsild.section import NgsiLd
from ldes_shok.sources.dialects.ocpp16.decoder import Ocpp16Decoder
from ldes_shok.sources.dialects.ocpp16.section import Ocpp16
from ldes_shok.sources.dialects.p1.decoder import P1Decoder
from ldes_shok.sources.dialects.p1.section import P1
from tests.support.dialects import conversations
from tests.support.sections import decode_section, mapping_section
from tests.support.telegram import telegram

BRUSSELS: Final = "Europe/Brussels"
NOON = datetime(2026, 5, 12, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
LONG_AGO = NOON - timedelta(days=150)


def measurement(at: datetime, *flags: str) -> Measurement:
    data = MeasurementData((Reading("voltage", "L1", "231.2", "V"),), "M-1")
    return Measurement(
        v=1, cabinet="VBS-001", observed_at=instant_text(at), clock="I", flags=flags, data=data
    )


def status(at: datetime) -> Status:
    data = StatusData(operation="operational")
    return Status(v=1, cabinet="VBS-001", observed_at=instant_text(at), clock="I", data=data)


def session(at: datetime) -> Session:
    data = SessionData("s-1", "started", instant_text(at))
    return Session(v=1, cabinet="VBS-001", observed_at=instant_text(at), clock="I", data=data)


@pytest.mark.parametrize(
    ("event", "is_suspect"),
    [
        (measurement(NOON - BUFFER_DEPTH), False),
        (measurement(NOON - BUFFER_DEPTH - SECOND), True),
        (session(LONG_AGO), True),
        (status(LONG_AGO), False),
        (msgspec.structs.replace(measurement(LONG_AGO), clock="N"), False),
        (measurement(datetime(2000, 1, 1, tzinfo=UTC), CLOCK_UNSET), False),
        (measurement(LONG_AGO, TIME_NAIVE), False),
    ],
)
def test_only_what_was_measured_long_ago_is_suspect(event: Event, *, is_suspect: bool) -> None:
    assert (CLOCK_SUSPECT in suspected(event, NOON).flags) == is_suspect


def test_there_is_no_flag_too_many() -> None:
    full = measurement(LONG_AGO, *(f"odd_{letter}" for letter in "abcdefghijklmnop"))
    assert suspected(full, NOON) == full
    once = suspected(measurement(LONG_AGO), NOON)
    assert suspected(once, NOON) == once


def test_a_reading_that_is_repeated_when_it_is_old_is_the_event_that_it_was() -> None:
    live = measurement(NOON)
    repeated = suspected(live, NOON + timedelta(days=60))
    assert repeated.flags == (CLOCK_SUSPECT,)
    assert content_digest(repeated) == content_digest(live)


class _One:
    """Finds one old reading in every message."""

    def subject(self, message: Message) -> str | None:  # noqa: ARG002
        return None

    def decode(self, message: Message, memory: bytes) -> Decoded:  # noqa: ARG002
        return Decoded((measurement(LONG_AGO),))


@pytest.mark.parametrize(
    ("adapter", "is_suspect"), [("mqtt", True), ("http", True), ("csv", False), ("ldes", False)]
)
def test_what_was_kept_by_others_may_be_old(adapter: str, *, is_suspect: bool) -> None:
    decoding = Decoding(_One(), Origin(adapter, "voorbeeldstad", "bron"), lambda *_: None)
    (delivery,) = decoding.read([Message(b"{}", NOON)]).deliveries
    assert (CLOCK_SUSPECT.encode() in delivery.payload) == is_suspect


@dataclass(frozen=True, slots=True)
class Device:
    """A device that reports a reading and a state at once.

    Attributes:
        decoder: of its dialect; takes the zone of the source.
        payload: a reading, at a time.
        state: a state, at a time.
        topic: that it sends to.
    """

    decoder: Callable[[str | None], Decoder]
    payload: Callable[[datetime], bytes]
    state: Callable[[datetime], bytes]
    topic: str = ""


def _mapped(zone: str | None) -> Decoder:
    section = {
        "cabinet": {"value": "VBS-001"},
        "time": {"path": "ts", "zone": zone} if zone else {"path": "ts"},
        "readings": [{"path": "v", "quantity": "voltage", "unit": "V"}],
        "status": [{"path": "door", "axis": "door", "values": {"1": "open"}}],
        "historical_after_seconds": 3600,
    }
    return MappedDecoder(mapping_section(section))


def _ocpp16(zone: str | None) -> Decoder:
    section = Ocpp16(stations={"CP-1": "VBS-001"}, zone=ZoneInfo(zone) if zone else None)
    return Ocpp16Decoder(section, Origin("mqtt", "voorbeeldstad", "palen"))


def _ngsild(_zone: str | None) -> Decoder:
    tree = {
        "as": "ngsild",
        "patterns": ["urn:ngsi-ld:Device:{cabinet}"],
        "properties": [{"property": "volts", "quantity": "voltage", "unit": "V"}],
        "states": [{"property": "door", "axis": "door", "values": {"1": "open"}}],
    }
    section = decode_section(tree)
    assert isinstance(section, NgsiLd)
    return NgsiLdDecoder(section)


def _p1(_zone: str | None) -> Decoder:
    return P1Decoder(P1("VBS-001", every_seconds=1))


def _text(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _frame(action: str, payload: Mapping[str, Any]) -> bytes:
    return json.dumps([2, "u1", action, payload]).encode()


def _meter_values(at: datetime) -> bytes:
    sample = {"measurand": "Voltage", "value": "231.2", "unit": "V"}
    value = {"timestamp": _text(at), "sampledValue": [sample]}
    return _frame("MeterValues", {"connectorId": 1, "meterValue": [value]})


def _status_notification(at: datetime) -> bytes:
    said = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}
    return _frame("StatusNotification", {**said, "timestamp": _text(at)})


def _json(name: str, value: object) -> Callable[[datetime], bytes]:
    return lambda at: json.dumps({"ts": _text(at), name: value}).encode()


def _entity(name: str, value: object) -> Callable[[datetime], bytes]:
    def payload(at: datetime) -> bytes:
        said = {"type": "Property", "value": value, "observedAt": _text(at)}
        return json.dumps([{"id": "urn:ngsi-ld:Device:VBS-001", name: said}]).encode()

    return payload


def _telegram(*lines: str) -> Callable[[datetime], bytes]:
    def payload(at: datetime) -> bytes:
        local = at + timedelta(hours=1)
        return telegram("MTR-1", local, "W", more=lines)

    return payload


DEVICES: Final = {
    "mapping": Device(_mapped, _json("v", 231.2), _json("door", "1")),
    "ocpp16": Device(_ocpp16, _meter_values, _status_notification, "ocpp/CP-1/up"),
    "ngsild": Device(_ngsild, _entity("volts", 231.2), _entity("door", "1")),
    "p1": Device(_p1, _telegram(), _telegram("0-0:96.3.10(1)")),
}
NOT_DEVICES: Final = {"csv", "ldes"}
"""What a person dated, and what another service says: the limits of all events hold for them."""

HOUR: Final = timedelta(hours=1)
MINUTE: Final = timedelta(minutes=1)
DAY: Final = timedelta(days=1)
BELIEVED: Final = (
    (timedelta(), ()),
    (10 * MINUTE, ()),
    (-HOUR, ()),
    (-2 * HOUR, ()),
    (-DAY, ()),
    (-31 * DAY, ()),
    (-31 * DAY - SECOND, ("clock_suspect",)),
    (-4000 * DAY, ("clock_suspect",)),
)
NOT_BELIEVED: Final = (
    (10 * MINUTE + SECOND, "time_in_future"),
    (55 * MINUTE - SECOND, "time_in_future"),
    (55 * MINUTE, "clock_offset"),
    (HOUR, "clock_offset"),
    (HOUR + 5 * MINUTE, "clock_offset"),
    (HOUR + 5 * MINUTE + SECOND, "time_in_future"),
    (2 * HOUR, "clock_offset"),
    (3 * HOUR, "clock_offset"),
    (14 * HOUR + 5 * MINUTE, "clock_offset"),
    (14 * HOUR + 5 * MINUTE + SECOND, "time_in_future"),
    (15 * HOUR, "time_in_future"),
    (DAY, "time_in_future"),
    (365 * DAY, "time_in_future"),
    (datetime(2000, 1, 1, 2, tzinfo=UTC) - NOON, "clock_unset"),
    (datetime(2014, 12, 31, 23, 59, 59, tzinfo=UTC) - NOON, "clock_unset"),
)


def _events(device: Device, payload: bytes, zone: str | None = None) -> list[Event]:
    decoding = Decoding(
        device.decoder(zone), Origin("http", "voorbeeldstad", "bron"), lambda *_: None
    )
    attributes = {"topic": device.topic} if device.topic else {}
    deliveries = decoding.read([Message(payload, NOON, attributes)]).deliveries
    return [msgspec.json.decode(each.payload, type=Event) for each in deliveries if each.payload]


def _reading(device: Device, at: datetime, zone: str | None = None) -> Measurement:
    events = _events(device, device.payload(at), zone)
    return next(event for event in events if isinstance(event, Measurement))


def _state(device: Device, at: datetime, zone: str | None = None) -> Status | None:
    events = _events(device, device.state(at), zone)
    found = [event for event in events if isinstance(event, Status)]
    return next((event for event in found if event.data.connectivity is None), None)


def _odd(event: Event) -> tuple[str, ...]:
    return tuple(flag for flag in event.flags if flag != "report_time")


def test_every_dialect_is_judged_or_is_no_device() -> None:
    assert DEVICES.keys() | NOT_DEVICES == conversations().keys()


@pytest.mark.parametrize("name", DEVICES)
@pytest.mark.parametrize(("offset", "flags"), BELIEVED)
def test_a_time_that_can_be_right_is_the_time_of_the_event(
    name: str, offset: timedelta, flags: tuple[str, ...]
) -> None:
    """The README's table of clocks, in every dialect: a time that can be right stays."""
    reading, state = _reading(DEVICES[name], NOON + offset), _state(DEVICES[name], NOON + offset)
    assert state is not None
    assert reading.observed_at == state.observed_at == instant_text(NOON + offset)
    assert (_odd(reading), _odd(state)) == (flags, ())
    assert reading.historical == state.historical == (offset < -HOUR)
    assert reading.clock == ("S" if name == "p1" else "I")


@pytest.mark.parametrize("name", DEVICES)
@pytest.mark.parametrize(("offset", "flag"), NOT_BELIEVED)
def test_a_time_that_cannot_be_right_keeps_a_reading_back(
    name: str, offset: timedelta, flag: str
) -> None:
    """The README's table of clocks, in every dialect: flagged alike, and never corrected."""
    reading = _reading(DEVICES[name], NOON + offset)
    assert (reading.observed_at, _odd(reading)) == (instant_text(NOON + offset), (flag,))
    assert (reading.clock == "U") == (flag != "clock_offset")


@pytest.mark.parametrize("name", ["mapping", "ocpp16"])
@pytest.mark.parametrize("offset", [offset for offset, _ in NOT_BELIEVED])
def test_a_state_whose_time_cannot_be_right_holds_from_its_receipt(
    name: str, offset: timedelta
) -> None:
    """The README's table of clocks: where a message comes when a state is reported."""
    state = _state(DEVICES[name], NOON + offset)
    assert state is not None
    assert (state.observed_at, state.clock) == (instant_text(NOON), "N")
    assert (_odd(state), state.historical) == (("receipt_time",), False)


@pytest.mark.parametrize(("offset", "flag"), NOT_BELIEVED)
def test_a_broker_and_a_telegram_do_not_say_since_when_by_coming(
    offset: timedelta, flag: str
) -> None:
    """The README's table of clocks: NGSI-LD states wait, and the next telegram says a breaker."""
    state = _state(DEVICES["ngsild"], NOON + offset)
    assert state is not None
    assert (state.observed_at, _odd(state)) == (instant_text(NOON + offset), (flag,))
    assert _state(DEVICES["p1"], NOON + offset) is None


def test_a_year_of_two_digits_is_of_this_century() -> None:
    epoch = datetime(1970, 1, 1, 0, 5, tzinfo=UTC)
    for name, device in DEVICES.items():
        expected = ("time_in_future",) if name == "p1" else ("clock_unset",)
        assert _odd(_reading(device, epoch)) == expected


@pytest.mark.parametrize("name", ["mapping", "ocpp16", "ngsild"])
@pytest.mark.parametrize(
    ("local", "zone", "instant", "flags"),
    [
        ("2026-05-12T14:00:00", None, "2026-05-12T14:00:00Z", ("time_naive",)),
        ("2026-05-12T12:00:00", None, "2026-05-12T12:00:00Z", ("time_naive",)),
        ("2000-01-01T02:00:00", None, "2000-01-01T02:00:00Z", ("clock_unset",)),
        ("2026-05-12T14:00:00", BRUSSELS, "2026-05-12T12:00:00Z", ()),
        ("2026-05-12T16:00:00", BRUSSELS, "2026-05-12T14:00:00Z", ("clock_offset",)),
        ("2026-05-11T14:00:00", "Asia/Kolkata", "2026-05-11T08:30:00Z", ()),
        ("2026-03-29T02:30:00", BRUSSELS, "2026-03-29T01:30:00Z", ("dst_nonexistent",)),
        ("2025-10-26T02:30:00", BRUSSELS, "2025-10-26T00:30:00Z",
         ("dst_ambiguous", "clock_suspect")),
        ("2026-05-12T14:00:00+02:00", None, "2026-05-12T12:00:00Z", ()),
    ],
)  # fmt: skip
def test_a_local_time_is_of_the_zone_of_its_source(
    name: str, local: str, zone: str | None, instant: str, flags: tuple[str, ...]
) -> None:
    """The README's table of clocks, in every dialect whose times may lack a zone."""
    if name == "ngsild" and zone is not None:
        # The settings of a broker name no zone.
        instant, flags = f"{local}Z", ("time_naive",)
    found = _reading(DEVICES[name], datetime.fromisoformat(local), zone)
    assert (found.observed_at, _odd(found)) == (instant, flags)
    is_held_back = bool({"time_naive", "clock_unset", "dst_nonexistent"} & {*flags})
    assert found.clock == ("U" if is_held_back else "I")


@pytest.mark.parametrize("name", ["mapping", "ocpp16"])
def test_what_is_no_time_keeps_a_reading_back_and_no_state(name: str) -> None:
    """The README's table of clocks; NGSI-LD and P1 refuse what has no time."""
    device = DEVICES[name]
    text = _text(NOON).encode()
    (reading,) = [
        event
        for event in _events(device, device.payload(NOON).replace(text, b"yesterday"))
        if isinstance(event, Measurement)
    ]
    states = [
        event
        for event in _events(device, device.state(NOON).replace(text, b"yesterday"))
        if isinstance(event, Status) and event.data.connectivity is None
    ]
    assert (reading.observed_at, reading.clock) == (instant_text(NOON), "N")
    assert _odd(reading) == ("time_unreadable",)
    assert [(each.observed_at, each.clock, _odd(each)) for each in states] == [
        (instant_text(NOON), "N", ("receipt_time",))
    ]


def test_a_device_without_a_clock_measures_when_its_message_comes() -> None:
    section = {
        "cabinet": {"value": "VBS-001"},
        "time": {"format": "none"},
        "readings": [{"path": "v", "quantity": "voltage", "unit": "V"}],
    }
    decoder = MappedDecoder(mapping_section(section))
    (event,) = decoder.decode(Message(b'{"v": 231.2}', NOON), b"").results
    assert isinstance(event, Measurement)
    assert (event.observed_at, event.clock) == (instant_text(NOON), "N")
    assert event.flags == ("receipt_time",)


@pytest.mark.parametrize(
    ("seconds", "instant", "flags"),
    [
        (-HOUR, "2026-05-12T11:00:00Z", ()),
        (30 * SECOND, "2026-05-12T12:00:00Z", ("snapped_to_grid",)),
        (-30 * SECOND, "2026-05-12T12:00:00Z", ("snapped_to_grid",)),
        (31 * SECOND, "2026-05-12T12:00:31Z", ()),
        (2 * HOUR + 3 * SECOND, "2026-05-12T14:00:00Z", ("clock_offset", "snapped_to_grid")),
        (11 * MINUTE + 50 * SECOND, "2026-05-12T12:11:50Z", ("time_in_future",)),
    ],
)
def test_a_grid_moves_only_what_is_not_held_back(
    seconds: timedelta, instant: str, flags: tuple[str, ...]
) -> None:
    section = {
        "cabinet": {"value": "VBS-001"},
        "time": {"path": "ts"},
        "readings": [{"path": "v", "quantity": "voltage", "unit": "V"}],
        "grid_seconds": 900,
    }
    device = Device(
        lambda _: MappedDecoder(mapping_section(section)),
        _json("v", 231.2),
        _json("v", 231.2),
    )
    found = _reading(device, NOON + seconds)
    assert (found.observed_at, found.flags) == (instant, flags)


def test_a_gateway_whose_clock_cannot_be_right_saw_a_frame_when_it_came() -> None:
    for at, expected in ((NOON - DAY, NOON - DAY), (NOON + DAY, NOON), (NOON + 2 * HOUR, NOON)):
        envelope = {"station": "CP-1", "direction": "up", "at": _text(at), "frame": []}
        frame = _frame("Heartbeat", {}).decode()
        payload = json.dumps({**envelope, "frame": frame}).encode()
        (event,) = _events(DEVICES["ocpp16"], payload)
        assert event.observed_at == instant_text(expected)


@pytest.mark.parametrize(
    ("local", "instant", "flags"),
    [
        ("2026-05-12T14:00:00", "2026-05-12T12:00:00+00:00", ()),
        ("2026-10-25T02:30:00", "2026-10-25T00:30:00+00:00", (DST_AMBIGUOUS,)),
        ("2026-10-25T03:00:00", "2026-10-25T02:00:00+00:00", ()),
        ("2026-03-29T01:59:59", "2026-03-29T00:59:59+00:00", ()),
        ("2026-03-29T02:30:00", "2026-03-29T01:30:00+00:00", (DST_NONEXISTENT,)),
    ],
)
def test_an_hour_that_comes_twice_or_never_is_flagged(
    local: str, instant: str, flags: tuple[str, ...]
) -> None:
    found = in_zone(datetime.fromisoformat(local), ZoneInfo(BRUSSELS))
    assert found == (datetime.fromisoformat(instant), flags)


@given(st.datetimes(datetime(2015, 1, 1), datetime(2099, 12, 31)))  # noqa: DTZ001  of a wall
def test_every_other_time_comes_back(local: datetime) -> None:
    instant, flags = in_zone(local, ZoneInfo(BRUSSELS))
    assert instant.tzinfo is UTC
    there_and_back = instant.astimezone(ZoneInfo(BRUSSELS)).replace(tzinfo=None, fold=0)
    assert (there_and_back == local) == (flags != (DST_NONEXISTENT,))
    assert abs(instant.replace(tzinfo=None) - local) in (timedelta(hours=1), timedelta(hours=2))
