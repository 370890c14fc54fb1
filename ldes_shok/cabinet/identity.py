"""Identity of an event: the same real-world event always has the same key.

The key comes from natural fields, never from a transport id or the clock, so a message that is
delivered a thousand times is one event.
"""

from __future__ import annotations

import base64
import hashlib

import msgspec

from ldes_shok.cabinet.event import (
    Configuration,
    Event,
    Fault,
    Measurement,
    Reservation,
    Session,
    Status,
    kind_of,
)

_SEPARATOR = "\x1f"
_KEY_LENGTH = 26
_LETTERS = {
    "measurement": "m",
    "status": "s",
    "session": "t",
    "reservation": "r",
    "configuration": "c",
    "fault": "f",
}


def key_letter(event: Event) -> str:
    """The letter before the colon in the event's key."""
    return _LETTERS[kind_of(event)]


def natural_key(event: Event, source: str) -> str:
    """The idempotency key of `event`: a letter, a colon, 130 bits in base 32.

    Args:
        event: a canonical event.
        source: the source it is attributed to, `adapter:tenant[:name]`.
    """
    letter = key_letter(event)
    parts = (letter, source, event.cabinet, event.outlet or "", *_natural_fields(event))
    return f"{letter}:{short_hash(_SEPARATOR.join(parts).encode())}"


def short_hash(data: bytes) -> str:
    """130 bits of SHA-256 in lower-case base 32: 26 characters, safe in an IRI."""
    return base64.b32hexencode(hashlib.sha256(data).digest()).decode().lower()[:_KEY_LENGTH]


def content_digest(event: Event) -> bytes:
    """SHA-256 over what the event says, without how and when it came.

    Two deliveries of one report have the same digest even if one was a buffer flush
    (`historical`) or was re-stamped (`clock`, `receivedAt`, `raw`).
    """
    said = (
        kind_of(event),
        event.cabinet,
        event.outlet,
        event.observed_at,
        event.quality,
        event.flags,
        event.data,
    )
    return hashlib.sha256(msgspec.json.encode(said)).digest()


def _natural_fields(event: Event) -> tuple[str, ...]:
    match event:
        case Measurement(data=data):
            period = (data.period.start, data.period.end) if data.period else ()
            return (data.meter or "", event.observed_at, data.context or "", *period)
        case Status(data=data):
            return (event.observed_at, data.vendor_state or "")
        case Session(data=data):
            sequence = "" if data.seq is None else str(data.seq)
            return (data.session_id, data.event, sequence)
        case Reservation(data=data):
            return (data.reservation_id, data.state, event.observed_at)
        case Fault(data=data):
            return (data.code, event.observed_at, data.state)
        case Configuration(data=data):
            return (data.valid_from, data.op)
