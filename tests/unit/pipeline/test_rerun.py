"""Raw bytes run again: a mended mapping publishes what it held back, and says nothing twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec
import pytest

from ldes_shok.cabinet.event import Status, StatusData
from ldes_shok.cabinet.flags import TIME_NAIVE
from ldes_shok.cabinet.incoming import Origin, Raw, raw_name
from ldes_shok.errors import KeyDestroyed
from ldes_shok.pipeline.rerun import Rerun, RerunSummary
from ldes_shok.sources.decoder import Decoded, Message, Refusal
from ldes_shok.sources.decoding import Decoding
from tests.support.vertical import Vertical, configuration, deliveries
from tests.unit.pipeline.reading import tallies

ORIGIN = Origin("mqtt", "voorbeeldstad", "broker")
NOON = datetime(2026, 5, 12, 12, 0, 0, 123_456, tzinfo=UTC)


@dataclass
class _Dialect:
    """`free 10:00` at an outlet; a minute is added for each message before it.

    Whoever does not know the zone flags the time, and `mended` knows it: an hour less.
    """

    mended: bool = False

    def subject(self, message: Message) -> str | None:
        return message.attributes["topic"]

    def decode(self, message: Message, memory: bytes) -> Decoded:
        word, _, time = message.payload.decode().partition(" ")
        before = int(memory or b"0")
        if word == "hello":
            return Decoded((), b"%d" % (before + 1))
        if word == "what":
            return Decoded((Refusal("unreadable", "say free"),), memory)
        hour, minute = (int(part) for part in time.split(":"))
        event = Status(
            v=1,
            cabinet="VBS-001",
            outlet="1",
            observed_at=f"2026-05-12T{hour - self.mended:02d}:{minute + before:02d}:00Z",
            clock="S",
            data=StatusData(occupancy=word),  # type: ignore[arg-type]
            flags=() if self.mended else (TIME_NAIVE,),
        )
        return Decoded((event,), memory)


Send = Callable[..., None]


@pytest.fixture
def send(vertical: Vertical) -> Send:
    """Messages of one topic, as the source with the old mapping takes them."""
    vertical.writer.write(deliveries(configuration()))
    decoding = Decoding(_Dialect(), ORIGIN, vertical.reader.memory)

    def deliver(*payloads: bytes) -> None:
        messages = [Message(payload, NOON, {"topic": "a"}) for payload in payloads]
        reading = decoding.read(messages)
        vertical.writer.write(reading.deliveries)
        decoding.settle(reading)

    return deliver


def _rerun(
    vertical: Vertical, *, mended: bool = True, since: datetime | None = None
) -> RerunSummary:
    again = Rerun(vertical.reader, vertical.writer, vertical.tools.vault, lambda: None)
    return again.run(_Dialect(mended), ORIGIN, since)


def _observed(vertical: Vertical) -> list[str]:
    rows = vertical.reader.rows("kasten", 10**15 + 1, vertical.reader.stream("kasten").members)
    return [row.summary.observed_at for row in rows if row.summary.observed_at >= "2026-05-12"]


def test_what_was_held_back_is_published_and_leaves_the_quarantine(
    vertical: Vertical, send: Send
) -> None:
    send(b"hello", b"free 10:00", b"in_use 10:30")
    assert vertical.reader.quarantined_count() == 2
    assert _observed(vertical) == []

    assert _rerun(vertical) == RerunSummary(messages=3, published=2, replaced=2)

    assert vertical.reader.quarantined_count() == 0
    # The memory is replayed too: the message without an event counts.
    assert _observed(vertical) == ["2026-05-12T09:01:00Z", "2026-05-12T09:31:00Z"]
    # Both reports of each: as it was received, and as it is understood now.
    assert tallies(vertical) == {"published": 1 + 2 + 2}
    assert _rerun(vertical) == RerunSummary(messages=3, duplicate=2)
    assert tallies(vertical) == {"published": 5, "duplicate": 2}


def test_a_mapping_that_says_the_same_changes_nothing(vertical: Vertical, send: Send) -> None:
    send(b"free 10:00")
    assert _rerun(vertical, mended=False) == RerunSummary(messages=1, duplicate=1)
    assert vertical.reader.quarantined_count() == 1


def test_what_is_still_refused_is_not_stored_again(vertical: Vertical, send: Send) -> None:
    send(b"what", b"free 10:00")
    assert _rerun(vertical) == RerunSummary(messages=2, published=1, refused=1, replaced=1)
    assert len(vertical.reader.rejections(10)) == 1
    assert tallies(vertical)["rejected"] == 1


def test_older_messages_only_teach_what_must_be_known(vertical: Vertical, send: Send) -> None:
    send(b"hello", b"free 10:00")
    later = NOON.replace(hour=13)
    assert _rerun(vertical, since=later) == RerunSummary()
    assert vertical.reader.quarantined_count() == 1


def test_what_the_log_remembers_is_not_replaced_by_less(vertical: Vertical, send: Send) -> None:
    """The raw bytes may be younger than what a decoder knows."""
    send(b"hello", b"hello", b"free 10:00")
    vertical.writer.forget_raws(NOON.replace(year=2027))
    send(b"hello")
    assert vertical.reader.memory(ORIGIN.source, "a") == b"3"
    _rerun(vertical)
    assert vertical.reader.memory(ORIGIN.source, "a") == b"3"


class _Clockless:
    """A word is a state of now; before the mapping was mended, nothing."""

    def __init__(self, *, mended: bool) -> None:
        self._mended = mended

    def subject(self, message: Message) -> str | None:  # noqa: ARG002  a Decoder
        return None

    def decode(self, message: Message, memory: bytes) -> Decoded:
        if not self._mended:
            return Decoded((Refusal("unknown_device", "add it to aliases"),), memory)
        event = Status(
            v=1,
            cabinet="VBS-001",
            observed_at=f"{message.received_at:%Y-%m-%dT%H:%M:%SZ}",
            clock="N",
            data=StatusData(connectivity="online" if message.payload == b"on" else "offline"),
        )
        return Decoded((event,), memory)


def test_the_same_word_at_another_time_is_another_message(vertical: Vertical) -> None:
    """Last wills have no time: `on`, `off` and `on` again are three."""
    vertical.writer.write(deliveries(configuration()))
    decoding = Decoding(_Clockless(mended=False), ORIGIN, vertical.reader.memory)
    for minute, word in enumerate((b"on", b"off", b"on", b"on")):
        at = NOON.replace(minute=min(minute, 2))
        reading = decoding.read([Message(word, at, {"topic": "a/online"})])
        vertical.writer.write(reading.deliveries)
    again = Rerun(vertical.reader, vertical.writer, vertical.tools.vault, lambda: None)
    mended = _Clockless(mended=True)
    assert again.run(mended, ORIGIN, None) == RerunSummary(messages=3, published=3)
    assert again.run(mended, ORIGIN, None) == RerunSummary(messages=3, duplicate=3)


def test_an_event_tells_the_bytes_that_it_was_made_of(vertical: Vertical, send: Send) -> None:
    send(b"free 10:00")
    (event,) = vertical.reader.quarantined(10)
    told = msgspec.json.decode(event.payload)["raw"]
    raw = vertical.reader.raw(raw_name(told))
    assert raw is not None
    assert vertical.tools.vault.unseal(raw.digest, raw.body).payload == b"free 10:00"


def test_what_cannot_be_read_any_more_is_counted_and_passed_over(
    vertical: Vertical, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(b"free 10:00", b"free 11:00")
    vault = vertical.tools.vault
    unseal, asked = vault.unseal, list[bytes]()

    def of_a_destroyed_key(digest: bytes, body: bytes) -> Raw:
        asked.append(digest)
        if len(asked) == 1:
            raise KeyDestroyed("its key was destroyed")
        return unseal(digest, body)

    monkeypatch.setattr(vault, "unseal", of_a_destroyed_key)
    summary = _rerun(vertical, mended=False)
    assert (summary.messages, summary.destroyed) == (1, 1)
