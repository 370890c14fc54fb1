"""Converts deliveries to events, and events to records of the log and back."""

from __future__ import annotations

from dataclasses import replace

from ldes_shok.cabinet.decode import decode_event
from ldes_shok.cabinet.encode import with_raw
from ldes_shok.cabinet.event import kind_of
from ldes_shok.cabinet.incoming import Delivery, Received, has_natural_key, raw_text, receive
from ldes_shok.cabinet.outcome import Outcome, OutcomeKind
from ldes_shok.clock import from_milliseconds, to_milliseconds
from ldes_shok.errors import EventRejected
from ldes_shok.log.records import EventRecord, Quarantine

Arrived = Received | EventRejected | None
"""The event of a delivery, or the reason why it has none; None if no event was in it."""


def record_of(
    event_id: int, received: Received, quarantine: Quarantine | None, raw: bytes
) -> EventRecord:
    """The record that the log keeps of a received event.

    Args:
        event_id: its number.
        received: the event.
        quarantine: why it is in quarantine; None if it is published.
        raw: the name under which the log keeps the raw bytes; empty if the event came as it is.
    """
    payload = with_raw(received.payload, raw_text(raw)) if raw else received.payload
    return EventRecord(
        event_id,
        received.tenant,
        received.key,
        received.digest,
        received.identity,
        kind_of(received.event),
        received.source,
        received.event.cabinet,
        to_milliseconds(received.received_at),
        payload,
        received.raw_digest,
        quarantine,
    )


def received_or_not(delivery: Delivery) -> Arrived:
    """The event of a delivery, or its rejection, or None."""
    if delivery.is_only_kept:
        return None
    if delivery.refusal:
        return EventRejected("", delivery.refusal)
    try:
        return receive(delivery)
    except EventRejected as error:
        return error


def received_again(event: EventRecord, now_ms: int) -> Received:
    """A stored event as if it came in now. A time that was in the future may be in the past now.

    Raises:
        EventRejected: the event was stored by a version that was less strict.
    """
    decoded = decode_event(event.payload)
    return Received(
        event=decoded,
        key=event.key,
        digest=event.digest,
        tenant=event.tenant,
        source=event.source,
        received_at=from_milliseconds(max(event.received_ms, now_ms)),
        payload=event.payload,
        raw_digest=event.raw_digest,
        identity=event.identity,
        has_natural_key=has_natural_key(decoded, event.source),
        senders_key=event.key,
    )


def for_sender(outcome: Outcome, received: Received) -> Outcome:
    """The outcome with the key and the unused fields as the sender knows them."""
    if received.senders_key == received.key and not received.unused:
        return outcome
    unused = received.unused + outcome.unused
    return replace(outcome, key=received.senders_key, unused=unused)


def in_the_end(outcome: Outcome, late: Outcome | None) -> Outcome:
    """The final outcome of an event; `late` if it was in quarantine and was published later."""
    if late is None or outcome.kind is not OutcomeKind.QUARANTINED:
        return outcome
    return replace(late, key=outcome.key, unused=outcome.unused)
