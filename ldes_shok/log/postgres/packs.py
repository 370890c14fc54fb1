"""Packs: a run of members, or the events of one commit, as one compressed value.

Neighbours say nearly the same, so together they take a fraction of what they take apart; and the
server is given one row where it would be given hundreds, which is what costs it time.
The codec's own checksum finds a flipped bit, the numbers inside find a pack in the wrong place.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

import msgspec
import zstandard

from ldes_shok.errors import LogUnavailable
from ldes_shok.ldes.member import FIRST_POSITION, Member, Summary
from ldes_shok.log.records import EventRecord, MemberRow

LARGEST_PACK: Final = 1_000
"""Most members in one pack: how far back a search for the pack of a position must look."""

_LEVEL: Final = 3


class PackedMember(msgspec.Struct, frozen=True, array_like=True):
    """A member in a pack; IRIs without the public base.

    `entity` is empty when it is the IRI up to its last slash.
    """

    template_id: int
    values: tuple[str, ...]
    iri: str
    entity: str
    published_ms: int
    event_id: int
    summary: tuple[str, str, str, str]


class _MemberPack(msgspec.Struct, frozen=True, array_like=True):
    stream_id: int
    first_number: int
    members: tuple[PackedMember, ...]


class _PackedEvent(msgspec.Struct, frozen=True, array_like=True):
    """An event in a pack; `raw_digest` is empty when it is the payload's SHA-256."""

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


class _EventPack(msgspec.Struct, frozen=True, array_like=True):
    first_id: int
    events: tuple[_PackedEvent, ...]


def pack_member(member: Member, event_id: int, template_id: int, prefix: str) -> PackedMember:
    """A member as it stands in a pack; `prefix` is the base that its IRIs are kept without."""
    iri, entity = member.iri.removeprefix(prefix), member.entity.removeprefix(prefix)
    summary = member.summary
    return PackedMember(
        template_id,
        member.values,
        iri,
        "" if entity == iri.rpartition("/")[0] else entity,
        member.stamp.published_ms,
        event_id,
        (summary.kind, summary.subject, summary.value, summary.observed_at),
    )


def member_row(packed: PackedMember, stream: str, number: int, prefix: str) -> MemberRow:
    """The member without its texts; the inverse of `pack_member` as far as it goes."""
    return MemberRow(
        stream,
        FIRST_POSITION + number,
        packed.published_ms,
        prefix + packed.iri,
        prefix + (packed.entity or packed.iri.rpartition("/")[0]),
        Summary(*packed.summary),
    )


def encode_members(stream_id: int, first_number: int, members: Sequence[PackedMember]) -> bytes:
    """A run of members that begins at `first_number`."""
    return _compress(msgspec.msgpack.encode(_MemberPack(stream_id, first_number, tuple(members))))


def decode_members(stream_id: int, first_number: int, body: bytes) -> tuple[PackedMember, ...]:
    """The inverse of `encode_members`.

    Raises:
        LogUnavailable: the pack is damaged, or another one.
    """
    where = f"the members from {FIRST_POSITION + first_number} on"
    try:
        pack = msgspec.msgpack.decode(_decompress(body), type=_MemberPack)
    except (zstandard.ZstdError, msgspec.DecodeError) as error:
        raise LogUnavailable(f"{where} are damaged: {error}") from error
    if (pack.stream_id, pack.first_number) != (stream_id, first_number):
        raise LogUnavailable(f"{where} are damaged: they stand in another one's place")
    return pack.members


def encode_events(events: Sequence[EventRecord]) -> bytes:
    """Events whose ids follow each other."""
    packed = (
        _PackedEvent(
            e.tenant, e.key, e.digest, e.identity, e.kind, e.source, e.cabinet, e.received_ms,
            e.payload, b"" if _sha256(e.payload) == e.raw_digest else e.raw_digest,
        )
        for e in events
    )  # fmt: skip
    return _compress(msgspec.msgpack.encode(_EventPack(events[0].id, tuple(packed))))


def decode_events(first_id: int, body: bytes) -> list[EventRecord]:
    """The events of a pack, in order, each as if it were not in quarantine.

    Raises:
        LogUnavailable: the pack is damaged, or another one.
    """
    where = f"the events from {first_id} on"
    try:
        pack = msgspec.msgpack.decode(_decompress(body), type=_EventPack)
    except (zstandard.ZstdError, msgspec.DecodeError) as error:
        raise LogUnavailable(f"{where} are damaged: {error}") from error
    if pack.first_id != first_id:
        raise LogUnavailable(f"{where} are damaged: they stand in another one's place")
    return [
        EventRecord(
            event_id, e.tenant, e.key, e.digest, e.identity, e.kind, e.source, e.cabinet,
            e.received_ms, e.payload, e.raw_digest or _sha256(e.payload), None,
        )
        for event_id, e in enumerate(pack.events, first_id)
    ]  # fmt: skip


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def _compress(data: bytes) -> bytes:
    # A compressor is cheap to make and must not be shared by threads.
    return zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True).compress(data)


def _decompress(body: bytes) -> bytes:
    return zstandard.ZstdDecompressor().decompress(body)
