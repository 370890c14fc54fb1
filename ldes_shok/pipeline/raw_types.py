"""What the commands say of the raw archive, as values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class RawRow:
    """A message that is still kept.

    Attributes:
        digest: keyed, hexadecimal: it stands in the `raw` of the events that were made of it.
        source: who sent it.
        received_at: when the service received it, aware UTC.
        kept_bytes: what it takes in the log.
    """

    digest: str
    source: str
    received_at: datetime
    kept_bytes: int


@dataclass(frozen=True, slots=True)
class RawDetail:
    """A message as it came, with what the transport knew of it."""

    row: RawRow
    attributes: tuple[tuple[str, str], ...]
    payload: bytes
