"""Messages become deliveries; what a decoder remembers holds once it is safe."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest
from structlog.testing import capture_logs

from ldes_shok.cabinet.decode import decode_event
from ldes_shok.cabinet.encode import instant_text
from ldes_shok.cabinet.event import Measurement, Status, StatusData
from ldes_shok.cabinet.flags import ENERGY_RATIO
from ldes_shok.cabinet.incoming import Delivery, Memory, Origin, Raw
from ldes_shok.cabinet.measurement import MeasurementData, Reading
from ldes_shok.cabinet.outcome import Outcome, OutcomeKind
from ldes_shok.errors import LogSlow, Overloaded, PseudonymKeyUnavailable
from ldes_shok.sources.decoder import Decoded, Message, Refusal
from ldes_shok.sources.decoding import DEFECT, Decoding

Result = TypeVar("Result")

AT = datetime(2026, 5, 12, 12, tzinfo=UTC)
QUARTERS = timedelta(hours=1)
ORIGIN = Origin("mqtt", "voorbeeldstad", "broker")


class _Counting:
    """Says how many messages of a subject came; `?` is refused, `!` fails, `.` says nothing."""

    def subject(self, message: Message) -> str | None:
        return message.attributes.get("topic")

    def decode(self, message: Message, memory: bytes) -> Decoded:
        number = int(memory or b"0") + 1
        word = message.payload.decode()
        if word == "!":
            raise ValueError("a secret")
        results: list[Status | Refusal] = []
        for letter in word:
            if letter == "?":
                results.append(Refusal("unreadable", "send something else"))
            elif letter != ".":
                results.append(
                    Status(
                        v=1,
                        cabinet=letter,
                        observed_at="2026-05-12T12:00:00Z",
                        clock="S",
                        data=StatusData(operation="operational", vendor_state=str(number)),
                    )
                )
        return Decoded(tuple(results), str(number).encode())


class _Thinning:
    """Leaves every message out."""

    def subject(self, message: Message) -> str | None:
        return message.attributes.get("topic")

    def decode(self, message: Message, memory: bytes) -> Decoded:  # noqa: ARG002
        return Decoded(memory=memory, thinned=True)


class _Metering:
    """Readings of meters, every quarter of an hour: each letter is of a meter, in kWh for Wh."""

    historical_after = None

    def subject(self, message: Message) -> str | None:  # noqa: ARG002
        return None

    def decode(self, message: Message, memory: bytes) -> Decoded:  # noqa: ARG002
        number = int(message.attributes["number"])
        at = AT + number * timedelta(minutes=15)
        readings = (
            Reading("energy.import.register", "total", f"{1 + number / 2}", "Wh"),
            Reading("power.import", "total", "2000", "W"),
        )
        return Decoded(
            tuple(
                Measurement(
                    v=1,
                    cabinet="VBS-001",
                    observed_at=instant_text(at),
                    clock="I",
                    data=MeasurementData(readings, letter),
                )
                for letter in message.payload.decode()
            )
        )


class _Sink:
    def __init__(self) -> None:
        self.taken: list[Delivery] = []
        self.refusing = False

    async def submit(self, deliveries: Sequence[Delivery]) -> Sequence[Outcome]:
        if self.refusing:
            raise Overloaded(1)
        self.taken += deliveries
        return [Outcome(OutcomeKind.PUBLISHED, None) for _ in deliveries]


def _decoding(remembered: dict[tuple[str, str], bytes] | None = None) -> Decoding:
    kept = remembered or {}
    return Decoding(_Counting(), ORIGIN, lambda source, subject: kept.get((source, subject)))


def _message(word: str, topic: str = "a") -> Message:
    return Message(word.encode(), AT, {"topic": topic})


def _vendor_state(delivery: Delivery) -> str | None:
    event = decode_event(delivery.payload)
    assert isinstance(event, Status)
    return event.data.vendor_state


def test_every_event_of_a_message_comes_with_the_bytes_it_was_made_of() -> None:
    reading = _decoding().read([_message("xy")])
    raw = Raw.of(b"xy", {"topic": "a"})
    events = [decode_event(delivery.payload) for delivery in reading.deliveries]
    assert [event.cabinet for event in events] == ["x", "y"]
    # What they are called by is the log's to say: it is keyed.
    assert {event.raw for event in events} == {None}
    assert [delivery.raw for delivery in reading.deliveries] == [raw, raw]
    assert [delivery.memory for delivery in reading.deliveries] == [None, Memory("a", b"1")]


def test_the_same_payload_with_other_attributes_is_other_raw_bytes() -> None:
    assert Raw.of(b"x", {"topic": "a"}).digest != Raw.of(b"x", {"topic": "b"}).digest
    assert Raw.of(b"x", {"a": "1", "b": "2"}) == Raw.of(b"x", {"b": "2", "a": "1"})


def test_a_refused_part_does_not_spoil_its_neighbours() -> None:
    first, second, third = _decoding().read([_message("x?y")]).deliveries
    assert (first.refusal, third.refusal) == ("", "")
    assert second.refusal == "unreadable: send something else"
    assert second.payload == b""
    assert not second.says_nothing


def test_a_message_without_an_event_is_kept() -> None:
    (delivery,) = _decoding().read([_message(".")]).deliveries
    assert delivery.says_nothing
    assert delivery.memory == Memory("a", b"1")


def test_a_message_that_is_thinned_out_leaves_nothing() -> None:
    decoding = Decoding(_Thinning(), ORIGIN, lambda _source, _subject: b"41")
    assert decoding.read([_message("x"), _message("y")]).deliveries == ()


def test_a_defect_in_a_decoder_is_a_refusal_and_says_nothing_of_the_content() -> None:
    (delivery,) = _decoding().read([_message("!")]).deliveries
    assert delivery.refusal.startswith(DEFECT)
    assert "secret" not in delivery.refusal
    assert delivery.memory is None


async def test_what_was_not_safe_is_not_remembered() -> None:
    decoding, sink = _decoding(), _Sink()
    sink.refusing = True
    with pytest.raises(Overloaded):
        await decoding.submit([_message("x")], sink)
    sink.refusing = False
    await decoding.submit([_message("x"), _message("x"), _message("x", "b")], sink)
    await decoding.submit([_message("x")], sink)
    assert [_vendor_state(delivery) for delivery in sink.taken] == ["1", "2", "1", "3"]


def test_a_new_process_goes_on_from_what_the_log_remembers() -> None:
    decoding = _decoding({(ORIGIN.source, "a"): b"41"})
    reading = decoding.read([_message("x"), _message("x", "b")])
    assert [_vendor_state(delivery) for delivery in reading.deliveries] == ["42", "1"]


class _Halving(_Counting):
    def cut(self, message: Message) -> Sequence[Message]:
        return [replace(message, payload=part) for part in message.payload.split(b"/")]


def test_what_is_cut_is_kept_and_remembered_part_by_part() -> None:
    decoding = Decoding(_Halving(), ORIGIN, lambda *_: None)
    reading = decoding.read([_message("x/?/y")])
    raws = [delivery.raw.payload for delivery in reading.deliveries if delivery.raw]
    assert raws == [b"x", b"?", b"y"]
    assert [delivery.refusal for delivery in reading.deliveries][1] != ""
    assert asyncio.run(decoding.memory("a")) == b""
    decoding.settle(reading)
    assert asyncio.run(decoding.memory("a")) == b"3"


class _Nameless(_Counting):
    def decode(self, message: Message, memory: bytes) -> Decoded:  # noqa: ARG002  a Decoder
        raise PseudonymKeyUnavailable("the disk is full")


async def test_who_cannot_be_named_now_comes_again() -> None:
    """No event with a name in it, and no acknowledgement either."""
    sink = _Sink()
    decoding = Decoding(_Nameless(), ORIGIN, lambda _source, _subject: None)
    with pytest.raises(PseudonymKeyUnavailable):
        await decoding.submit([Message(b"a", AT, {"topic": "t"})], sink)
    assert sink.taken == []


async def test_receipt_is_as_precise_as_the_log_keeps_it() -> None:
    """So that raw bytes that are run again give the same events."""
    sink = _Sink()
    decoding = Decoding(_Counting(), ORIGIN, lambda _source, _subject: None)
    await decoding.submit([Message(b"a", AT.replace(microsecond=123_456), {"topic": "t"})], sink)
    assert [d.received_at for d in sink.taken] == [AT.replace(microsecond=123_000)]


def test_what_meters_said_is_remembered_of_each_with_the_last_event() -> None:
    decoding = Decoding(_Metering(), ORIGIN, lambda _source, _subject: None)
    reading = decoding.read([_reading("xyx", 0)])
    assert [len(delivery.notes) for delivery in reading.deliveries] == [0, 0, 2]
    assert {note.subject: note.value for note in reading.deliveries[-1].notes} == reading.memories
    (last,) = decoding.read([Message(b"", AT + QUARTERS, {"number": "1"})]).deliveries
    assert last.notes == ()


def test_a_new_process_goes_on_from_what_meters_said() -> None:
    kept: dict[str, bytes] = {}

    def recall(_source: str, subject: str) -> bytes | None:
        return kept.get(subject)

    for number in range(4):
        decoding = Decoding(_Metering(), ORIGIN, recall)
        reading = decoding.read([_reading("x", number)])
        kept |= {note.subject: note.value for note in reading.deliveries[0].notes}
        flags = decode_event(reading.deliveries[0].payload).flags
        assert flags == ((ENERGY_RATIO,) if number == 3 else ())


def test_more_is_remembered_than_is_held() -> None:
    kept: dict[str, bytes] = {}
    asked: list[str] = []

    def recall(_source: str, subject: str) -> bytes | None:
        asked.append(subject)
        return kept.get(subject)

    decoding = Decoding(_Counting(), ORIGIN, recall, most_memories=2)
    for topic in "abcabca":
        reading = decoding.read([Message(b".", AT, {"topic": topic})])
        decoding.settle(reading)
        kept |= reading.memories
    assert [asyncio.run(decoding.memory(topic)) for topic in "abc"] == [b"3", b"2", b"2"]
    assert asked == [*"abcabca", "b", "c"]


def _reading(meters: str, number: int) -> Message:
    return Message(meters.encode(), AT + QUARTERS, {"number": str(number)})


class _Quoting(_Counting):
    def decode(self, message: Message, memory: bytes) -> Decoded:  # noqa: ARG002  a Decoder
        raise ValueError(f"what is {message.payload.decode()}?")


def test_a_defect_is_logged_without_what_the_message_said() -> None:
    decoding = Decoding(_Quoting(), ORIGIN, lambda _source, _subject: None)
    with capture_logs() as lines:
        (delivery,) = decoding.read([_message("04A2B3C4D5E680")]).deliveries
    (line,) = lines
    assert (line["event"], line["error"]) == ("decoder_failed", "ValueError")
    assert any("decode" in frame for frame in line["at"])
    assert "04A2B3C4D5E680" not in str(line) + delivery.refusal


# ---------------------------------------------------------------- beside an event loop


class _Aside:
    """Where the log may be read; counts who comes."""

    def __init__(self) -> None:
        self.calls = 0
        self.refusing = False

    async def __call__(self, function: Callable[[], Result], /) -> Result:
        self.calls += 1
        if self.refusing:
            raise LogSlow("not now")
        return await asyncio.to_thread(function)


def _no_loop(source: str, subject: str) -> bytes | None:
    """What the log remembers of a: 40; asked where no loop runs."""
    assert source == ORIGIN.source
    with pytest.raises(RuntimeError):
        asyncio.get_running_loop()
    return b"40" if subject == "a" else None


async def test_the_log_is_asked_aside_and_only_for_what_is_not_at_hand() -> None:
    aside, sink = _Aside(), _Sink()
    decoding = Decoding(_Counting(), ORIGIN, _no_loop, aside=aside)
    for topic, calls in (("a", 1), ("a", 1), ("b", 2), ("b", 2), ("a", 2)):
        await decoding.submit([_message("x", topic)], sink)
        assert aside.calls == calls
    assert [await decoding.memory(topic) for topic in "abc"] == [b"43", b"2", b""]
    assert aside.calls == 3


async def test_a_log_that_is_not_read_in_time_leaves_the_message_untaken() -> None:
    aside, sink = _Aside(), _Sink()
    decoding = Decoding(_Counting(), ORIGIN, _no_loop, aside=aside)
    aside.refusing = True
    with pytest.raises(LogSlow):
        await decoding.submit([_message("x")], sink)
    assert sink.taken == []
    aside.refusing = False
    await decoding.submit([_message("x")], sink)
    assert len(sink.taken) == 1
    assert await decoding.memory("a") == b"41"


async def test_what_is_said_of_a_message_is_said_once_however_often_it_is_looked_at() -> None:
    """The log must be asked for the second one: both are looked at again, elsewhere."""
    decoding = Decoding(_Counting(), ORIGIN, _no_loop, aside=_Aside())
    await decoding.submit([_message("x", "b")], _Sink())
    with capture_logs() as lines:
        await decoding.submit([_message("!", "b"), _message("x", "c")], _Sink())
    assert [line["event"] for line in lines] == ["decoder_failed"]
