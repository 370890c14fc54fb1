"""What is remembered of a meter from one reading to the next."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Final

import msgspec

from ldes_shok.sources.common import memory

_NAMESPACE: Final = "registers/"


class ReadingWindow(msgspec.Struct, frozen=True, array_like=True):
    """Some readings in a row: how far the register moves, and how far its power says it should.

    Attributes:
        register_wh: of the first of them.
        at: of the last one, aware UTC.
        watts: of the last one.
        expected_wh: the power of all of them over time.
    """

    register_wh: float
    at: datetime
    watts: float
    expected_wh: float = 0.0


class Span(msgspec.Struct, frozen=True, array_like=True):
    """Readings from `since` up to `until` (None: still) are in the wrong unit; aware UTC."""

    since: datetime
    until: datetime | None = None

    def holds(self, at: datetime) -> bool:
        """Whether a reading of this instant is one of them."""
        return self.since <= at and (self.until is None or at < self.until)


class Ratio(msgspec.Struct, frozen=True, array_like=True):
    """What is known of the unit of a register.

    Attributes:
        after: only later readings count, aware UTC; None: all do.
        window: None until power flows.
        evidence: how many windows in a row said that the unit is wrong.
        spans: when it was, oldest first.
    """

    after: datetime | None = None
    window: ReadingWindow | None = None
    evidence: int = 0
    spans: tuple[Span, ...] = ()


class Night(msgspec.Struct, frozen=True, array_like=True):
    """The night in which an hour comes twice, as far as its readings have come.

    Attributes:
        day: the day in UTC, `2026-10-25`.
        latest: of the readings taken for those of the first hour, aware UTC.
        highest_wh: the register of those.
        lowest_wh: the register of those of the second hour; None while there are none.
    """

    day: str
    latest: datetime
    highest_wh: Decimal
    lowest_wh: Decimal | None = None


class MeterMemory(msgspec.Struct, frozen=True, array_like=True):
    """All that is remembered of a meter."""

    ratio: Ratio = Ratio()
    night: Night | None = None


_DECODER: Final = msgspec.msgpack.Decoder(MeterMemory)


def subject_of(cabinet: str, outlet: str | None, meter: str) -> str:
    """Whose memory it is; no decoder names its subjects so."""
    return f"{_NAMESPACE}{cabinet}/{outlet or ''}/{meter}"


def recalled(stored: bytes) -> MeterMemory:
    """What was stored; nothing if there is none, or of a form that this version does not know."""
    return memory.recalled(stored, _DECODER, MeterMemory())


def remembered(known: MeterMemory) -> bytes:
    """As bytes for `recalled`."""
    return msgspec.msgpack.encode(known)
