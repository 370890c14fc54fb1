"""An event as a source delivers it, and as the service keeps it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec

from ldes_shok.cabinet.claim import FOLLOWED
from ldes_shok.cabinet.decode import decode_event
from ldes_shok.cabinet.encode import with_raw
from ldes_shok.cabinet.event import Aggregate, Event
from ldes_shok.cabinet.identity import (
    content_digest,
    event_identity,
    key_letter,
    natural_key,
    sender_key,
)
from ldes_shok.errors import EventRejected

DERIVED: Final = "derived"
"""The adapter of events that the service derives by itself."""

_KEYED: Final = "hmac-sha256:"
_REPORT_THE_PAST: Final = frozenset({"csv", "ldes", DERIVED})

_RAW_UNUSED: Final = (
    "raw: was dropped: it is the digest of what the service itself decoded; leave it out"
)
_RECEIVED_AT_UNUSED: Final = (
    "receivedAt: was dropped: the service says itself when it received an event; leave it out"
)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where events come from: `adapter:tenant:name`, such as `http:voorbeeldstad:push`.

    The way in decides it, never the event.

    Attributes:
        adapter: the type of the source, or DERIVED.
        tenant: the tenant of the cabinets.
        name: of the source.
        names_sources: whether its events may name another source of the same tenant: only in a file
            that the operator brings in.
    """

    adapter: str
    tenant: str
    name: str
    names_sources: bool = False

    @property
    def source(self) -> str:
        """The canonical event's `source`."""
        return f"{self.adapter}:{self.tenant}:{self.name}"

    @property
    def reports_the_past(self) -> bool:
        """Whether it reports earlier data: from a table, another's stream, or our own log.

        An old time there is no sign of a wrong clock, and another value is a correction.
        """
        return self.adapter in _REPORT_THE_PAST


@dataclass(frozen=True, slots=True)
class Raw:
    """The bytes that a transport received, if they are not the event itself but became events.

    Attributes:
        payload: the bytes.
        attributes: what the transport knows of them (`topic`, `station`), sorted by name.
        digest: SHA-256 of both. It is never stored, because it could confirm a guess of the bytes.
            The log's name of them is keyed (`ldes_shok.pipeline.vault`).
    """

    payload: bytes
    attributes: tuple[tuple[str, str], ...]
    digest: bytes

    @classmethod
    def of(cls, payload: bytes, attributes: Mapping[str, str]) -> Raw:
        """The raw bytes with their digest."""
        pairs = tuple(sorted(attributes.items()))
        content = msgspec.json.encode(pairs) + b"\n" + payload
        return cls(payload, pairs, hashlib.sha256(content).digest())


def raw_text(name: bytes) -> str:
    """The `raw` of an event, from the log's name of its raw bytes."""
    return f"{_KEYED}{name.hex()}"


def raw_name(text: str) -> bytes:
    """The log's name of the raw bytes in an event's `raw`; empty if it is not such a name.

    The word before the colon may be absent.
    """
    try:
        return bytes.fromhex(text.removeprefix(_KEYED))
    except ValueError:
        return b""


