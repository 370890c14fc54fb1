"""What an audit records in one transaction, to judge what it reads afterwards.

A service may write the log during the audit. It only adds rows: rows of the snapshot stay, except
that events leave the quarantine and leaves are packed anew. So one short transaction is enough, and
the write-ahead log need not wait for the whole audit.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from ldes_shok.log.records import StreamRecord
from ldes_shok.log.sqlite.rows import read_stream, select


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Counts at one moment.

    Attributes:
        streams: by the number that they have in ids.
        last_event, last_rejection: the highest ids; 0 for none.
        tallies: events by source and outcome.
        quarantined: events in quarantine, by source.
        rejected: rejections, by source.
        iris, versions: rows of the two indexes of members.
    """

    streams: Mapping[int, StreamRecord]
    last_event: int
    last_rejection: int
    tallies: Mapping[tuple[str, str], int]
    quarantined: Mapping[str, int]
    rejected: Mapping[str, int]
    iris: int
    versions: int


@dataclass(slots=True)
class AuditCounts:
    """What the audit itself counts.

    Attributes:
        events: by source, up to the last event of the snapshot.
        members: up to the snapshot's end of each stream.
        versions: members that have a row in the index of versions.
    """

    events: Counter[str] = field(default_factory=Counter)
    members: int = 0
    versions: int = 0


def take_snapshot(connection: sqlite3.Connection) -> Snapshot:
    """Take the snapshot now.

    Raises:
        LogDamaged: a stream's record is not what was stored.
        LogUnavailable: the store cannot be read.
    """

    def sums(query: str) -> dict[str, int]:
        return dict(select(connection, query))

    def one(query: str) -> int:
        return int(select(connection, query)[0][0] or 0)

    connection.execute("BEGIN")
    try:
        names = select(connection, "SELECT id, name FROM stream ORDER BY id")
        return Snapshot(
            streams={id_: read_stream(connection, name) for id_, name in names},
            last_event=one("SELECT max(id) FROM event"),
            last_rejection=one("SELECT max(id) FROM rejection"),
            tallies={
                (source, outcome): events
                for source, outcome, events in select(
                    connection, "SELECT source, outcome, events FROM tally"
                )
            },
            quarantined=sums(
                "SELECT source, count(*) FROM quarantine JOIN event ON event.id = event_id"
                " JOIN origin ON origin.id = origin_id GROUP BY source"
            ),
            rejected=sums("SELECT source, count(*) FROM rejection GROUP BY source"),
            iris=one("SELECT count(*) FROM iri"),
            versions=one("SELECT count(*) FROM version"),
        )
    finally:
        connection.execute("ROLLBACK")
