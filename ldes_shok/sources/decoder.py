"""Decoders: from what a transport received to canonical events. Pure; no clock, no network.

A decoder knows one dialect (OCPP frames, P1 telegrams, a vendor's JSON) and nothing of how it
came. Its rule for all that can be wrong: never raise, never drop silently, never invent.

- What is malformed is a `Refusal`: counted, its bytes kept, and `reason` says what to do.
- What is odd is an event with a flag (`ldes_shok.cabinet.flags`). Some flags keep an event out of
  the streams until the mapping is mended and the raw bytes are run again.
- What says nothing for a stream (a heartbeat) gives neither; its bytes are kept all the same,
  unless the settings thin it out (a meter that says the same every second).

What must be remembered between two messages (which session a transaction number stands for, the
last full state of a device) goes in and comes out as bytes, per subject. It is stored in the same
commit as the events, so a crash never leaves one without the other; and as a message may come
twice, decoding it with the memory of after must give the same events.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from ldes_shok.cabinet.event import Event


@dataclass(frozen=True, slots=True)
class Message:
    """What a transport received.

    Attributes:
        payload: the bytes.
        received_at: aware UTC.
        attributes: what the transport knows of them: `topic` and `retained` (MQTT),
            `content_type` (HTTP), `station` and `direction` (OCPP); see the decoder.
    """

    payload: bytes
    received_at: datetime
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A part of a message, or all of it, that should be an event and is none.

    `code` is a stable word for metrics and tests, `reason` one sentence that names the field and
    says what to do.
    """

    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Decoded:
    """What is in one message.

    Attributes:
        results: events and refusals, in the order of the message.
        memory: what the decoder must know for the subject's next message.
        thinned: whether the settings ask to leave this message out, because it repeats what came
            a moment ago: then not even its bytes are kept. Only where there are no results and
            the memory is as before.
    """

    results: tuple[Event | Refusal, ...] = ()
    memory: bytes = b""
    thinned: bool = False


class Decoder(Protocol):
    """One dialect."""

    def subject(self, message: Message) -> str | None:
        """Whose memory decoding this message needs; None if none."""
        ...

    def decode(self, message: Message, memory: bytes) -> Decoded:
        """The events in a message; raises nothing, whatever the bytes.

        Only PseudonymKeyUnavailable goes through: then nobody may be named, and nothing is kept.

        Args:
            message: as received.
            memory: what the last message of the same subject left; empty for the first.
        """
        ...


@runtime_checkable
class Cutting(Protocol):
    """A decoder for what comes several to a message, each perhaps of another subject."""

    def cut(self, message: Message) -> Sequence[Message]:
        """The parts of a message, each decoded, remembered and kept on its own; raises nothing.

        A part is a message with the same attributes; cut again, it stays whole.
        """
        ...


@runtime_checkable
class Metering(Protocol):
    """A decoder of meters whose unit or time may be wrong, which no single message tells.

    Its measurements are looked at once more, with what their meters said before
    (`ldes_shok.sources.common.registers`).
    """

    @property
    def historical_after(self) -> timedelta | None:
        """How old an event is that comes from a buffer; None: none does."""
        ...
