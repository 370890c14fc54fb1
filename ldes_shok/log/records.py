"""Values that are written to the log and read from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from ldes_shok.ldes.member import Form, Member, Summary
from ldes_shok.ldes.node import Node


@dataclass(frozen=True, slots=True)
class Quarantine:
    """Why an event is kept but not published.

    `stream` and `report` (RDF, Turtle) are empty unless SHACL rejected a member.
    """

    code: str
    reason: str
    stream: str = ""
    report: str = ""


@dataclass(frozen=True, slots=True)
class EventRecord:
    """An event that the log keeps, with its payload as delivered.

    `identity` recognises a repeated event: 16 bytes (`ldes_shok.cabinet.identity`). `source` is the
    way it came in (`ldes_shok.cabinet.incoming.Origin`); the payload does not hold it.
    """

    id: int
    tenant: str
    key: str
    digest: bytes
    identity: bytes
    kind: str
    source: str
    cabinet: str
    received_ms: int
    payload: bytes
    raw_digest: bytes
    quarantine: Quarantine | None


FORGOTTEN: Final = "forgotten after its time"
"""Replaces the reason of a rejection when its bytes are deleted: a reason may quote them."""


SEALED_REASON: Final = ""
"""The reason column of a rejection while the real reason is sealed in its payload."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """Bytes that were not a canonical event, kept for an investigation.

    `payload` holds the bytes and the reason (`ldes_shok.pipeline.vault`) until they are deleted.
    """

    source: str
    received_ms: int
    reason: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class MemberRecord:
    """A member and the event that it came from."""

    member: Member
    event_id: int


@dataclass(frozen=True, slots=True)
class SealedHead:
    """The hypermedia of a sealed node in one form, kept so that no upgrade can change it.

    A page is `prefix`, the members' blocks, `suffix`; `digest` is its SHA-256, empty for a leaf
    that is not archived yet.
    """

    stream: str
    path: str
    form: Form
    prefix: bytes
    suffix: bytes
    digest: bytes


@dataclass(frozen=True, slots=True)
class PolicyRecord:
    """The fragmentation policy that holds from a position on, so that a rebuild can repeat it.

    Attributes:
        from_position: of the first member that the policy holds for.
        leaf_members, bucket_leaves, sparse_month_members: see
            `ldes_shok.fragmentation.tree.Policy`.
        versions_per_millisecond: how many versions of one thing may share their publication time. 0
            is any number, as in logs older than this rule.
    """

    from_position: int
    leaf_members: int
    bucket_leaves: int
    sparse_month_members: int
    versions_per_millisecond: int = 0


@dataclass(frozen=True, slots=True)
class StreamRecord:
    """The state of a stream.

    Attributes:
        name: the stream.
        members: how many it holds; the last position follows from it.
        last_ms: publication time of the newest member, or the time up to which nodes were sealed.
            Nothing may be published before it.
        ties: how many members share `last_ms`.
        previous_members: per calendar level, the size of the last finished interval.
        policies: the fragmentation policies that held, oldest first.
    """

    name: str
    members: int = 0
    last_ms: int = 0
    ties: int = 0
    previous_members: Mapping[int, int] = field(default_factory=dict)
    policies: tuple[PolicyRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class StateRecord:
    """A cabinet's current state, encoded."""

    tenant: str
    cabinet: str
    value: bytes


@dataclass(frozen=True, slots=True)
class MemoryRecord:
    """What the decoder of a source remembers of one subject, in the decoder's own encoding.

    A commit of an empty value deletes the memory of the subject.
    """

    source: str
    subject: str
    value: bytes


@dataclass(frozen=True, slots=True)
class RawRecord:
    """What a transport received, for as long as it is kept.

    `digest` is keyed, and `body` sealed, with the key of the period of receipt
    (`ldes_shok.pipeline.vault`).
    """

    digest: bytes
    source: str
    received_ms: int
    body: bytes


@dataclass(frozen=True, slots=True)
class NodeRecord:
    """A node of one stream's first view."""

    stream: str
    node: Node


@dataclass(frozen=True, slots=True)
class ArchivedPage:
    """The page of a sealed leaf in one form: coded with gzip, and the SHA-256 of it uncoded."""

    form: Form
    gzip: bytes
    digest: bytes


@dataclass(frozen=True, slots=True)
class LeafArchive:
    """What is stored of a sealed leaf in place of its single members.

    `first_position` and `members` describe the leaf. `packed` is the result of `LogReader.packed`,
    so that the writer's thread need not pack the members.
    """

    stream: str
    path: str
    first_position: int
    members: int
    pages: tuple[ArchivedPage, ...]
    packed: bytes


@dataclass(frozen=True, slots=True)
class Commit:
    """All changes of one batch: the store keeps all of them, or nothing.

    `released` are ids of quarantined events that are published now. `requarantined` replaces the
    reason of events that failed again. `counters` adds to the tallies of (source, outcome). An item
    of `raws` is skipped if its source and digest are stored already.
    """

    events: tuple[EventRecord, ...] = ()
    rejections: tuple[Rejection, ...] = ()
    members: tuple[MemberRecord, ...] = ()
    nodes: tuple[NodeRecord, ...] = ()
    heads: tuple[SealedHead, ...] = ()
    states: tuple[StateRecord, ...] = ()
    memories: tuple[MemoryRecord, ...] = ()
    raws: tuple[RawRecord, ...] = ()
    streams: tuple[StreamRecord, ...] = ()
    released: tuple[int, ...] = ()
    requarantined: tuple[tuple[int, Quarantine], ...] = ()
    counters: Mapping[tuple[str, str], int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A published member without its texts."""

    stream: str
    position: int
    published_ms: int
    iri: str
    entity: str
    summary: Summary


@dataclass(frozen=True, slots=True)
class Tally:
    """Events of one source with one outcome, since the log began."""

    source: str
    outcome: str
    events: int


@dataclass(frozen=True, slots=True)
class SilentWriter:
    """A writer whose lease ran out without a sign of life.

    Attributes:
        name: which process on which machine.
        since: when the lease ran out, aware UTC, by the store's clock.
        silent_seconds: seconds since then.
    """

    name: str
    since: datetime
    silent_seconds: float
