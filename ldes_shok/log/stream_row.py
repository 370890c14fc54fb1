"""The row of a stream's record: the same in both stores."""

from __future__ import annotations

from dataclasses import astuple
from typing import Final

import msgspec

from ldes_shok.log.records import PolicyRecord, StreamRecord

STREAM_COLUMNS: Final = "members, last_ms, ties, previous_members, policies"


def row_of_stream(stream: StreamRecord) -> tuple[int, int, int, str, str]:
    """A stream's record as STREAM_COLUMNS."""
    return (
        stream.members,
        stream.last_ms,
        stream.ties,
        msgspec.json.encode(dict(stream.previous_members)).decode(),
        msgspec.json.encode([astuple(policy) for policy in stream.policies]).decode(),
    )


def stream_of(
    name: str, members: int, last_ms: int, ties: int, previous: str, policies: str
) -> StreamRecord:
    """A stream's record from STREAM_COLUMNS."""
    return StreamRecord(
        name,
        members,
        last_ms,
        ties,
        msgspec.json.decode(previous, type=dict[int, int]),
        tuple(
            PolicyRecord(*values)
            for values in msgspec.json.decode(policies, type=list[tuple[int, ...]])
        ),
    )
