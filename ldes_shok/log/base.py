"""The interface to the store: one writer, many readers. One contract suite tests every store."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from ldes_shok.ldes.member import Form
from ldes_shok.ldes.node import Node
from ldes_shok.log.records import (
    Commit,
    EventRecord,
    LeafArchive,
    MemberRow,
    MemoryRecord,
    NodeRecord,
    RawRecord,
    Rejection,
    SealedHead,
    SilentWriter,
    StreamRecord,
    Tally,
)
from ldes_shok.log.rekeying import Rekeyed, Rekeying

OnReplaced = Callable[[str], None]
"""Called with the name of another writer when that writer has replaced this process."""


def ignore_replacement(_: str) -> None:
    """Do nothing, for a caller that ends anyway when a call raises."""


class LogReader(Protocol):
    """Reads committed data, and nothing else. Safe to call from several threads."""

    def generation(self) -> int:
        """A number, held in memory, that changes whenever anything was committed.

        It never returns the same number twice while this process gets no notice of commits.
        """
        ...

    def stream(self, name: str) -> StreamRecord:
        """The record of a stream; an empty record if nothing was ever published."""
        ...

    def closed_streams(self) -> frozenset[str]:
        """Streams that keep what an earlier rule published, and get no new members."""
        ...

    def node(self, stream: str, path: str) -> Node | None:
        """One node of the first view."""
        ...

    def children(self, stream: str, path: str) -> Sequence[Node]:
        """The children of a node, in the order of their time."""
        ...

    def sealed_head(self, stream: str, path: str, form: Form) -> SealedHead | None:
        """The stored hypermedia of a sealed node."""
        ...

    def archived_page(self, stream: str, path: str, form: Form) -> bytes | None:
        """The whole page of a sealed leaf, coded with gzip; None while it is not archived."""
        ...

    def blocks(self, stream: str, first_position: int, count: int, form: Form) -> Sequence[bytes]:
        """The members' texts, ascending by position."""
        ...

    def packed(self, stream: str, first_position: int, count: int) -> bytes:
        """The packed form that `LogWriter.archive` stores in place of these members' rows.

        The form is the store's own. It is empty if the rows stay as they are.
        """
        ...

    def rows(self, stream: str, first_position: int, count: int) -> Sequence[MemberRow]:
        """The members without their texts, ascending by position."""
        ...

    def member(self, iri: str) -> MemberRow | None:
        """The member with this IRI."""
        ...

    def versions(self, entity: str, streams: Sequence[str], limit: int) -> Sequence[MemberRow]:
        """The newest versions of an entity in these streams, by their own time, newest first."""
        ...

    def tallies(self) -> Sequence[Tally]:
        """Events by source and outcome."""
        ...

    def quarantined(self, limit: int, after_id: int = 0) -> Sequence[EventRecord]:
        """Events in quarantine, oldest first."""
        ...

    def newest_quarantined(self, limit: int) -> Sequence[EventRecord]:
        """Events in quarantine, newest first."""
        ...

    def quarantined_count(self) -> int:
        """How many events are in quarantine."""
        ...

    def events(self, after_id: int, limit: int) -> Sequence[EventRecord]:
        """Committed events with a higher id, in order, each with its present quarantine if any."""
        ...

    def rejections(self, limit: int) -> Sequence[Rejection]:
        """Input that was not a canonical event, newest first."""
        ...

    def memory(self, source: str, subject: str) -> bytes | None:
        """What the decoder of a source remembers of a subject; None if nothing."""
        ...

    def memories(self, source: str, prefix: str) -> Sequence[MemoryRecord]:
        """All memories of a source whose subjects begin with `prefix`, in order."""
        ...

    def raws(self, source: str, limit: int, after_id: int = 0) -> Sequence[tuple[int, RawRecord]]:
        """Raw input of a source that is still kept, in order of arrival, with its number."""
        ...

    def raw(self, digest: bytes) -> RawRecord | None:
        """The raw input with this digest, if it is still kept."""
        ...

    def silent_writer(self) -> SilentWriter | None:
        """The writer whose lease ran out without a sign of life; None if there is none."""
        ...

    def size_bytes(self) -> int:
        """What the log takes on disk."""
        ...

    def interrupt(self, thread: int) -> None:
        """Make the current read of a thread (`threading.get_ident`) fail with LogUnavailable.

        Called from any other thread; never waits. Does nothing between two queries of the thread.
        """
        ...

    def close(self) -> None:
        """Close the store."""
        ...


