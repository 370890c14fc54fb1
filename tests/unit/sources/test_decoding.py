"""Messages become deliveries; what a decoder remembers holds once it is safe."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from ldes_shok.cabinet.decode import decode_event
from ldes_shok.cabinet.flags import ENERGY_RATIO
from ldes_shok.cabinet.incoming import Memory, Raw
from ldes_shok.errors import Overloaded, PseudonymKeyUnavailable
from ldes_shok.sources.decoder import Decoded, Message
from ldes_shok.sources.decoding import DEFECT, Decoding
from tests.unit.sources.decoders import (
    AT,
    ORIGIN,
    QUARTERS,
    Counting,
    Metering,
    Sink,
    Thinning,
    counting,
    message_of,
    readings_of,
    vendor_state,
)


def test_every_event_of_a_message_comes_with_the_bytes_it_was_made_of() -> None:
    reading = counting().read([message_of("xy")])
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
    first, second, third = counting().read([message_of("x?y")]).deliveries
    assert (first.refusal, third.refusal) == ("", "")
    assert second.refusal == "unreadable: send something else"
    assert second.payload == b""
    assert not second.is_only_kept


def test_a_message_without_an_event_is_kept() -> None:
    (delivery,) = counting().read([message_of(".")]).deliveries
    assert delivery.is_only_kept
    assert delivery.memory == Memory("a", b"1")


def test_a_message_that_is_thinned_out_leaves_nothing() -> None:
    decoding = Decoding(Thinning(), ORIGIN, lambda _source, _subject: b"41")
    assert decoding.read([message_of("x"), message_of("y")]).deliveries == ()


def test_a_defect_in_a_decoder_is_a_refusal_and_says_nothing_of_the_content() -> None:
    (delivery,) = counting().read([message_of("!")]).deliveries
    assert delivery.refusal.startswith(DEFECT)
    assert "secret" not in delivery.refusal
    assert delivery.memory is None


async def test_what_was_not_safe_is_not_remembered() -> None:
    decoding, sink = counting(), Sink()
    sink.refusing = True
    with pytest.raises(Overloaded):
        await decoding.submit([message_of("x")], sink)
    sink.refusing = False
    await decoding.submit([message_of("x"), message_of("x"), message_of("x", "b")], sink)
    await decoding.submit([message_of("x")], sink)
    assert [vendor_state(delivery) for delivery in sink.taken] == ["1", "2", "1", "3"]


def test_a_new_process_goes_on_from_what_the_log_remembers() -> None:
    decoding = counting({(ORIGIN.source, "a"): b"41"})
    reading = decoding.read([message_of("x"), message_of("x", "b")])
    assert [vendor_state(delivery) for delivery in reading.deliveries] == ["42", "1"]


class _Halving(Counting):
    def cut(self, message: Message) -> Sequence[Message]:
        return [replace(message, payload=part) for part in message.payload.split(b"/")]


def test_what_is_cut_is_kept_and_remembered_part_by_part() -> None:
    decoding = Decoding(_Halving(), ORIGIN, lambda *_: None)
    reading = decoding.read([message_of("x/?/y")])
    raws = [delivery.raw.payload for delivery in reading.deliveries if delivery.raw]
    assert raws == [b"x", b"?", b"y"]
    assert [delivery.refusal for delivery in reading.deliveries][1] != ""
    assert asyncio.run(decoding.memory("a")) == b""
    decoding.settle(reading)
    assert asyncio.run(decoding.memory("a")) == b"3"


class _Nameless(Counting):
    def decode(self, message: Message, memory: bytes) -> Decoded:  # noqa: ARG002  a Decoder
        raise PseudonymKeyUnavailable("the disk is full")


async def test_who_cannot_be_named_now_comes_again() -> None:
    """No event with a name in it, and no acknowledgement either."""
    sink = Sink()
    decoding = Decoding(_Nameless(), ORIGIN, lambda _source, _subject: None)
    with pytest.raises(PseudonymKeyUnavailable):
        await decoding.submit([Message(b"a", AT, {"topic": "t"})], sink)
    assert sink.taken == []


async def test_receipt_is_as_precise_as_the_log_keeps_it() -> None:
    """So that raw bytes that are run again give the same events."""
    sink = Sink()
    decoding = Decoding(Counting(), ORIGIN, lambda _source, _subject: None)
    await decoding.submit([Message(b"a", AT.replace(microsecond=123_456), {"topic": "t"})], sink)
    assert [d.received_at for d in sink.taken] == [AT.replace(microsecond=123_000)]


def test_what_meters_said_is_remembered_of_each_with_the_last_event() -> None:
    decoding = Decoding(Metering(), ORIGIN, lambda _source, _subject: None)
    reading = decoding.read([readings_of("xyx", 0)])
    assert [len(delivery.notes) for delivery in reading.deliveries] == [0, 0, 2]
    assert {note.subject: note.value for note in reading.deliveries[-1].notes} == reading.memories
    (last,) = decoding.read([Message(b"", AT + QUARTERS, {"number": "1"})]).deliveries
    assert last.notes == ()


def test_a_new_process_goes_on_from_what_meters_said() -> None:
    kept: dict[str, bytes] = {}

    def recall(_source: str, subject: str) -> bytes | None:
        return kept.get(subject)

    for number in range(4):
        decoding = Decoding(Metering(), ORIGIN, recall)
        reading = decoding.read([readings_of("x", number)])
        kept |= {note.subject: note.value for note in reading.deliveries[0].notes}
        flags = decode_event(reading.deliveries[0].payload).flags
        assert flags == ((ENERGY_RATIO,) if number == 3 else ())


def test_more_is_remembered_than_is_held() -> None:
    kept: dict[str, bytes] = {}
    asked: list[str] = []

    def recall(_source: str, subject: str) -> bytes | None:
        asked.append(subject)
        return kept.get(subject)

    decoding = Decoding(Counting(), ORIGIN, recall, most_memories=2)
    for topic in "abcabca":
        reading = decoding.read([Message(b".", AT, {"topic": topic})])
        decoding.settle(reading)
        kept |= reading.memories
    assert [asyncio.run(decoding.memory(topic)) for topic in "abc"] == [b"3", b"2", b"2"]
    assert asked == [*"abcabca", "b"]


class _Quoting(Counting):
    def decode(self, message: Message, memory: bytes) -> Decoded:  # noqa: ARG002  a Decoder
        raise ValueError(f"what is {message.payload.decode()}?")


def test_a_defect_is_logged_without_what_the_message_said() -> None:
    decoding = Decoding(_Quoting(), ORIGIN, lambda _source, _subject: None)
    with capture_logs() as lines:
        (delivery,) = decoding.read([message_of("04A2B3C4D5E680")]).deliveries
    (line,) = lines
    assert (line["event"], line["error"]) == ("decoder_failed", "ValueError")
    assert any("decode" in frame for frame in line["at"])
    assert "04A2B3C4D5E680" not in str(line) + delivery.refusal
