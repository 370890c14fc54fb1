"""Decoders that are easily seen through, and what the tests of decoding say to them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from ldes_shok.cabinet.decode import decode_event
from ldes_shok.cabinet.encode import instant_text
from ldes_shok.cabinet.event import Measurement, Status, StatusData
from ldes_shok.cabinet.incoming import Delivery, Origin
from ldes_shok.cabinet.measurement import MeasurementData, Reading
from ldes_shok.cabinet.outcome import Outcome, OutcomeKind
from ldes_shok.errors import Overloaded
from ldes_shok.sources.decoder import Decoded, Message, Refusal
from ldes_shok.sources.decoding import Decoding

AT = datetime(2026, 5, 12, 12, tzinfo=UTC)
QUARTERS = timedelta(hours=1)
ORIGIN = Origin("mqtt", "voorbeeldstad", "broker")


class Counting:
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


class Thinning:
    """Leaves every message out."""

    def subject(self, message: Message) -> str | None:
        return message.attributes.get("topic")

    def decode(self, message: Message, memory: bytes) -> Decoded:  # noqa: ARG002
        return Decoded(memory=memory, thinned=True)


class Metering:
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


class Sink:
    def __init__(self) -> None:
        self.taken: list[Delivery] = []
        self.refusing = False

    async def submit(self, deliveries: Sequence[Delivery]) -> Sequence[Outcome]:
        if self.refusing:
            raise Overloaded(1)
        self.taken += deliveries
        return [Outcome(OutcomeKind.PUBLISHED, None) for _ in deliveries]


def counting(remembered: dict[tuple[str, str], bytes] | None = None) -> Decoding:
    kept = remembered or {}
    return Decoding(Counting(), ORIGIN, lambda source, subject: kept.get((source, subject)))


def message_of(word: str, topic: str = "a") -> Message:
    return Message(word.encode(), AT, {"topic": topic})


def vendor_state(delivery: Delivery) -> str | None:
    event = decode_event(delivery.payload)
    assert isinstance(event, Status)
    return event.data.vendor_state


def readings_of(meters: str, number: int) -> Message:
    return Message(meters.encode(), AT + QUARTERS, {"number": str(number)})