class LogWriter(Protocol):
    """The one writer. Code that decides what is written reads through it."""

    @property
    def next_event_id(self) -> int:
        """The id that the next new event gets."""
        ...

    def seen(self, identities: Sequence[bytes]) -> set[bytes]:
        """Those of these identities that are stored already (`EventRecord.identity`)."""
        ...

    def published(self, iris: Sequence[str]) -> set[str]:
        """Those of these member IRIs that are published already."""
        ...

    def versioned(self, entities: Sequence[str]) -> set[str]:
        """Those of these entities that have a version whose IRI is below the entity's IRI."""
        ...

    def first_told(self, entity: str) -> EventRecord | None:
        """The event of the oldest member that is a version of an entity; None without any."""
        ...

    def told_under(self, beginning: str) -> Sequence[EventRecord]:
        """The events of the members whose IRI begins with `beginning`, which ends in a dash."""
        ...

    def state(self, tenant: str, cabinet: str) -> bytes | None:
        """A cabinet's current state, encoded."""
        ...

    def waiting(
        self, tenant: str, cabinet: str, codes: frozenset[str], after_id: int, limit: int
    ) -> Sequence[EventRecord]:
        """Quarantined events of a cabinet with one of these reasons, in order of arrival.

        Only those with a number above `after_id`, and at most `limit` of them.
        """
        ...

    def waiting_places(self, codes: frozenset[str]) -> Sequence[tuple[str, str]]:
        """The tenants and cabinets that have quarantined events with one of these reasons."""
        ...

    def event(self, event_id: int) -> EventRecord | None:
        """A stored event."""
        ...

    def tenants(self) -> frozenset[str]:
        """The tenants that have events in the log."""
        ...

    def open_nodes(self, stream: str) -> Sequence[Node]:
        """The nodes that are not sealed."""
        ...

    def stream(self, name: str) -> StreamRecord:
        """The record of a stream."""
        ...

    def members(self, stream: str) -> Iterator[tuple[int, int]]:
        """Position and publication time of every member, ascending."""
        ...

    def unarchived(self, limit: int) -> Sequence[NodeRecord]:
        """Sealed leaves whose pages are not stored yet, oldest first."""
        ...

    def archive(self, leaves: Sequence[LeafArchive]) -> None:
        """Store the pages of sealed leaves and pack their members, all or nothing.

        Raises:
            LogUnavailable: the store refused; nothing of it is kept.
        """
        ...

    def forget_raws(self, before_ms: int) -> int:
        """Delete raw input received before a time (ms since 1970); returns how many rows.

        Of older rejections it deletes the bytes and the reason too. Source and time stay.

        Raises:
            LogUnavailable: the store refused. Some rows may be gone; the next call continues.
        """
        ...

    def rekey(self, rekeying: Rekeying) -> Rekeyed | None:
        """Bring rows of an older version under keys, and leave no other copy of them on the disk.

        Returns None and does nothing when all rows are under keys. Call it before the first commit
        of a process.

        Raises:
            LogUnavailable: the store refused; the next start begins again.
        """
        ...

    def commit(self, commit: Commit) -> None:
        """Store a batch durably, all or nothing.

        Raises:
            LogUnavailable: the store refused; nothing of it is kept.
        """
        ...

    def close(self) -> None:
        """Release the log, so that another writer can take it."""
        ...
