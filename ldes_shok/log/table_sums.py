"""Keyed sums of the rows of each table: they reveal a row that was changed, added or removed.

A row's digest is keyed BLAKE2b over its table and all its values. A table's sum is the sum of its
rows' digests. So a commit only adds and subtracts, however large the log is, and retention may
remove rows. Without the key it is impossible to change a row together with its digest, or to leave
a row out (MSet-Add-Hash: Clarke and others, ASIACRYPT 2003). The sum has 256 bits: with 128, an
attacker who saw millions of rows come and go could solve for others with the same sum (Wagner,
CRYPTO 2002).

CRC-32 stays beside it (`ldes_shok.log.checksum`), for readers, who have no key. It shows which row
is damaged.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Final, NamedTuple

import msgspec

_DIGEST_BYTES: Final = 32
_MODULUS: Final = 1 << 8 * _DIGEST_BYTES
_LOG_KEY: Final = b"ldes-shok log"
_ROW: Final = b"row"
_HEAD: Final = b"head"
_FINGERPRINT: Final = b"fingerprint"

WAY_OUT: Final = (
    "`ldes-shok fsck` says what else is; restore a backup, or make anew what can be made with "
    "`ldes-shok fsck --repair`"
)
"""What to do when the sums are wrong at the start."""

Value = int | bytes | str | None


class TableSum(NamedTuple):
    """How many rows a table has, and the sum of their digests."""

    rows: int
    digests: int

    def plus(self, other: TableSum) -> TableSum:
        """The sum of both."""
        return TableSum(self.rows + other.rows, (self.digests + other.digests) % _MODULUS)

    def minus(self, other: TableSum) -> TableSum:
        """This sum minus the other. A damaged table may have fewer than zero rows."""
        return TableSum(self.rows - other.rows, (self.digests - other.digests) % _MODULUS)


NOTHING: Final = TableSum(0, 0)

Sums = Mapping[str, TableSum]
"""By the name of the table; a table without rows may be missing."""


class RowDigests:
    """Digests under the key of one log."""

    def __init__(self, secret: bytes) -> None:
        """`secret` is the identity secret; the key derived from it serves only this purpose."""
        key = hashlib.blake2b(secret, digest_size=64, person=_LOG_KEY).digest()
        self._row = hashlib.blake2b(key=key, digest_size=_DIGEST_BYTES, person=_ROW)
        self._head = hashlib.blake2b(key=key, digest_size=_DIGEST_BYTES, person=_HEAD)
        self._fingerprint = hashlib.blake2b(key=key, digest_size=16, person=_FINGERPRINT)
        self._encode = msgspec.msgpack.Encoder().encode

    def row(self, *row: Value) -> int:
        """The digest of a row: the name of its table, then its values in the order of its columns.

        Raises:
            UnicodeEncodeError: a text is not Unicode.
        """
        state = self._row.copy()
        state.update(self._encode(row))
        return int.from_bytes(state.digest(), "big")

    def head(self, log_id: str, part: int, commits: int, sums: bytes) -> bytes:
        """The digest of the sums of a log after `commits` commits."""
        state = self._head.copy()
        state.update(self._encode((log_id, part, commits, sums)))
        return state.digest()

    def fingerprint(self, log_id: str) -> str:
        """A fingerprint that shows whether a log was written with this secret, and nothing else."""
        state = self._fingerprint.copy()
        state.update(log_id.encode())
        return state.hexdigest()


class Changes:
    """The rows that a transaction added and removed."""

    def __init__(self, digests: RowDigests) -> None:
        self._row = digests.row
        self._sums: dict[str, TableSum] = {}

    def added(self, table: str, *values: Value) -> None:
        """Record a new row."""
        rows, digests = self._sums.get(table, NOTHING)
        self._sums[table] = TableSum(rows + 1, digests + self._row(table, *values))

    def removed(self, table: str, *values: Value) -> None:
        """Record a removed row.

        If something else had changed the row before, its digest is not in the sum. Then the sum
        stays wrong from then on, as it must.
        """
        rows, digests = self._sums.get(table, NOTHING)
        self._sums[table] = TableSum(rows - 1, digests - self._row(table, *values))

    def take(self) -> Sums:
        """The sums of the changes so far; afterwards there are no changes."""
        sums, self._sums = self._sums, {}
        return sums


def added_up(sums: Sums, more: Sums) -> dict[str, TableSum]:
    """The sum of both, table by table."""
    whole = dict(sums)
    for table, table_sum in more.items():
        whole[table] = whole.get(table, NOTHING).plus(table_sum)
    return whole


def without(sums: Sums, others: Sums) -> dict[str, TableSum]:
    """`sums` minus `others`, table by table."""
    tables = sums.keys() | others.keys()
    return {t: sums.get(t, NOTHING).minus(others.get(t, NOTHING)) for t in tables}


def encode_sums(sums: Sums) -> bytes:
    """The canonical encoding of sums."""
    return msgspec.msgpack.encode(
        [
            (table, rows, digests.to_bytes(_DIGEST_BYTES, "big"))
            for table, (rows, digests) in sorted(sums.items())
            if rows or digests
        ]
    )


def decode_sums(encoded: bytes) -> dict[str, TableSum]:
    """The inverse of `encode_sums`.

    Raises:
        msgspec.MsgspecError: the bytes are not sums.
    """
    rows = msgspec.msgpack.decode(encoded, type=list[tuple[str, int, bytes]])
    return {table: TableSum(count, int.from_bytes(sum_, "big")) for table, count, sum_ in rows}


def is_same(one: bytes, other: bytes) -> bool:
    """Whether two digests are equal, in constant time."""
    return hmac.compare_digest(one, other)
