"""What an older version kept readable, or named by digests without a key, brought under keys.

Asked for once, by the first writer after an upgrade. It may be cut off at any point: what is under
keys already stays as it is, so it is begun again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

import structlog

from ldes_shok.log.records import MemoryRecord, RawRecord, Rejection

UNKEYED: Final = "unkeyed"
"""In `meta` while a log holds something of before."""

AT_ONCE: Final = 1_000
"""Rows of one transaction."""


class Rekeying(Protocol):
    """How each kind of row is said under keys; what is so already comes back as it is."""

    def event(self, payload: bytes, received_ms: int) -> bytes:
        """The payload of an event."""
        ...

    def raw(self, raw: RawRecord) -> RawRecord | None:
        """Raw bytes; None if they are to be deleted, because nobody can read them."""
        ...

    def rejection(self, rejection: Rejection) -> Rejection:
        """What was rejected."""
        ...

    def memory(self, memory: MemoryRecord) -> MemoryRecord:
        """What a decoder remembers."""
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
    """Say that what was written over may still be found on the disk; the next start tries again."""
    structlog.get_logger("ldes_shok.log").error(
        "not_written_anew",
        reason=reason,
        advice="digests of before may be left in what is free: make room, and start again",
    )
