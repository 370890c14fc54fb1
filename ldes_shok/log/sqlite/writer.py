"""The embedded log: one SQLite file, WAL, synchronous=FULL, one writer.

A commit returns after SQLite has synced the WAL, so an acknowledged commit survives a power cut.
Group commit makes that affordable: one sync for the batch of all callers.

Each commit checks that the number of the last opening is still its own. If another process has
opened the log since, past the lock, that process is the writer, and this one ends.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import Any

from ldes_shok.errors import LogDamaged, LogUnavailable, WriterReplaced
from ldes_shok.ldes.node import Node
from ldes_shok.log.base import OnReplaced, ignore_replacement
from ldes_shok.log.checksum import checksum
from ldes_shok.log.identity import FINGERPRINT, LogIdentity, bind
from ldes_shok.log.pulse import Pulse
from ldes_shok.log.records import (
    Commit,
    EventRecord,
    LeafArchive,
    NodeRecord,
    StreamRecord,
)
from ldes_shok.log.rekeying import Rekeyed, Rekeying, not_written_anew
from ldes_shok.log.sqlite.checkpoints import Checkpoints
from ldes_shok.log.sqlite.events import (
    read_event,
    read_waiting,
    read_waiting_places,
)
from ldes_shok.log.sqlite.high_water import Witness, compare, read_witness, refuse_lost
from ldes_shok.log.sqlite.iris import (
    members_under,
    oldest_version,
    published_among,
    versioned_among,
)
from ldes_shok.log.sqlite.lock import WriterLock, holder
from ldes_shok.log.sqlite.members import PackedMembers
from ldes_shok.log.sqlite.memories import delete_raws
from ldes_shok.log.sqlite.migrations import SCHEMA, SUMMED_FROM, Schema
from ldes_shok.log.sqlite.one_name import followed
from ldes_shok.log.sqlite.opening import begin_epoch, current_epoch, open_for_writing
from ldes_shok.log.sqlite.packs import read_packs
from ldes_shok.log.sqlite.rekeying import is_unkeyed, rekey_rows, write_anew
from ldes_shok.log.sqlite.rows import (
    NODE_COLUMNS,
    first,
    node_of,
    read_stream,
    select,
    stream_and_position,
    stream_range,
)
from ldes_shok.log.sqlite.sums import SqliteSums, meta
from ldes_shok.log.sqlite.writes import CommitRows
from ldes_shok.log.storable import is_storable
from ldes_shok.log.table_sums import WAY_OUT, RowDigests

_READ_AT_ONCE = 10_000
_IDENTITIES_AT_ONCE = 500
_RAWS_AT_ONCE = 200


class SqliteLogWriter:
    """The writer of an embedded log. Used from one thread at a time."""

    def __init__(
        self,
        path: Path,
        identity: LogIdentity,
        schema: Schema = SCHEMA,
        *,
        pulse: Pulse | None = None,
        on_replaced: OnReplaced = ignore_replacement,
    ) -> None:
        """Open or create the log and take its writer's lock.

        Args:
            path: the SQLite file; its folder is made if it is missing.
            identity: the identity that the log must have.
            schema: how an older log is brought up to date.
            pulse: beats at every commit, so that readers see it at once.
            on_replaced: called once another writer has replaced this one.

        Raises:
            LogLocked: another process writes the log.
            LogMismatch: written for another public URL, with another secret, or by another schema
                version.
            LogUnavailable: the folder or file cannot be used.
        """
        path = followed(path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists():
                refuse_lost(path)
            self._lock = WriterLock(path, create=True)
        except FileExistsError as error:
            raise LogUnavailable(
                f"{path}: {path.parent} is no folder; is its volume mounted?"
            ) from error
        except OSError as error:
            raise LogUnavailable(f"{path}: {error.strerror or error}") from error
        self._path = path
        self._on_replaced = on_replaced
        self._iri_prefix = f"{identity.public_url}/id/"
        self._pulse = pulse or Pulse()
        self._committing = Lock()
        self._in_doubt = False
        self._checkpoints = Checkpoints(path, self._committing)
        self._is_clear = False  # deleted data may be left by the last process
        self._sums: SqliteSums | None = None
        self._witness: Witness | None = None
        with ExitStack() as opened:
            opened.callback(self._lock.release)
            try:
                self._connection = open_for_writing(path, identity, schema)
                opened.callback(self._connection.close)
                self._epoch = begin_epoch(self._connection)
                self._rows = CommitRows(self._connection, self._iri_prefix)
                self._members = PackedMembers()
                row = self._first("SELECT max(id) FROM event")
                self._next_event_id = (row[0] or 0) + 1
                if schema.version >= SUMMED_FROM:
                    self._sum(path, identity)
            except sqlite3.Error as error:
                raise LogUnavailable(f"{path}: {error}") from error
            opened.pop_all()

    @property
    def next_event_id(self) -> int:
        """The id that the next new event gets."""
        return self._next_event_id

    def seen(self, identities: Sequence[bytes]) -> set[bytes]:
        """Those of these identities that are stored already (`EventRecord.identity`)."""
        found: set[bytes] = set()
        for start in range(0, len(identities), _IDENTITIES_AT_ONCE):
            part = identities[start : start + _IDENTITIES_AT_ONCE]
            marks = ",".join("?" * len(part))
            rows = self._select(f"SELECT identity FROM event WHERE identity IN ({marks})", part)  # noqa: S608
            found.update(bytes(identity) for (identity,) in rows)
        return found

    def published(self, iris: Sequence[str]) -> set[str]:
        """Those of these member IRIs that are published already."""
        short = [iri.removeprefix(self._iri_prefix) for iri in iris if is_storable(iri)]
        return {self._iri_prefix + iri for iri in published_among(self._settled(), short)}

    def versioned(self, entities: Sequence[str]) -> set[str]:
        """Those of these entities that have a version whose IRI is below the entity's IRI."""
        short = [each.removeprefix(self._iri_prefix) for each in entities if is_storable(each)]
        return {self._iri_prefix + entity for entity in versioned_among(self._settled(), short)}

    def first_told(self, entity: str) -> EventRecord | None:
        """The event of the oldest member that is a version of an entity; None without any."""
        if not is_storable(entity):
            return None
        connection = self._settled()
        id_ = oldest_version(connection, entity.removeprefix(self._iri_prefix))
        if id_ is None:
            return None
        return read_event(connection, self._members.one(connection, id_).event_id)

    def told_under(self, beginning: str) -> Sequence[EventRecord]:
        """The events of the members whose IRI begins with `beginning`, which ends in a dash."""
        if not is_storable(beginning):
            return ()
        connection = self._settled()
        found = members_under(connection, beginning.removeprefix(self._iri_prefix))
        ids = {self._members.one(connection, id_).event_id for id_ in found}
        events = (read_event(connection, event_id) for event_id in sorted(ids))
        return [event for event in events if event is not None]

    def state(self, tenant: str, cabinet: str) -> bytes | None:
        """A cabinet's current state, encoded.

        Raises:
            LogDamaged: the state is not what was stored.
        """
        row = self._first(
            "SELECT value, checksum FROM state WHERE tenant = ? AND cabinet = ?", (tenant, cabinet)
        )
        if row is None:
            return None
        value, kept = row
        if checksum(tenant, cabinet, value) != kept:
            raise LogDamaged(f"the log is damaged: state of {tenant} {cabinet}")
        return bytes(value)

    def waiting(
        self, tenant: str, cabinet: str, codes: frozenset[str], after_id: int, limit: int
    ) -> Sequence[EventRecord]:
        """Quarantined events of a cabinet with one of these reasons, in order of arrival."""
        return read_waiting(self._settled(), (tenant, cabinet), codes, after_id, limit)

    def waiting_places(self, codes: frozenset[str]) -> Sequence[tuple[str, str]]:
        """The tenants and cabinets that have quarantined events with one of these reasons."""
        return read_waiting_places(self._settled(), codes)

    def event(self, event_id: int) -> EventRecord | None:
        """A stored event."""
        return read_event(self._settled(), event_id)

    def tenants(self) -> frozenset[str]:
        """The tenants that have events in the log."""
        return frozenset(tenant for (tenant,) in self._select("SELECT tenant FROM origin"))

    def open_nodes(self, stream: str) -> Sequence[Node]:
        """The nodes that are not sealed."""
        rows = self._select(
            f"SELECT {NODE_COLUMNS} FROM node WHERE stream_id = ? AND sealed = 0",  # noqa: S608
            (self._rows.stream_ids.get(stream, 0),),
        )
        return [node_of(row) for row in rows]

    def stream(self, name: str) -> StreamRecord:
        """The record of a stream."""
        return read_stream(self._settled(), name)

    def members(self, stream: str) -> Iterator[tuple[int, int]]:
        """Position and publication time of every member, ascending."""
        id_, end_id = stream_range(self._rows.stream_ids.get(stream, 0))
        while packs := read_packs(self._settled(), id_, min(id_ + _READ_AT_ONCE, end_id)):
            for pack in packs:
                for number, member in enumerate(pack.decode(), pack.id):
                    if number >= id_:
                        yield stream_and_position(number)[1], member.published_ms
            id_ = packs[-1].end_id

    def unarchived(self, limit: int) -> Sequence[NodeRecord]:
        """Sealed leaves whose pages are not stored yet, oldest first."""
        names = {id_: name for name, id_ in self._rows.stream_ids.items()}
        rows = self._select(
            f"SELECT stream_id, {NODE_COLUMNS} FROM node WHERE archived = 0"  # noqa: S608
            " ORDER BY last_ms LIMIT ?",
            (limit,),
        )
        return [NodeRecord(names[row[0]], node_of(row[1:])) for row in rows]

    def archive(self, leaves: Sequence[LeafArchive]) -> None:
        """Store the pages of sealed leaves and pack their members, all or nothing.

        Raises:
            LogUnavailable: the store refused; nothing of it is kept.
        """
        with self._transaction():
            for leaf in leaves:
                self._rows.archive(leaf)
        self._checkpoints.wrote()

    def forget_raws(self, before_ms: int) -> int:
        """Delete raw input received before a time (ms since 1970); returns how many rows.

        Of older rejections it deletes the bytes and the reason too. Source and time stay.

        Raises:
            LogUnavailable: the store refused. Some rows may be gone; the next call continues.
        """
        changes, deleted, step = self._connection.total_changes, 0, (1, 1)
        while any(step):
            with self._transaction():
                step = delete_raws(self._connection, before_ms, _RAWS_AT_ONCE)
            deleted += step[0]
            self._checkpoints.wrote()
        self._is_clear = self._is_clear and self._connection.total_changes == changes
        if not self._is_clear:
            self._is_clear = self._checkpoints.clear()
        return deleted

    def rekey(self, rekeying: Rekeying) -> Rekeyed | None:
        """Bring rows of an older version under keys, and leave no other copy of them on the disk.

        Returns None and does nothing when all rows are under keys. Call it before the first commit
        of a process.

        Raises:
            LogUnavailable: the store refused; the next start begins again.
        """
        if not is_unkeyed(self._settled()):
            return None
        rekeyed = rekey_rows(self._connection, rekeying, self._transaction)
        try:
            write_anew(self._connection, self._transaction)
        except (sqlite3.Error, LogUnavailable) as error:
            not_written_anew(str(error))
        self._is_clear = self._checkpoints.clear()
        return rekeyed

    def commit(self, commit: Commit) -> None:
        """Store a batch durably, all or nothing.

        Raises:
            LogUnavailable: the store refused; nothing of it is kept.
        """
        with self._transaction():
            self._rows.write(commit)
        self._checkpoints.wrote()
        if commit.events:
            self._next_event_id = max(event.id for event in commit.events) + 1

    def close(self) -> None:
        """Release the log, so that another writer can take it."""
        self._checkpoints.close()
        self._connection.close()
        if self._witness is not None:
            self._witness.close()
        self._lock.release()

    def _sum(self, path: Path, identity: LogIdentity) -> None:
        """Load or begin the table sums and the witness; from now on they follow every commit."""
        sums = SqliteSums(self._connection, RowDigests(identity.secret))
        if meta(self._connection, FINGERPRINT):
            sums.open()
            sums.check_ends()
        elif read_witness(path) is not None:
            raise LogDamaged(f"the log is damaged: what its tables add up to is gone; {WAY_OUT}")
        else:
            bind(str(path), self, identity)
            with self._transaction():
                sums.begin()
        compare(path, sums.seen)
        self._witness = Witness(path, sums.seen)
        self._sums = sums

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._committing:
            self._settled()
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                self._check_epoch()
                yield
                if self._sums is not None:
                    self._sums.store()
                self._connection.execute("COMMIT")
                self._note()
            except BaseException as error:
                self._in_doubt = True
                # A store that cannot even be read now: the next read tries again.
                with suppress(LogUnavailable):
                    self._settled()
                if isinstance(error, sqlite3.Error):
                    raise LogUnavailable(f"the log cannot be written: {error}") from error
                raise
            finally:
                # After a failed commit it is unknown here whether it is stored.
                self._pulse.beat(self._pulse.generation + 1)

    def _note(self) -> None:
        """Write the committed state to the witness."""
        if self._sums is not None and self._witness is not None:
            self._witness.write(self._sums.seen)

    def _check_epoch(self) -> None:
        """Check that no other process opened the log for writing: a host that did not see our lock.

        Raises:
            WriterReplaced: another process did; this one writes nothing more.
        """
        if current_epoch(self._connection) == self._epoch:
            return
        reason = f"{self._path}: another process opened the log to write it: {holder(self._path)}"
        self._on_replaced(reason)
        raise WriterReplaced(reason)

    def _settled(self) -> sqlite3.Connection:
        """The connection, after undoing the rest of a commit that was not stored.

        Raises:
            LogUnavailable: that cannot be undone now.
        """
        if self._in_doubt:
            try:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
            except sqlite3.Error as error:
                raise LogUnavailable(f"the log cannot be read: {error}") from error
            self._rows.reload()
            if self._sums is not None:
                self._sums.open()
            self._in_doubt = False
        return self._connection

    def _select(self, query: str, parameters: Sequence[object] = ()) -> list[Any]:
        return select(self._settled(), query, parameters)

    def _first(self, query: str, parameters: Sequence[object] = ()) -> Any:
        return first(self._settled(), query, parameters)
