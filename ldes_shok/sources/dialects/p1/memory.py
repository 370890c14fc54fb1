"""The memory of a P1 source between two telegrams of a cabinet.

A telegram comes every second and mostly repeats known values. So the memory holds what was
published, and from which telegram. If that telegram comes again, it gives the same events, and the
log recognises them. Every other telegram gives none of these events.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from decimal import Decimal
from typing import Final, Protocol

import msgspec

from ldes_shok.sources.common import memory
from ldes_shok.sources.dialects.p1.telegram import MAX_TELEGRAM_BYTES

_PIECES: Final = 5
"""The position of the pieces in a memory."""
_MOST_ENTRIES: Final = 128
"""More than the peaks of a year and of a month that keeps rising, or a day of quarter hours."""


class Ledger(msgspec.Struct, frozen=True, array_like=True):
    """The reported items, each with the time of its telegram, oldest entry first.

    A dropped entry only causes a duplicate: the log has the event.
    """

    entries: tuple[tuple[str, int], ...] = ()

    def due(self, what: str, at: int) -> bool:
        """Whether the telegram of `at` (seconds since 1970) is the one that reports the item."""
        return dict(self.entries).get(what, at) == at

    def noted(self, what: str, at: int) -> Ledger:
        """The ledger after the telegram of `at` reported it."""
        if any(entry[0] == what for entry in self.entries):
            return self
        return Ledger((*self.entries, (what, at))[-_MOST_ENTRIES:])


class Registers(msgspec.Struct, frozen=True, array_like=True):
    """The registers of a meter's tariffs, kWh, as of one telegram."""

    meter: str
    at: int
    imports: tuple[Decimal, ...]
    exports: tuple[Decimal, ...]


class Pieces(msgspec.Struct, frozen=True, array_like=True):
    """The pieces of a telegram that the transport cut in two.

    Attributes:
        rest: the beginning that waits for its end.
        before: the beginning that waited when the last piece came.
        last: the last piece, so that it is joined to the same beginning when it comes again.
    """

    rest: bytes = b""
    before: bytes = b""
    last: bytes = b""

    def joined(self, payload: bytes) -> bytes:
        """A payload behind the beginning that it belongs to."""
        return (self.before if _digest(payload) == self.last else self.rest) + payload

    def after(self, payload: bytes, rest: bytes) -> Pieces:
        """The pieces after `payload` was read, with its remainder `rest`."""
        if _digest(payload) == self.last:
            return self
        if not rest and not self.rest:
            return Pieces()
        return Pieces(rest[:MAX_TELEGRAM_BYTES], self.rest, _digest(payload))


class Sealing(Protocol):
    """Seals parts of a message in a memory, under the key of the period of receipt."""

    def seal_part(self, part: bytes, received_at: datetime) -> bytes:
        """The sealed form of a part.

        Raises:
            PseudonymKeyUnavailable: there is no key; then the part may not be stored.
        """
        ...

    def unseal_part(self, sealed: bytes) -> bytes | None:
        """The part of a sealed text; None if it can no longer be opened."""
        ...


class NothingKept(Sealing):
    """Keeps no part: a telegram that comes in two pieces is lost."""

    def seal_part(self, part: bytes, received_at: datetime) -> bytes:  # noqa: ARG002  a Sealing
        """Nothing."""
        return b""

    def unseal_part(self, sealed: bytes) -> bytes | None:  # noqa: ARG002  a Sealing
        """Nothing."""
        return None


class P1Memory(msgspec.Struct, frozen=True, array_like=True):
    """The whole memory.

    Attributes:
        published: the steps of the grid that have their readings.
        closed: the quarter hours that have their last demand.
        reported: peaks, states of the breaker and refused parts.
        breaker: the last state of the breaker and when it was reported, seconds since 1970.
        registers: of the last published readings.
        pieces: of an incomplete telegram, sealed; empty if there are none.
        ahead: seconds since 1970: the latest published time while the meter's clock was ahead; None
            if it is not.
    """

    published: Ledger = Ledger()
    closed: Ledger = Ledger()
    reported: Ledger = Ledger()
    breaker: tuple[str, int] | None = None
    registers: Registers | None = None
    pieces: bytes = b""
    ahead: int | None = None


_DECODER: Final = msgspec.msgpack.Decoder(P1Memory)


def recalled(stored: bytes) -> P1Memory:
    """The stored memory; an empty one if there is none, or if its form is unknown."""
    return memory.recalled(stored, _DECODER, P1Memory())


def remembered(known: P1Memory) -> bytes:
    """The memory as bytes for `recalled`; empty for an empty memory."""
    return b"" if known == P1Memory() else msgspec.msgpack.encode(known)


def opened(sealed: bytes, sealing: Sealing) -> Pieces:
    """The pieces of an incomplete telegram; none if they can no longer be opened."""
    plain = sealing.unseal_part(sealed) if sealed else None
    return Pieces() if plain is None else msgspec.msgpack.decode(plain, type=Pieces)


def closed(pieces: Pieces, sealing: Sealing, received_at: datetime) -> bytes:
    """The sealed form of pieces, for the memory.

    Raises:
        PseudonymKeyUnavailable: there is no key to seal them with.
    """
    if pieces == Pieces():
        return b""
    return sealing.seal_part(msgspec.msgpack.encode(pieces), received_at)


def without_pieces(stored: bytes) -> bytes:
    """The memory without pieces that an older version stored unsealed."""
    try:
        fields = msgspec.msgpack.decode(stored, type=list[msgspec.Raw])
    except msgspec.DecodeError:
        return b""
    if len(fields) > _PIECES and not isinstance(msgspec.msgpack.decode(fields[_PIECES]), bytes):
        fields[_PIECES] = msgspec.Raw(msgspec.msgpack.encode(b""))
    return msgspec.msgpack.encode(fields)


def slipped(before: Registers | None, now: Registers) -> bool:
    """Whether a tariff in `now` has the register of another tariff.

    That happens when a reader device counts the columns wrong: a tariff gets a value that was never
    its own, and the next telegram is right again. A register that falls for another reason (a
    reset, a new meter) is not judged here.
    """
    if before is None or before.meter != now.meter or now.at <= before.at:
        return False
    return _mixed(before.imports, now.imports) or _mixed(before.exports, now.exports)


def _mixed(before: tuple[Decimal, ...], now: tuple[Decimal, ...]) -> bool:
    if len(before) != 2 or len(now) != 2:
        return False
    if now[0] == now[1] > 0 and before[0] != before[1]:
        return True
    falls = (
        now[mine] < before[mine] and now[mine] >= before[other] > 0
        for mine, other in ((0, 1), (1, 0))
    )
    return any(falls)


def _digest(payload: bytes) -> bytes:
    return hashlib.sha256(payload).digest()[:16]
