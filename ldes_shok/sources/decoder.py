"""Decoders: turn what a transport received into canonical events. Pure; no clock, no network.

A decoder knows one dialect (OCPP frames, P1 telegrams, a vendor's JSON) and nothing of the
transport. Its rule for every error: never raise, never drop silently, never invent.

- Malformed input gives a `Refusal`. It is counted, its bytes are stored, and `reason` says what to
  do.
- Odd input gives an event with a flag (`ldes_shok.cabinet.flags`). Some flags keep an event out of
  the streams until the mapping is corrected and the raw bytes are run again.
- Input without data for a stream (a heartbeat) gives neither. Its bytes are stored all the same,
  unless the settings thin it out (a meter that repeats itself every second).

A decoder's memory between two messages (the session of a transaction number, the last full state of
a device) is passed in and returned as bytes, per subject. It is stored in the same commit as the
events, so a crash never separates them. A message may come twice: decoding it with the memory after
it must give the same events.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from ldes_shok.cabinet.event import Event


@dataclass(frozen=True, slots=True)
class Message:
    """A received message.

    Attributes:
        payload: the bytes.
        received_at: aware UTC.
        attributes: from the transport: `topic` and `retained` (MQTT), `content_type` (HTTP),
            `station` and `direction` (OCPP); see the decoder.
    """

    payload: bytes
    received_at: datetime
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A message, or a part of one, that should be an event and is not.

    `code` is a stable word for metrics and tests. `reason` is one sentence that names the field and
    says what to do.
    """

    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Decoded:
    """The content of one message.

    Attributes:
        results: events and refusals, in the order of the message.
        memory: the memory for the subject's next message.
        thinned: whether the settings drop this message because it repeats an earlier one: then not
            even its bytes are stored. Only if there are no results and the memory is unchanged.
    """

    results: tuple[Event | Refusal, ...] = ()
    memory: bytes = b""
    thinned: bool = False


class Decoder(Protocol):
    """One dialect."""

    def subject(self, message: Message) -> str | None:
        """The subject whose memory decoding this message needs; None without one."""
        ...

    def decode(self, message: Message, memory: bytes) -> Decoded:
        """The events in a message; does not raise, whatever the bytes are.

        The one exception is PseudonymKeyUnavailable: then no person may be named, and nothing is
        stored.

        Args:
            message: as received.
            memory: from the last message of the same subject; empty for the first.
        """
        ...


@runtime_checkable
class Cutting(Protocol):
    """A decoder for messages with several parts, perhaps of different subjects."""

    def cut(self, message: Message) -> Sequence[Message]:
        """The parts of a message, each decoded, remembered and stored on its own; does not raise.

        A part is a message with the same attributes; cut again, it stays whole.
        """
        ...


@runtime_checkable
class Metering(Protocol):
    """A decoder of meters whose unit or time may be wrong; a single message does not show that.

    Its measurements are checked again, against earlier readings of their meters
    (`ldes_shok.sources.common.registers`).
    """

    @property
    def historical_after(self) -> timedelta | None:
        """The age from which an event comes from a buffer; None: no event does."""
        ...
