"""The writer of a log in PostgreSQL.

After any failure a call raises, and nothing is retried in secret. The caller forgets what it had
read. Its next call opens a new session, if this process is elected again. After a connection lost
during a commit it is open whether the commit was stored. The sender delivers the events again, and
their identity shows which are stored, so both outcomes are right.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from typing import Any, Final

from ldes_shok.errors import LogLocked, LogUnavailable, WriterReplaced
from ldes_shok.ldes.member import FIRST_POSITION
from ldes_shok.ldes.node import Node
from ldes_shok.log.base import OnReplaced, ignore_replacement
from ldes_shok.log.identity import LogIdentity, bind
from ldes_shok.log.postgres.archive import archive_statements
from ldes_shok.log.postgres.commit import SqlStatement, plan_commit
from ldes_shok.log.postgres.connection import Parameters, connect_reader, translated
from ldes_shok.log.postgres.election import Succession
from ldes_shok.log.postgres.events import one_event, quarantined_events
from ldes_shok.log.postgres.lease import RENEW_SECONDS, read_lease
from ldes_shok.log.postgres.memories import DELETE_RAWS, EMPTY_REJECTIONS
from ldes_shok.log.postgres.migrations import SchemaStep, steps
from ldes_shok.log.postgres.packs import PostgresPackRow, read_packs
from ldes_shok.log.postgres.rekeying import is_unkeyed, rekey_rows, write_anew
from ldes_shok.log.postgres.rows import (
    NODE_COLUMNS,
    NOT_DROPPED,
    QUARANTINE_COLUMNS,
    node_of,
    stream_and_number,
)
from ldes_shok.log.postgres.session import WriterSession
from ldes_shok.log.pulse import Pulse
from ldes_shok.log.records import (
    FORGOTTEN,
    Commit,
    EventRecord,
    LeafArchive,
    NodeRecord,
    StreamRecord,
)
from ldes_shok.log.rekeying import Rekeyed, Rekeying, not_written_anew
from ldes_shok.log.storable import UNIT_SEPARATOR, is_storable
from ldes_shok.log.stream_row import STREAM_COLUMNS, stream_of

_MEMBERS_AT_ONCE: Final = 5_000


class PostgresLogWriter:
    """The writer of a log in a database. Used from one thread at a time."""

    def __init__(
        self,
        url: str,
        identity: LogIdentity,
        *,
        pulse: Pulse | None = None,
        on_replaced: OnReplaced = ignore_replacement,
        succession: Succession | None = None,
        schema_steps: Sequence[SchemaStep] | None = None,
    ) -> None:
        """Be elected, or refuse at once.

        Args:
            url: `postgresql://...` of a database that holds this log and nothing else.
            identity: the identity that the log must have.
            pulse: beats at every commit, so that readers in this process see it at once.
            on_replaced: called with the name of another writer that replaced this one; also from
                another thread.
            succession: of a standby, the same for each try, so that it may replace a writer that
                stands still.
            schema_steps: steps in place of this release's.

        Raises:
            LogLocked: another process writes it; the message names it.
            LogDamaged: the table sums are not what was stored.
            LogMismatch: written for another public URL, with another secret, or by a newer release.
            LogUnavailable: the server cannot be reached, or refused.
        """
        self._url = url
        self._identity = identity
        self._prefix = f"{identity.public_url}/id/"
        self._pulse = pulse or Pulse()
        self._on_replaced = on_replaced
        self._steps = steps() if schema_steps is None else tuple(schema_steps)
        self._closed = threading.Event()
        self._electing = threading.RLock()
        self._session: WriterSession = WriterSession(url, identity, self._steps, succession)
        self._begin()
        self._keeper = threading.Thread(target=self._keep_lease, name="lease", daemon=True)
        self._keeper.start()

    @property
    def next_event_id(self) -> int:
        """The id that the next new event gets."""
        return self._now().place.next_event_id

    def seen(self, identities: Sequence[bytes]) -> set[bytes]:
        """Those of these identities that are stored already (`EventRecord.identity`)."""
        if not identities:
            return set()
        rows = self._select(
            "SELECT identity FROM identity WHERE identity = ANY(%b)", (list(identities),)
        )
        return {bytes(identity) for (identity,) in rows}

    def published(self, iris: Sequence[str]) -> set[str]:
        """Those of these member IRIs that are published already."""
        short = [iri.removeprefix(self._prefix) for iri in iris if is_storable(iri)]
        if not short:
            return set()
        rows = self._select(
            "SELECT iri FROM iri WHERE iri = ANY(string_to_array(%s, E'\\x1f') COLLATE \"C\")",
            (UNIT_SEPARATOR.join(short),),
        )
        found = {row[0] for row in rows}
        return {iri for iri in iris if iri.removeprefix(self._prefix) in found}

    def versioned(self, entities: Sequence[str]) -> set[str]:
        """Those of these entities that have a version whose IRI is below the entity's IRI."""
        short = {entity.removeprefix(self._prefix): entity for entity in entities}
        asked = [each for each in short if is_storable(each)]
        if not asked:
            return set()
        # The first IRI above each entity: this form uses the index whatever the statistics are.
        rows = self._select(
            "SELECT asked.entity FROM unnest(string_to_array(%s, E'\\x1f')) AS asked (entity)"
            " CROSS JOIN LATERAL (SELECT iri.iri FROM iri"
            " WHERE iri.iri > asked.entity || '/' COLLATE \"C\" ORDER BY iri.iri LIMIT 1) AS above"
            " WHERE above.iri < asked.entity || '0' COLLATE \"C\"",
            (UNIT_SEPARATOR.join(asked),),
        )
        return {short[entity] for (entity,) in rows}

    def first_told(self, entity: str) -> EventRecord | None:
        """The event of the oldest member that is a version of an entity; None without any.

        Members that were dropped with their month do not count.
        """
        if not is_storable(entity):
            return None
        short = entity.removeprefix(self._prefix)
        found = self._events_between(f"{short}/", f"{short}0", 1)  # 0 follows /
        return found[0] if found else None

    def told_under(self, beginning: str) -> Sequence[EventRecord]:
        """The events of the members whose IRI begins with `beginning`, which ends in a dash."""
        if not is_storable(beginning):
            return ()
        short = beginning.removeprefix(self._prefix).removesuffix("-")
        return self._events_between(f"{short}-", f"{short}.", None)  # . follows -

    def _events_between(self, low: str, high: str, limit: int | None) -> Sequence[EventRecord]:
        """The events of the members with an IRI between these two, the oldest first."""
        rows = self._select(
            "SELECT member_id, found.* FROM"
            " (SELECT member_id, month AS its_month FROM iri WHERE iri > %s AND iri < %s"
            "  ORDER BY member_id) AS version"
            " CROSS JOIN LATERAL ("
            "  SELECT month, stream_id, first_number, members, body, checksum FROM pack"
            "  WHERE month = its_month AND stream_id = member_id >> 48"
            "  AND first_number <= (member_id & ((1::bigint << 48) - 1))"
            "  ORDER BY first_number DESC LIMIT 1) AS found ORDER BY member_id LIMIT %s",
            (low, high, limit),
        )
        event_ids: dict[int, None] = {}
        for row in rows:
            pack = PostgresPackRow._make(row[1:])
            _, number = stream_and_number(row[0])
            event_ids[pack.decode()[number - pack.first_number].event_id] = None
        events = (one_event(self._select, event_id) for event_id in event_ids)
        return [event for event in events if event is not None]

    def state(self, tenant: str, cabinet: str) -> bytes | None:
        """A cabinet's current state, encoded."""
        rows = self._select(
            "SELECT value FROM state WHERE tenant = %s AND cabinet = %s", (tenant, cabinet)
        )
        return bytes(rows[0][0]) if rows else None

    def waiting(
        self, tenant: str, cabinet: str, codes: frozenset[str], after_id: int, limit: int
    ) -> Sequence[EventRecord]:
        """Quarantined events of a cabinet with one of these reasons, in order of arrival."""
        rows = self._select(
            f"SELECT month, event_id, {QUARANTINE_COLUMNS} FROM quarantine"
            " WHERE tenant = %s AND cabinet = %s AND code = ANY(%s) AND event_id > %s"
            " ORDER BY event_id LIMIT %s",
            (tenant, cabinet, sorted(codes), after_id, limit),
        )
        return quarantined_events(self._select, rows)

    def waiting_places(self, codes: frozenset[str]) -> Sequence[tuple[str, str]]:
        """The tenants and cabinets that have quarantined events with one of these reasons."""
        rows = self._select(
            "SELECT DISTINCT tenant, cabinet FROM quarantine WHERE code = ANY(%s)", (sorted(codes),)
        )
        return [(tenant, cabinet) for tenant, cabinet in rows]

    def event(self, event_id: int) -> EventRecord | None:
        """A stored event."""
        return one_event(self._select, event_id)

    def tenants(self) -> frozenset[str]:
        """The tenants that have a state of a cabinet or an event in quarantine."""
        query = "SELECT tenant FROM state UNION SELECT tenant FROM quarantine"
        return frozenset(tenant for (tenant,) in self._select(query))

    def open_nodes(self, stream: str) -> Sequence[Node]:
        """The nodes that are not sealed."""
        rows = self._select(
            f"SELECT {NODE_COLUMNS} FROM node WHERE stream_id = %s AND NOT sealed",
            (self._stream_id(stream),),
        )
        return [node_of(row) for row in rows]

    def stream(self, name: str) -> StreamRecord:
        """The record of a stream."""
        rows = self._select(f"SELECT {STREAM_COLUMNS} FROM stream WHERE name = %s", (name,))
        return stream_of(name, *rows[0]) if rows else StreamRecord(name)

    def members(self, stream: str) -> Iterator[tuple[int, int]]:
        """Position and publication time of every member, ascending."""
        stream_id, number = self._stream_id(stream), 0
        while True:
            packs = read_packs(self._select, stream_id, number, number + _MEMBERS_AT_ONCE)
            if not packs:
                return
            for pack in packs:
                for packed in pack.decode()[number - pack.first_number :]:
                    yield FIRST_POSITION + number, packed.published_ms
                    number += 1

    def unarchived(self, limit: int) -> Sequence[NodeRecord]:
        """Sealed leaves whose pages are not stored yet, oldest first."""
        rows = self._select(
            f"SELECT stream_id, {NODE_COLUMNS} FROM node"
            f" WHERE kind = 'leaf' AND sealed AND NOT archived AND {NOT_DROPPED}"
            " ORDER BY lower_ms, stream_id, first_position LIMIT %s",
            (limit,),
        )
        names = {stream_id: name for name, stream_id in self._now().place.stream_ids.items()}
        return [NodeRecord(names[row[0]], node_of(row[1:])) for row in rows]

    def archive(self, leaves: Sequence[LeafArchive]) -> None:
        """Store the pages of sealed leaves and pack their members, all or nothing.

        Raises:
            LogUnavailable: the server refused; nothing of it is kept.
        """
        session = self._now()

        def statements() -> Iterator[SqlStatement]:
            for leaf in leaves:
                stream_id = session.place.stream_ids[leaf.stream]
                yield from archive_statements(leaf, stream_id, session.select)

        self._pulse.beat(session.transaction(statements()))

    def commit(self, commit: Commit) -> None:
        """Store a batch durably, all or nothing.

        Raises:
            WriterReplaced: another writer was elected; nothing of it is stored.
            LogUnavailable: the server refused, and nothing of it is stored; or the connection was
                lost, and only a new read of the log shows whether it is stored.
        """
        session = self._now()
        plan = plan_commit(commit, session.place)
        generation = session.execute(plan)
        session.advance_place(plan)
        self._pulse.beat(generation)

    def forget_raws(self, before_ms: int) -> int:
        """Delete raw input received before a time (ms since 1970); returns how many rows.

        Of older rejections it deletes the bytes and the reason too. Source and time stay.

        Raises:
            LogUnavailable: the server refused; nothing is deleted.
        """
        with self._now().changing() as connection:
            connection.execute(EMPTY_REJECTIONS, (FORGOTTEN, before_ms))
            return connection.execute(DELETE_RAWS, (before_ms,)).rowcount

    def rekey(self, rekeying: Rekeying) -> Rekeyed | None:
        """Bring rows of an older version under keys, and leave no other copy in the tables.

        Returns None and does nothing when all rows are under keys. Call it before the first commit
        of a process.

        Raises:
            WriterReplaced, LogUnavailable: the next start begins again.
        """
        session = self._now()
        if not is_unkeyed(session):
            return None
        rekeyed = rekey_rows(session, rekeying)
        try:
            write_anew(session)
        except LogUnavailable as error:
            not_written_anew(str(error))
        return rekeyed

    def drop_before(self, month: int) -> None:
        """Drop all rows of months before `month` (YYYYMM), in one statement.

        Raises:
            MonthNotOver: a node there is not sealed yet; nothing was dropped.
            LogUnavailable: the server refused; nothing was dropped.
        """
        self._now().drop_before(month)

    def close(self) -> None:
        """Release the log, so that another writer can take it. A second call is harmless."""
        if self._closed.is_set():
            return
        self._closed.set()
        if self._session.alive:
            self._session.release()
        self._keeper.join(RENEW_SECONDS)

    def _now(self) -> WriterSession:
        """The session; a new one if the last was lost and this process is elected again."""
        with self._electing:
            if not self._session.alive and not self._closed.is_set():
                self._session = self._elected_again()
                self._begin()
            return self._session

    def _elected_again(self) -> WriterSession:
        try:
            session = WriterSession(self._url, self._identity, self._steps)
        except LogLocked as error:
            raise self._replaced(str(error)) from error
        if session.epoch != self._session.epoch + 1:
            session.release()
            raise self._replaced("another process wrote the log meanwhile")
        return session

    def _replaced(self, reason: str) -> WriterReplaced:
        self._on_replaced(reason)
        return WriterReplaced(reason)

    def _keep_lease(self) -> None:
        """Renew the lease again and again; without a session, check whether it was replaced."""
        while not self._closed.wait(RENEW_SECONDS):
            if self._session.alive:
                self._session.renew()
            elif self._was_replaced():
                return

    def _was_replaced(self) -> bool:
        """Whether another writer was elected since our session ended; our next call shows less."""
        with self._electing, suppress(LogUnavailable):
            if self._session.alive:
                return False
            with closing(connect_reader(self._url)) as connection, translated("read"):
                lease = read_lease(connection)
            if lease.epoch != self._session.epoch:
                self._replaced(f"the log is being written by {lease.writer}")
                return True
        return False

    def _begin(self) -> None:
        """Load the table sums; compute them for an older log that has none yet."""
        session = self._session
        try:
            if session.sums is not None and session.sums.has_begun:
                session.open_sums()
            elif session.sums is not None:
                bind(session.connection.info.dbname, self, self._identity)
                session.begin_sums()
        except BaseException:
            session.close()
            raise
        session.renew()

    def _select(self, query: str, parameters: Parameters = ()) -> list[Any]:
        return self._now().select(query, parameters)

    def _stream_id(self, stream: str) -> int:
        return self._now().place.stream_ids.get(stream, 0)
