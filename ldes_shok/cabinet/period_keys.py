"""Keys that last one calendar period. After the end of a key, what it made reveals nothing.

The key of a period makes three things: the pseudonyms of persons, the digests by which the log
names received bytes, and the encryption of these bytes. So these end together. Each has its own key
(`key_for`), from which the others cannot be computed.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, Protocol

KEY_BYTES: Final = 32


class KeyPeriod(StrEnum):
    """How long one key is used, by the calendar in UTC."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"

    def name_of(self, at: datetime) -> str:
        """The period that holds an aware UTC instant: `2026-05-12`, `2026-05` or `2026`."""
        return at.date().isoformat()[: _LENGTHS[self]]

    def moved(self, name: str, periods: int) -> str:
        """The period that comes `periods` after `name`, or before it if negative.

        Raises:
            ValueError: `name` is no period, or there is no such year.
        """
        match self:
            case KeyPeriod.DAY:
                day = datetime.strptime(name, "%Y-%m-%d").toordinal() + periods  # noqa: DTZ007  a day, no instant
                return datetime.fromordinal(day).date().isoformat()
            case KeyPeriod.MONTH:
                year, month = divmod(int(name[:4]) * 12 + int(name[5:]) - 1 + periods, 12)
                return f"{datetime(year, month + 1, 1):%Y-%m}"  # noqa: DTZ001  a month, no instant
            case KeyPeriod.YEAR:
                return f"{int(name) + periods:04d}"

    @staticmethod
    def kind_of(name: str) -> KeyPeriod:
        """The length of the period `name`.

        Raises:
            ValueError: `name` is no period.
        """
        kind = next((kind for kind, length in _LENGTHS.items() if length == len(name)), None)
        if kind is None:
            raise ValueError(f"{name} is no period")
        return kind

    @staticmethod
    def begin(name: str) -> datetime:
        """The begin of a period, UTC.

        Raises:
            ValueError: `name` is no period.
        """
        return datetime.fromisoformat(f"{name}{'-01-01'[: 10 - len(name)]}").replace(tzinfo=UTC)


_LENGTHS: Final = {KeyPeriod.DAY: 10, KeyPeriod.MONTH: 7, KeyPeriod.YEAR: 4}


class PeriodKeys(Protocol):
    """One random key for each period, made at its first use."""

    def key(self, period: str, received_in: str) -> bytes:
        """The period's key, `KEY_BYTES` long; that of `received_in` if that key is not kept.

        Raises:
            PseudonymKeyUnavailable: it cannot be read or made.
        """
        ...

    def present(self) -> Sequence[bytes]:
        """All keys that exist; makes none.

        Raises:
            PseudonymKeyUnavailable: they cannot be read.
        """
        ...


def key_for(purpose: str, key: bytes) -> bytes:
    """The key for one purpose, made from a period's key: HMAC-SHA-256 as in HKDF (RFC 5869, 2.3).

    The input of a pseudonym always contains a control character, and no purpose contains one.
    """
    return hmac.digest(key, purpose.encode(), "sha256")
