"""Fault 6: a time that is too long ago is flagged, and the event is the one that it was."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from ldes_shok.cabinet.encode import instant_text
from ldes_shok.cabinet.event import Event, Measurement, Session, SessionData, Status, StatusData
from ldes_shok.cabinet.flags import CLOCK_SUSPECT, CLOCK_UNSET, TIME_NAIVE
from ldes_shok.cabinet.identity import content_digest
from ldes_shok.cabinet.incoming import Origin
from ldes_shok.cabinet.instants import BUFFER_DEPTH
from ldes_shok.cabinet.measurement import MeasurementData, Reading
from ldes_shok.sources.common.stale_clock import suspected
from ldes_shok.sources.decoder import Decoded, Message
from ldes_shok.sources.decoding import Decoding

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
