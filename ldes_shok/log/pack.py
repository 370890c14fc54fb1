"""Packs: some hundred members of a stream as one row of a store.

A store that writes a row for every member spends most of its time on rows. The members of one leaf
are nearly the same, so together they take a tenth of their bytes. A store therefore keeps packs:
first the members of a commit, later the members of a sealed leaf.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Final

import msgspec
import zstandard

from ldes_shok.errors import LogDamaged
from ldes_shok.ldes.member import Member, Summary

MAX_MEMBERS: Final = 256
"""Reading one member decodes a whole pack. This bounds the cost (0.3 ms)."""

_LEVEL: Final = 1
"""0.8 us a member for a ninth of the bytes; level 6 takes eight times as long for a 15th less."""

_PLAIN: Final = b"\0"
_ZSTD: Final = b"\1"
_WORTH_COMPRESSING_BYTES: Final = 512


class PackedMember(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A member as it stands in a pack.

    Attributes:
        template_id: the store's number of its template.
        values: what fills the template's gaps.
        published_ms: publication time, milliseconds since 1970.
        event_id: the event it came from.
        iri: without the public base.
        entity: without the public base; empty when it is the IRI without its last segment.
        kind, subject, value, observed_at: the summary.
    """

    template_id: int
    values: tuple[str, ...]
    published_ms: int
    event_id: int
    iri: str
    entity: str
    kind: str
    subject: str
    value: str
    observed_at: str

    @property
    def entity_iri(self) -> str:
        """The entity, without the public base."""
        return self.entity or self.iri.rpartition("/")[0]

    @property
    def summary(self) -> Summary:
        """The summary that a person reads."""
        return Summary(self.kind, self.subject, self.value, self.observed_at)


_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(list[PackedMember])


def packed(member: Member, template_id: int, event_id: int, base: str) -> PackedMember:
    """A member for a pack. `base` is removed from its IRIs."""
    iri, entity = member.iri.removeprefix(base), member.entity.removeprefix(base)
    summary = member.summary
    return PackedMember(
        template_id,
        member.values,
        member.stamp.published_ms,
        event_id,
        iri,
        "" if iri.rpartition("/")[0] == entity else entity,
        summary.kind,
        summary.subject,
        summary.value,
        summary.observed_at,
    )


def encode_pack(members: Sequence[PackedMember]) -> bytes:
    """Members as one body."""
    body = _ENCODER.encode(members)
    if len(body) < _WORTH_COMPRESSING_BYTES:
        return _PLAIN + body
    return _ZSTD + zstandard.ZstdCompressor(_LEVEL).compress(body)


def decode_pack(first_id: int, members: int, checksum: int, body: bytes) -> list[PackedMember]:
    """The inverse of `encode_pack`.

    Raises:
        LogDamaged: these are not the bytes that were stored.
    """
    if pack_checksum(first_id, members, body) != checksum:
        raise LogDamaged(f"the log is damaged: members {first_id} to {first_id + members - 1}")
    data = body[1:]
    if body[:1] == _ZSTD:
        data = zstandard.ZstdDecompressor().decompress(data)
    return _DECODER.decode(data)


def pack_checksum(first_id: int, members: int, body: bytes) -> int:
    """CRC-32 of all values of a pack's row."""
    return zlib.crc32(body, zlib.crc32(f"{first_id} {members}".encode()))
