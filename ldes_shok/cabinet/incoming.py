"""An event as a source hands it over, and as the service keeps it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from ldes_shok.cabinet.decode import decode_event
from ldes_shok.cabinet.event import Event
from ldes_shok.cabinet.identity import content_digest, event_identity, key_letter, natural_key
from ldes_shok.errors import EventRejected


@dataclass(frozen=True, slots=True)
class Origin:
    """Where events come from: `adapter:tenant:name`, such as `http:voorbeeldstad:push`."""

    adapter: str
    tenant: str
    name: str

    @property
    def source(self) -> str:
        """The canonical event's `source`."""
        return f"{self.adapter}:{self.tenant}:{self.name}"


@dataclass(frozen=True, slots=True)
class Delivery:
    """Bytes that a source received, before anybody looked at them."""

    payload: bytes
    origin: Origin
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Received:
    """A decoded event with all that the service sets.

    Attributes:
        event: what the controller says.
        key: idempotency key, given or natural.
        digest: SHA-256 of what is said; same key and other digest is a correction.
        tenant: whose cabinet it is.
        source: the event's source, attributed to this tenant.
        received_at: when the service received it, aware UTC.
        payload: the bytes as delivered.
        raw_digest: SHA-256 of the payload.
        identity: 16 bytes by which the log recognises this event: tenant, key and digest.
        has_natural_key: whether the key follows from what is said, given or not. Then all events
            with this key were observed at one time.
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


def receive(delivery: Delivery) -> Received:
    """Decode a delivery and complete it.

    Raises:
        EventRejected: not a canonical event, a key of another kind, or another tenant's source.
    """
    event = decode_event(delivery.payload)
    origin = delivery.origin
    source = event.source or origin.source
    if source.split(":")[1] != origin.tenant:
        raise EventRejected(
            "source",
            f"{source} is not of tenant {origin.tenant}, whose token or topic this came with: "
            "leave it out and the service fills it in",
        )
    if event.key is not None and event.key[0] != key_letter(event):
        raise EventRejected(
            "key",
            f"must start with {key_letter(event)}: for this kind of event; "
            "leave it out and the service makes it",
        )
    key = event.key or natural_key(event, source)
    digest = content_digest(event)
    raw_digest = hashlib.sha256(delivery.payload).digest()
    return Received(
        event=event,
        key=key,
        digest=digest,
        tenant=origin.tenant,
        source=source,
        received_at=delivery.received_at,
        payload=delivery.payload,
        raw_digest=raw_digest,
        identity=event_identity(origin.tenant, key, digest, event.observed_at),
        has_natural_key=has_natural_key(event, source),
    )


def has_natural_key(event: Event, source: str) -> bool:
    """Whether the key of `event` is the natural one, left out or given."""
    return event.key is None or event.key == natural_key(event, source)
