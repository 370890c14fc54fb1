"""Events, quarantine, rejections, states and tallies: each row, and whether they add up."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from typing import Any, Final

from ldes_shok.errors import LogDamaged
from ldes_shok.log.audit_snapshot import Counts, Snapshot
from ldes_shok.log.checksum import checksum
from ldes_shok.log.damage import Damage
from ldes_shok.log.sqlite_events import EVENT_QUERY, event_of
from ldes_shok.log.sqlite_rows import select
from ldes_shok.log.step import Step

_ROWS_AT_ONCE: Final = 1_000
_EVENTS: Final = EVENT_QUERY.format(
    join="LEFT", where="event.id > ? AND event.id <= ? ORDER BY event.id"
)
_STRAY_QUARANTINE: Final = (
    "SELECT event_id FROM quarantine LEFT JOIN event ON event.id = event_id"
    " LEFT JOIN origin ON origin.id = origin_id WHERE origin.tenant IS NOT quarantine.tenant"
    " OR event.cabinet IS NOT quarantine.cabinet"
)
_PUBLISHED, _QUARANTINED, _REJECTED = "published", "quarantined", "rejected"


def audit_events(
    connection: sqlite3.Connection, snapshot: Snapshot, counts: Counts
) -> Iterator[Damage | Step]:
    """Every event is there and is what was stored; so is why it is in quarantine."""
    last = snapshot.last_event
    for start in range(0, last, _ROWS_AT_ONCE):
        end = min(start + _ROWS_AT_ONCE, last)
        expected = start
        for row in select(connection, _EVENTS, (start, end)):
            expected += 1
            if row[0] != expected:
                yield Damage(f"event {expected}", "it is missing, or its origin is")
                expected = row[0]
            counts.events[row[6]] += 1
            yield from _sound(event_of, row, f"event {row[0]}")
        if expected != end:
            yield Damage(f"event {end}", "it is missing, or its origin is")
        yield Step("events", end, last)
    for (event_id,) in select(connection, _STRAY_QUARANTINE):
        yield Damage(f"quarantine of event {event_id}", "it is not of this event")


def audit_rejections(connection: sqlite3.Connection, snapshot: Snapshot) -> Iterator[Damage | Step]:
    """What was no event is kept as it came."""
    last = snapshot.last_rejection
    for start in range(0, last, _ROWS_AT_ONCE):
        end = min(start + _ROWS_AT_ONCE, last)
        rows = select(
            connection,
            "SELECT id, checksum, source, received_ms, reason, payload FROM rejection"
            " WHERE id > ? AND id <= ? ORDER BY id",
            (start, end),
        )
        if len(rows) != end - start:
            sentence = f"{end - start - len(rows)} of them are missing"
            yield Damage(f"rejections {start + 1} to {end}", sentence)
        for row in rows:
            yield from _checked(row, f"rejection {row[0]}")
        yield Step("rejections", end, last)


def audit_states(
    connection: sqlite3.Connection, decode_state: Callable[[bytes], object]
) -> Iterator[Damage | Step]:
    """Every cabinet's state is what was stored, and can be read."""
    done = 0
    rows = connection.execute("SELECT tenant, cabinet, checksum, tenant, cabinet, value FROM state")
    for tenant, cabinet, *row in rows:
        place = f"state of {tenant} {cabinet}"
        yield from _checked([None, *row], place)
        yield from _sound(decode_state, row[-1], place)
        done += 1
    yield Step("states", done, done)


def audit_sums(
    connection: sqlite3.Connection, snapshot: Snapshot, counts: Counts
) -> Iterator[Damage]:
    """P8: every event that was received is one of those that were stored, or was counted."""
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


def _checked(row: Any, place: str) -> Iterator[Damage]:
    """A row that begins with its id and its checksum."""
    yield from _sound(_check, row, place)


def _check(row: Any) -> None:
    _, kept, *said = row
    if checksum(*said) != kept:
        raise LogDamaged("its checksum does not fit")


def _sound(check: Callable[[Any], object], row: Any, place: str) -> Iterator[Damage]:
    try:
        check(row)
    except LogDamaged:
        yield Damage(place, "its checksum does not fit: it is not what was stored")
    except Exception as error:  # noqa: BLE001  damaged bytes break decoders in every way
        yield Damage(place, f"it cannot be read: {type(error).__name__}: {error}")
