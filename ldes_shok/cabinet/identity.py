"""Identity of an event: the same real-world event always has the same key.

The key comes from natural fields, never from a transport id or the clock. So a message that is
delivered a thousand times is one event.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta

import msgspec

from ldes_shok.cabinet.base32 import encode_130_bits
from ldes_shok.cabinet.event import (
    Aggregate,
    Configuration,
    Event,
    Fault,
    Measurement,
    Reservation,
    Session,
    Status,
    kind_of,
)
from ldes_shok.cabinet.flags import about_event
from ldes_shok.cabinet.instants import parse_instant
from ldes_shok.clock import EPOCH

_SEPARATOR = "\x1f"
_MINUTE = timedelta(minutes=1)
_MINUTE_BYTES = 4
_HASH_BYTES = 12
_LETTERS = {
    "measurement": "m",
    "status": "s",
    "session": "t",
    "reservation": "r",
    "configuration": "c",
    "fault": "f",
    "aggregate": "a",
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


def sender_key(key: str, source: str) -> str:
    """A key that a sender chose, made unique to its source.

    So a sender never meets another's keys, whatever it sends: neither the keys that another source
    chose, nor natural keys, which can be computed from the reports of a source.

    Args:
        key: as it was sent.
        source: of the sender, `adapter:tenant:name`.
    """
    return f"{key[0]}:{short_hash(_SEPARATOR.join(('key', source, key)).encode())}"


def short_hash(data: bytes) -> str:
    """130 bits of SHA-256 in lower-case base 32: 26 characters, safe in an IRI."""
    return encode_130_bits(hashlib.sha256(data).digest())


def content_digest(event: Event) -> bytes:
    """SHA-256 over the content of the event, without how and when it came.

    Two deliveries of one report have the same digest, even if one of them was a buffer flush
    (`historical`, `clock_suspect`), came after a time ahead of it (`clock_step`), was kept by a
    broker (`retained`) or was stamped again (`clock`, `receivedAt`, `raw`).
    """
    content = (
        kind_of(event),
        event.cabinet,
        event.outlet,
        event.observed_at,
        event.quality,
        about_event(event.flags),
        event.data,
    )
    return hashlib.sha256(msgspec.json.encode(content)).digest()


def event_identity(tenant: str, key: str, digest: bytes, observed_at: str) -> bytes:
    """16 bytes that identify exactly this event of this tenant.

    The first four are the minute of its observation. So events that arrive together stand together
    in an index, and a log of ten million events is written on few pages and not on all. The other
    twelve are a hash. `digest` already covers `observed_at`, so the minute adds nothing to it.

    Raises:
        ValueError: `observed_at` names a day that does not exist.
    """
    minute = ((parse_instant(observed_at) - EPOCH) // _MINUTE) % (1 << 8 * _MINUTE_BYTES)
    content = f"{tenant}{_SEPARATOR}{key}{_SEPARATOR}".encode() + digest
    hashed = hashlib.blake2b(content, digest_size=_HASH_BYTES).digest()
    return minute.to_bytes(_MINUTE_BYTES, "big") + hashed


def _natural_fields(event: Event) -> tuple[str, ...]:  # noqa: PLR0911  one per kind
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
        case Aggregate(data=data):
            # A public aggregate has no audience in its key: at first there were no others.
            audience = () if data.audience == "public" else (data.audience,)
            period = (data.period.start, data.period.end)
            return (data.of, data.subject, data.quantity, *period, *audience)
