"""Rows of the tables `pack` and `event_pack`: rows written together are stored together."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec
import zstandard

from ldes_shok.errors import LogDamaged
from ldes_shok.ldes.member import FIRST_POSITION
from ldes_shok.log.pack import (
    PackedMember,
    decode_pack,
    encode_pack,
    pack_checksum,
)
from ldes_shok.log.postgres.connection import Select
from ldes_shok.log.postgres.rows import member_id
from ldes_shok.log.records import EventRecord, MemberRow

_EVENT_LEVEL: Final = 1

INSERT_PACK: Final = (
    "INSERT INTO pack (month, stream_id, first_number, members, body, checksum)"
    " VALUES (%s, %s, %s, %s, %b, %s)"
)

_OVERLAPPING: Final = (
    "SELECT month, stream_id, first_number, members, body, checksum FROM pack"
    " WHERE stream_id = %(stream)s AND first_number < %(end)s AND first_number >= coalesce("
    "  (SELECT first_number FROM pack WHERE stream_id = %(stream)s AND first_number <= %(start)s"
    "   ORDER BY first_number DESC LIMIT 1), %(start)s)"
    " AND first_number + members > %(start)s ORDER BY first_number"
)


class PostgresPackRow(NamedTuple):
    """A row of the table `pack`.

    Attributes:
        month: YYYYMM, the month in which all its members were published.
        stream_id: the stream of the members.
        first_number: of the first one: position - FIRST_POSITION.
        members: how many.
        body: as `ldes_shok.log.pack` writes it.
        checksum: of all values above but the month.
    """

    month: int
    stream_id: int
    first_number: int
    members: int
    body: bytes
    checksum: int

    @property
    def end_number(self) -> int:
        """The number after its last member."""
        return self.first_number + self.members

    def decode(self) -> list[PackedMember]:
        """Its members.

        Raises:
            LogDamaged: the row is not what was stored.
        """
        first_id = member_id(self.stream_id, self.first_number)
        return decode_pack(first_id, self.members, self.checksum, self.body)


def pack_row(
    month: int, stream_id: int, first_number: int, members: int, body: bytes
) -> PostgresPackRow:
    """A row with its checksum."""
    checksum = pack_checksum(member_id(stream_id, first_number), members, body)
    return PostgresPackRow(month, stream_id, first_number, members, body, checksum)


def live_pack(
    month: int, stream_id: int, first_number: int, members: Sequence[PackedMember]
) -> PostgresPackRow:
    """The row of a pack with the members of one commit."""
    body = encode_pack(members)
    return pack_row(month, stream_id, first_number, len(members), body)


def read_packs(select: Select, stream_id: int, start: int, end: int) -> list[PostgresPackRow]:
    """The packs that hold members with numbers in [start, end), ascending."""
    rows = select(_OVERLAPPING, {"stream": stream_id, "start": start, "end": end})
    return [PostgresPackRow(*row) for row in rows]


def member_row(packed: PackedMember, stream: str, number: int, prefix: str) -> MemberRow:
    """A member without its texts. `prefix` is the base that its stored IRIs leave out."""
    return MemberRow(
        stream,
        FIRST_POSITION + number,
        packed.published_ms,
        prefix + packed.iri,
        prefix + packed.entity_iri,
        packed.summary,
    )


_PackedEvent = tuple[str, str, bytes, bytes, str, str, str, int, bytes]
"""The fields of an `EventRecord` from `tenant` to `payload`, in its order."""


class _EventPack(msgspec.Struct, frozen=True, array_like=True, gc=False):
    first_id: int
    events: tuple[_PackedEvent, ...]


def encode_events(events: Sequence[EventRecord]) -> bytes:
    """Encode events whose ids follow each other. The codec adds its own checksum."""
    packed = (
        (
            e.tenant, e.key, e.digest, e.identity, e.kind, e.source, e.cabinet, e.received_ms,
            e.payload,
        )
        for e in events
    )  # fmt: skip
    body = msgspec.msgpack.encode(_EventPack(events[0].id, tuple(packed)))
    return zstandard.ZstdCompressor(level=_EVENT_LEVEL, write_checksum=True).compress(body)


def decode_events(first_id: int, body: bytes) -> list[EventRecord]:
    """The events of a pack, in order, each as if it were not in quarantine.

    Raises:
        LogDamaged: the body is not what was stored, or is another pack.
    """
    where = f"the log is damaged: the events from {first_id} on"
    try:
        data = zstandard.ZstdDecompressor().decompress(body)
        pack = msgspec.msgpack.decode(data, type=_EventPack)
    except (zstandard.ZstdError, msgspec.MsgspecError) as error:
        raise LogDamaged(f"{where}: {error}") from error
    if pack.first_id != first_id:
        raise LogDamaged(f"{where} are those from {pack.first_id} on")
    return [
        EventRecord(event_id, *packed, hashlib.sha256(packed[-1]).digest(), None)
        for event_id, packed in enumerate(pack.events, first_id)
    ]
