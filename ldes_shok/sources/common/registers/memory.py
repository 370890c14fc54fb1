"""The memory of a meter between its readings."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Final

import msgspec

from ldes_shok.sources.common import memory

_NAMESPACE: Final = "registers/"


class ReadingWindow(msgspec.Struct, frozen=True, array_like=True):
    """Some readings in a row: how far the register moved, and how far it should by the power.

    Attributes:
        register_wh: of the first reading.
        at: of the last reading, aware UTC.
        watts: of the last reading.
        expected_wh: the power of all readings over time.
    """

    register_wh: float
    at: datetime
    watts: float
    expected_wh: float = 0.0


class Span(msgspec.Struct, frozen=True, array_like=True):
    """Readings from `since` up to `until` (None: still) have the wrong unit; aware UTC."""

    since: datetime
    until: datetime | None = None

    def holds(self, at: datetime) -> bool:
        """Whether a reading of this instant is in the span."""
        return self.since <= at and (self.until is None or at < self.until)


class Ratio(msgspec.Struct, frozen=True, array_like=True):
    """The evidence about the unit of a register.

    Attributes:
        after: only later readings count, aware UTC; None: all do.
        window: None until power flows.
        evidence: how many windows in a row showed a wrong unit.
        spans: when the unit was wrong, oldest first.
    """

    after: datetime | None = None
    window: ReadingWindow | None = None
    evidence: int = 0
    spans: tuple[Span, ...] = ()


class Night(msgspec.Struct, frozen=True, array_like=True):
    """The readings so far of the night in which an hour comes twice.

    Attributes:
        day: the day in UTC, `2026-10-25`.
        latest: the latest time of the readings of the first hour, aware UTC.
        highest_wh: the highest register of these.
        lowest_wh: the lowest register of the second hour; None without readings of it.
    """

    day: str
    latest: datetime
    highest_wh: Decimal
    lowest_wh: Decimal | None = None


class MeterMemory(msgspec.Struct, frozen=True, array_like=True):
    """The whole memory of a meter."""

    ratio: Ratio = Ratio()
    night: Night | None = None


_DECODER: Final = msgspec.msgpack.Decoder(MeterMemory)


def subject_of(cabinet: str, outlet: str | None, meter: str) -> str:
    """The subject of the memory; no decoder's subject has this form."""
    return f"{_NAMESPACE}{cabinet}/{outlet or ''}/{meter}"


def recalled(stored: bytes) -> MeterMemory:
    """The stored memory; empty if there is none, or if this version does not know its form."""
    return memory.recalled(stored, _DECODER, MeterMemory())


def remembered(known: MeterMemory) -> bytes:
    """The memory as bytes for `recalled`."""
    return msgspec.msgpack.encode(known)
