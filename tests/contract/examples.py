"""Members and events to be kept, and the commits that hold them."""

from __future__ import annotations

import hashlib

from ldes_shok.ldes.member import FIRST_POSITION, Member, Stamp, Summary
from ldes_shok.ldes.node import ROOT, Node, NodeKind
from ldes_shok.log.records import Commit, EventRecord, MemberRecord, Quarantine, StreamRecord
from tests.support.templates import verbatim

BASE = "http://shok.test"
WAITS = Quarantine("unknown_cabinet", "cabinet VBS-001 was never configured")
REFUSED = Quarantine("shape_violation", "a sentence", "kasten", "# a report\n")
ENTITY = f"{BASE}/id/kast/t/VBS-001"
NODE = Node("2026", ROOT, NodeKind.INTERIOR, 10, 99, FIRST_POSITION, 1, 10, 0, True, False)


def an_event(
    number: int, quarantine: Quarantine | None = None, cabinet: str = "VBS-001", tenant: str = "t"
) -> EventRecord:
    """An event of a tenant's cabinet."""
    payload = b'{"n":%d}' % number
    return EventRecord(
        number, tenant, f"s:{number}", bytes([number]) * 32, bytes([number]) * 16, "status",
        "http:t:push", cabinet, 1_000 + number, payload, hashlib.sha256(payload).digest(),
        quarantine,
    )  # fmt: skip


def a_member(
    number: int,
    stream: str = "kasten",
    entity: str = ENTITY,
    at: str = "2026-05-12T12:00:00Z",
    published_ms: int = 10,
) -> MemberRecord:
    """The n-th member of a stream, a version of `entity`."""
    name = f"{stream}-{number}"
    member = Member(
        stream, f"{entity}/{name}", entity, Stamp(FIRST_POSITION + number, published_ms),
        Summary("Kast", "VBS-001", "défect, “x”", at), verbatim(),
        (f"ttl {name}", f"nt {name}", f"json {name}"),
    )  # fmt: skip
    return MemberRecord(member, 1)


def streams_of(*members: MemberRecord) -> tuple[StreamRecord, ...]:
    """Where the streams stand after these members."""
    counts: dict[str, StreamRecord] = {}
    for record in members:
        name = record.member.stream
        place = record.member.stamp.position - FIRST_POSITION + 1
        counts[name] = StreamRecord(name, place, record.member.stamp.published_ms, 1)
    return tuple(counts.values())


def publish(*members: MemberRecord) -> Commit:
    """A commit of nothing but members."""
    return Commit(members=members, streams=streams_of(*members))