@dataclass(frozen=True, slots=True)
class Memory:
    """The memory of one subject: a station, a device, or how far a source has read."""

    subject: str
    value: bytes


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a source delivers: an event, or the rest of a message without one.

    Attributes:
        payload: the bytes of a canonical event; empty if there is none.
        origin: where it comes from.
        received_at: aware UTC.
        raw: the source bytes of the event; None if it came as it is, or if they are stored already.
        raw_name: the log's name of these bytes if they are stored already; else empty.
        memory: what the decoder knows after this; stored in the same commit.
        position: how far the source has read once this is safe; stored in the same commit.
        refusal: why there is no event though there should be one; empty without such a reason.
        notes: other memories from here on, stored in the same commit: those of folds that derive
            something from events.
    """

    payload: bytes
    origin: Origin
    received_at: datetime
    raw: Raw | None = None
    memory: Memory | None = None
    refusal: str = ""
    notes: tuple[Memory, ...] = ()
    raw_name: bytes = b""

    @property
    def is_only_kept(self) -> bool:
        """Whether it is only stored: it has no event, and nothing is wrong."""
        is_kept = self.raw is not None or bool(self.notes)
        return not self.payload and is_kept and not self.refusal

    @property
    def size_bytes(self) -> int:
        """The bytes that it takes to store."""
        noted_bytes = sum(len(note.value) for note in self.notes)
        return len(self.payload) + (len(self.raw.payload) if self.raw else 0) + noted_bytes


@dataclass(frozen=True, slots=True)
class Received:
    """A decoded event with all that the service sets.

    Attributes:
        event: the report of the controller.
        key: idempotency key: the natural one, or the sender's own, made unique to its source.
        digest: SHA-256 of the content; the same key with another digest is a correction.
        tenant: the tenant of its cabinet.
        source: its source, by the way it came in (`Origin`); no sender can set it.
        received_at: when the service received it, aware UTC.
        payload: the bytes as delivered, but without a `raw` of the sender's own: a digest without
            a key stays as long as the event, and confirms a guess of the source bytes.
        raw_digest: SHA-256 of the payload.
        identity: 16 bytes by which the log recognises this event: tenant, key and digest.
        earlier_identity: the same with the sender's own key as an earlier version stored it, not
            yet made unique to its source; empty without such a key.
        has_natural_key: whether the key follows from the content, given or not. Then all events
            with this key were observed at one time.
        senders_key: the key as its sender knows it: the sender's own, if it gave one.
        unused: the dropped fields, each with a sentence.
    """

    event: Event
    key: str
    digest: bytes
    tenant: str
    source: str
    received_at: datetime
    payload: bytes
    raw_digest: bytes
    identity: bytes
    has_natural_key: bool
    senders_key: str
    unused: tuple[str, ...] = ()
    earlier_identity: bytes = b""

    @property
    def identities(self) -> tuple[bytes, ...]:
        """The identities by which the log may know it."""
        if self.earlier_identity:
            return (self.identity, self.earlier_identity)
        return (self.identity,)


def receive(delivery: Delivery) -> Received:
    """Decode a delivery and complete it.

    Raises:
        EventRejected: not a canonical event, a key of another kind, or the source of another.
    """
    event = decode_event(delivery.payload)
    origin = delivery.origin
    if isinstance(event, Aggregate) and origin.adapter != DERIVED:
        raise EventRejected(
            "kind", "aggregate is what this service adds up itself: send what was measured"
        )
    source = _source(event, origin)
    if event.key is not None and event.key[0] != key_letter(event):
        raise EventRejected(
            "key",
            f"must start with {key_letter(event)}: for this kind of event; "
            "leave it out and the service makes it",
        )
    key = natural_key(event, source)
    is_natural = event.key is None or event.key == key
    digest, earlier_identity = content_digest(event), b""
    if event.key is not None and not is_natural:
        earlier_identity = event_identity(origin.tenant, event.key, digest, event.observed_at)
        # The key of a followed stream names the same observation there. Which source owns it,
        # the first event of it decides (`ldes_shok.pipeline.ownership`).
        key = event.key if origin.adapter == FOLLOWED else sender_key(event.key, source)
    payload = delivery.payload if event.raw is None else with_raw(delivery.payload, "")
    raw_digest = hashlib.sha256(payload).digest()
    is_as_sent = delivery.raw is None
    return Received(
        event=event,
        key=key,
        digest=digest,
        tenant=origin.tenant,
        source=source,
        received_at=delivery.received_at,
        payload=payload,
        raw_digest=raw_digest,
        identity=event_identity(origin.tenant, key, digest, event.observed_at),
        has_natural_key=is_natural,
        senders_key=event.key if event.key is not None and is_as_sent else key,
        unused=_unused(event) if is_as_sent else (),
        earlier_identity=earlier_identity,
    )


def has_natural_key(event: Event, source: str) -> bool:
    """Whether the key of `event` is the natural one, left out or given."""
    return event.key is None or event.key == natural_key(event, source)


def _source(event: Event, origin: Origin) -> str:
    """The source of an event: that of its origin, or the one that an operator's file names."""
    named = event.source
    if named is None or named == origin.source:
        return origin.source
    adapter, tenant = named.split(":")[:2]
    if tenant != origin.tenant:
        raise EventRejected(
            "source",
            f"{named} is not of tenant {origin.tenant}, whose token or topic this came with: "
            "leave it out and the service fills it in",
        )
    if not origin.names_sources:
        raise EventRejected(
            "source",
            f"{named} is not {origin.source}, as which this came in: "
            "leave it out and the service fills it in",
        )
    if adapter == DERIVED:
        raise EventRejected(
            "source",
            f"{named} is for what this service works out itself: name the source that reported "
            "this, or leave it out",
        )
    return named


def _unused(event: Event) -> tuple[str, ...]:
    """The sentences on dropped fields of an event that came as it is."""
    dropped = ((event.raw, _RAW_UNUSED), (event.received_at, _RECEIVED_AT_UNUSED))
    return tuple(sentence for value, sentence in dropped if value is not None)
