"""The seam to the store: one writer, many readers; one contract suite over every store."""

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
"""Told that another writer was found in our place, with who it is."""


def ignore_replacement(_: str) -> None:
    """For a caller that ends by itself when a call raises."""


class LogReader(Protocol):
    """Sees what was committed, and nothing else. Safe to call from several threads."""

    def generation(self) -> int:
        """Another number than before whenever anything was committed since; from memory.

        While nobody tells this process of commits, no number twice.
        """
        ...

    def stream(self, name: str) -> StreamRecord:
        """Where a stream stands; an empty one if nothing was ever published."""
        ...

    def closed_streams(self) -> frozenset[str]:
        """Streams that keep what was published by an earlier rule, and get nothing any more."""
        ...

    def node(self, stream: str, path: str) -> Node | None:
        """One node of the first view."""
        ...

    def children(self, stream: str, path: str) -> Sequence[Node]:
        """The nodes below one, in the order of their time."""
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
        """What `LogWriter.archive` keeps in place of these members' rows, in the store's own form.

        Empty if they stay as they stand.
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
        """Committed events with a higher id, in order, with why some are in quarantine now."""
        ...

    def rejections(self, limit: int) -> Sequence[Rejection]:
        """What was no canonical event, newest first."""
        ...

    def memory(self, source: str, subject: str) -> bytes | None:
        """What the decoder of a source remembers of a subject; None if nothing."""
        ...

    def memories(self, source: str, prefix: str) -> Sequence[MemoryRecord]:
        """All that is remembered for a source of subjects that begin with `prefix`, in order."""
        ...

    def raws(self, source: str, limit: int, after_id: int = 0) -> Sequence[tuple[int, RawRecord]]:
        """What a source received raw and is still kept, in order of arrival, with its number."""
        ...

    def raw(self, digest: bytes) -> RawRecord | None:
        """What was received raw with this digest, if it is still kept."""
        ...

    def silent_writer(self) -> SilentWriter | None:
        """Who writes the log and is not heard of any more; None while nobody is missed."""
        ...

    def size_bytes(self) -> int:
        """What the log takes on disk."""
        ...

    def interrupt(self, thread: int) -> None:
        """Have what a thread (`threading.get_ident`) reads now fail with LogUnavailable.

        From any other thread; never waits. Between two of its questions it does nothing.
        """
        ...

    def close(self) -> None:
        """Let go of the store."""
        ...


class LogWriter(Protocol):
    """The one writer. Everything that decides what is written reads through it."""

    @property
    def next_event_id(self) -> int:
        """The id that the next new event gets."""
        ...

    def seen(self, identities: Sequence[bytes]) -> set[bytes]:
        """Which of these were stored before (`EventRecord.identity`)."""
        ...

    def published(self, iris: Sequence[str]) -> set[str]:
        """Which of these member IRIs are published."""
        ...

    def versioned(self, entities: Sequence[str]) -> set[str]:
        """Which of these have a version, of those whose versions have IRIs below theirs."""
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
        """The tenants and cabinets that have events in quarantine with one of these reasons."""
        ...

    def event(self, event_id: int) -> EventRecord | None:
        """A stored event."""
        ...

    def tenants(self) -> frozenset[str]:
        """Whose events the log has."""
        ...

    def open_nodes(self, stream: str) -> Sequence[Node]:
        """The nodes that are not sealed."""
        ...

    def stream(self, name: str) -> StreamRecord:
        """Where a stream stands."""
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
        """Delete what was received raw before a time, milliseconds since 1970; returns how many.

        Of what was rejected before then the bytes and the reason go too; source and time stay.

        Raises:
            LogUnavailable: the store refused; some may be gone, and the next call goes on.
        """
        ...

    def rekey(self, rekeying: Rekeying) -> Rekeyed | None:
        """Bring what an older version wrote under keys, and leave nothing else of it on the disk.

        Does nothing where all is: then it returns None. Before the first commit of a process.

        Raises:
            LogUnavailable: the store refused; it is begun again the next time.
        """
        ...

    def commit(self, commit: Commit) -> None:
        """Store a batch durably, all or nothing.

        Raises:
            LogUnavailable: the store refused; nothing of it is kept.
        """
        ...

    def close(self) -> None:
        """Let go of the log, so that another writer can take it."""
        ...
