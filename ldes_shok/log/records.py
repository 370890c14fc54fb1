"""What is written to the log and read from it, as values."""

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

    `identity` is what it is recognised by: 16 bytes (`ldes_shok.cabinet.identity`). `source` is the
    way it came in (`ldes_shok.cabinet.incoming.Origin`): the payload says nothing about it.
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
"""The reason of what was rejected once its bytes are deleted: a reason may quote them."""


SEALED_REASON: Final = ""
"""The reason of what was rejected while it stands in its payload, sealed with the bytes."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """Bytes that were not a canonical event, kept for whoever must find out why.

    `payload` holds them and the reason (`ldes_shok.pipeline.vault`), until they are forgotten.
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

    The page is `prefix`, the members' blocks, `suffix`; `digest` is its SHA-256, empty for a
    leaf that is not archived yet.
    """

    stream: str
    path: str
    form: Form
    prefix: bytes
    suffix: bytes
    digest: bytes


@dataclass(frozen=True, slots=True)
class PolicyRecord:
    """The rules that hold from a position on, so that a rebuild can repeat them.

    Attributes:
        from_position: of the first member that they hold for.
        leaf_members: see `ldes_shok.fragmentation.tree.Policy`, and so are the next two.
        bucket_leaves: likewise.
        sparse_month_members: likewise.
        versions_per_millisecond: how many versions of one thing may share their publication time;
            0 is any number, as it was in logs of before that.
    """

    from_position: int
    leaf_members: int
    bucket_leaves: int
    sparse_month_members: int
    versions_per_millisecond: int = 0


@dataclass(frozen=True, slots=True)
class StreamRecord:
    """Where a stream stands.

    Attributes:
        name: the stream.
        members: how many it holds; the last position follows from it.
        last_ms: publication time of the newest member, or the time up to which nodes were
            sealed: nothing may be published before it.
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

    An empty value is none: committed, it forgets the subject.
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
    """What is stored of a sealed leaf instead of its members one by one.

    `first_position` and `members` are the leaf's own; `packed` is what `LogReader.packed` made of
    its members, so that the writer's thread need not.
    """

    stream: str
    path: str
    first_position: int
    members: int
    pages: tuple[ArchivedPage, ...]
    packed: bytes


@dataclass(frozen=True, slots=True)
class Commit:
    """Everything of one batch: all of it is stored, or nothing.

    `released` are ids of quarantined events that are published now; `requarantined` replaces
    the reason of events that were tried again in vain. `counters` adds to the tallies of
    (source, outcome). Of `raws`, those of a source and digest that is there already are passed
    over.
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
    """A writer that was not heard of when it should have been.

    Attributes:
        name: which process on which machine.
        since: when it should have been, aware UTC, by the store's clock.
        silent_seconds: for how long since then.
    """

    name: str
    since: datetime
    silent_seconds: float
