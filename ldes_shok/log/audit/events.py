"""Checks of events, quarantine, rejections, states and tallies: each row, and their totals."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from typing import Any, Final

from ldes_shok.errors import LogDamaged
from ldes_shok.log.audit.snapshot import AuditCounts, Snapshot
from ldes_shok.log.checksum import checksum
from ldes_shok.log.damage import Damage
from ldes_shok.log.sqlite.events import EVENT_QUERY, event_of
from ldes_shok.log.sqlite.rows import select
from ldes_shok.log.walk_step import Step

_ROWS_AT_ONCE: Final = 1_000
_EVENTS: Final = EVENT_QUERY.format(
    join="LEFT", where="event.id > ? AND event.id <= ? ORDER BY event.id LIMIT ?"
)
_REJECTIONS: Final = (
    "SELECT id, checksum, source, received_ms, reason, payload FROM rejection"
    " WHERE id > ? AND id <= ? ORDER BY id LIMIT ?"
)
_STRAY_QUARANTINE: Final = (
    "SELECT event_id FROM quarantine LEFT JOIN event ON event.id = event_id"
    " LEFT JOIN origin ON origin.id = origin_id WHERE origin.tenant IS NOT quarantine.tenant"
    " OR event.cabinet IS NOT quarantine.cabinet"
)
_PUBLISHED, _QUARANTINED, _REJECTED = "published", "quarantined", "rejected"


def audit_events(
    connection: sqlite3.Connection, snapshot: Snapshot, counts: AuditCounts
) -> Iterator[Damage | Step]:
    """Check that every event is present and unchanged, and so is its row in quarantine."""
    last = 0
    while rows := select(connection, _EVENTS, (last, snapshot.last_event, _ROWS_AT_ONCE)):
        for row in rows:
            yield from _gap("event", last, row[0])
            last = row[0]
            counts.events[row[6]] += 1
            yield from _sound(event_of, row, f"event {last}")
        yield Step("events", last, snapshot.last_event)
    yield from _gap("event", last, snapshot.last_event + 1)
    for (event_id,) in select(connection, _STRAY_QUARANTINE):
        yield Damage(f"quarantine of event {event_id}", "it is not of this event")


def audit_rejections(connection: sqlite3.Connection, snapshot: Snapshot) -> Iterator[Damage | Step]:
    """Check that every rejection is present and unchanged."""
    last = 0
    while rows := select(connection, _REJECTIONS, (last, snapshot.last_rejection, _ROWS_AT_ONCE)):
        for row in rows:
            yield from _gap("rejection", last, row[0])
            last = row[0]
            yield from _checked(row, f"rejection {last}")
        yield Step("rejections", last, snapshot.last_rejection)
    yield from _gap("rejection", last, snapshot.last_rejection + 1)


def audit_states(
    connection: sqlite3.Connection, decode_state: Callable[[bytes], object]
) -> Iterator[Damage | Step]:
    """Check that every cabinet's state is unchanged and can be decoded."""
    done = 0
    rows = connection.execute("SELECT tenant, cabinet, checksum, tenant, cabinet, value FROM state")
    for tenant, cabinet, *row in rows:
        place = f"state of {tenant} {cabinet}"
        yield from _checked([None, *row], place)
        yield from _sound(decode_state, row[-1], place)
        done += 1
    yield Step("states", done, done)


def audit_sums(
    connection: sqlite3.Connection, snapshot: Snapshot, counts: AuditCounts
) -> Iterator[Damage]:
    """Check P8: the tallies count exactly the events and rejections that are stored."""
    for row in select(
        connection, "SELECT source, outcome, checksum, source, outcome, events FROM tally"
    ):
        yield from _checked([None, *row[2:]], f"tally of {row[0]} {row[1]}")
    sources = {source for source, _ in snapshot.tallies}
    sources |= {*counts.events, *snapshot.quarantined, *snapshot.rejected}
    for source in sorted(sources, key=str):
        tally = {
            outcome: snapshot.tallies.get((source, outcome), 0)
            for outcome in (_PUBLISHED, _QUARANTINED, _REJECTED)
        }
        stored = {
            _PUBLISHED: counts.events[source] - snapshot.quarantined.get(source, 0),
            _QUARANTINED: snapshot.quarantined.get(source, 0),
            _REJECTED: snapshot.rejected.get(source, 0),
        }
        for outcome, events in tally.items():
            if events != stored[outcome]:
                sentence = f"{events} {outcome} events are counted, {stored[outcome]} are stored"
                yield Damage(f"tally of {source}", sentence, in_sums=True)


def _gap(name: str, last: int, found: int) -> Iterator[Damage]:
    """Yield damage if ids are missing: ids have no gaps, and no row is ever deleted."""
    if found == last + 2:
        yield Damage(f"{name} {last + 1}", "it is missing, or who sent it is")
    elif found != last + 1:
        yield Damage(f"{name} {last + 1} to {found - 1}", "they are missing, or who sent them is")


def _checked(row: Any, place: str) -> Iterator[Damage]:
    """Check a row that begins with its id and its checksum."""
    yield from _sound(_check, row, place)


def _check(row: Any) -> None:
    _, kept, *values = row
    if checksum(*values) != kept:
        raise LogDamaged("its checksum does not fit")


def _sound(check: Callable[[Any], object], row: Any, place: str) -> Iterator[Damage]:
    try:
        check(row)
    except LogDamaged:
        yield Damage(place, "its checksum does not fit: it is not what was stored")
    except Exception as error:  # noqa: BLE001  damaged bytes break decoders in every way
        yield Damage(place, f"it cannot be read: {type(error).__name__}: {error}")
