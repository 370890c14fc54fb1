"""Brings under keys what an older version kept readable, or named by digests without a key.

The first writer after an upgrade does this once. It may stop at any point and begin again: rows
that are under keys stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

import structlog

from ldes_shok.log.records import MemoryRecord, RawRecord, Rejection

UNKEYED: Final = "unkeyed"
"""The name in `meta` that marks a log with rows of an older version."""

AT_ONCE: Final = 1_000
"""Rows of one transaction."""


class Rekeying(Protocol):
    """Converts each kind of row to its form under keys. A converted row comes back unchanged."""

    def event(self, payload: bytes, received_ms: int) -> bytes:
        """The payload of an event."""
        ...

    def raw(self, raw: RawRecord) -> RawRecord | None:
        """Raw bytes; None if they must be deleted, because no key can open them."""
        ...

    def rejection(self, rejection: Rejection) -> Rejection:
        """A rejection."""
        ...

    def memory(self, memory: MemoryRecord) -> MemoryRecord:
        """A memory of a decoder."""
        ...


@dataclass(frozen=True, slots=True)
class Rekeyed:
    """How many rows were changed."""

    events: int = 0
    raws: int = 0
    deleted_raws: int = 0
    rejections: int = 0
    memories: int = 0


def not_written_anew(reason: str) -> None:
    """Log that overwritten data may still be on the disk; the next start tries again."""
    structlog.get_logger("ldes_shok.log").error(
        "not_written_anew",
        reason=reason,
        advice="digests of before may be left in what is free: make room, and start again",
    )
