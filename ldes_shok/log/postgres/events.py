"""Events from their packs, with their quarantine."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ldes_shok.errors import LogDamaged
from ldes_shok.log.postgres.connection import Select
from ldes_shok.log.postgres.packs import decode_events
from ldes_shok.log.postgres.rows import QUARANTINE_COLUMNS, integers
from ldes_shok.log.records import EventRecord, Quarantine

_EVENTS_AT_ONCE = 500
_PACKS_AT_ONCE = 16


def one_event(select: Select, event_id: int) -> EventRecord | None:
    """A stored event; None if no event has this id."""
    rows = select(
        "SELECT first_id, body FROM event_pack WHERE first_id <= %s AND first_id + events > %s"
        " ORDER BY first_id DESC LIMIT 1",
        (event_id, event_id),
    )
    if not rows:
        return None
    first_id, body = rows[0]
    event: EventRecord = decode_events(first_id, body)[event_id - first_id]
    why = select(f"SELECT {QUARANTINE_COLUMNS} FROM quarantine WHERE event_id = %s", (event_id,))
    return replace(event, quarantine=Quarantine(*why[0])) if why else event


def events_after(select: Select, after_id: int, limit: int) -> list[EventRecord]:
    """Events with a higher id, in order, at most `limit`."""
    events: list[EventRecord] = []
    while len(events) < limit:
        # The pack of the id may begin at the id or before it.
        packs = select(
            "SELECT first_id, body FROM event_pack WHERE first_id >= coalesce("
            " (SELECT first_id FROM event_pack WHERE first_id <= %(next)s"
            "  ORDER BY first_id DESC LIMIT 1), %(next)s) ORDER BY first_id LIMIT %(packs)s",
            {"next": after_id + 1, "packs": _PACKS_AT_ONCE},
        )
        found = [event for first_id, body in packs for event in decode_events(first_id, body)]
        found = [event for event in found if event.id > after_id]
        if not found:
            break
        events += found
        after_id = found[-1].id
    del events[limit:]
    return _with_reasons(select, events) if events else events


def _with_reasons(select: Select, events: Sequence[EventRecord]) -> list[EventRecord]:
    rows = select(
        f"SELECT event_id, {QUARANTINE_COLUMNS} FROM quarantine"
        " WHERE event_id >= %s AND event_id <= %s",
        (events[0].id, events[-1].id),
    )
    reasons = {event_id: Quarantine(*why) for event_id, *why in rows}
    return [
        replace(event, quarantine=reasons[event.id]) if event.id in reasons else event
        for event in events
    ]


def quarantined_events(select: Select, rows: Sequence[Any]) -> list[EventRecord]:
    """The events of rows of `quarantine`, in their order: month, event_id, QUARANTINE_COLUMNS."""
    events: list[EventRecord] = []
    for start in range(0, len(rows), _EVENTS_AT_ONCE):
        events += _some(select, rows[start : start + _EVENTS_AT_ONCE])
    return events


def _some(select: Select, rows: Sequence[Any]) -> list[EventRecord]:
    packs = select(
        "SELECT DISTINCT ON (first_id) first_id, body"
        " FROM unnest(%s::bigint[], %s::integer[]) AS wanted (id, its_month)"
        " CROSS JOIN LATERAL (SELECT first_id, body FROM event_pack"
        "  WHERE month = its_month AND first_id <= id ORDER BY first_id DESC LIMIT 1) AS found"
        " ORDER BY first_id",
        (integers([row[1] for row in rows]), integers([row[0] for row in rows])),
    )
    decoded = [(first_id, decode_events(first_id, body)) for first_id, body in packs]
    starts = [first_id for first_id, _ in decoded]
    events: list[EventRecord] = []
    for _, event_id, *why in rows:
        place = bisect_right(starts, event_id) - 1
        if place < 0 or event_id - starts[place] >= len(decoded[place][1]):
            raise LogDamaged(f"the log is damaged: event {event_id} is missing")
        event = decoded[place][1][event_id - starts[place]]
        events.append(replace(event, quarantine=Quarantine(*why)))
    return events
