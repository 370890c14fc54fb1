"""Pseudonyms of users and holders, `p1:` and 26 characters: never the card or the name itself.

A plain hash of a card number does not protect it: there are so few numbers that all can be tried.
So a pseudonym is HMAC-SHA-256 (RFC 2104) with a random key, another one each period. Within a
period a card has one pseudonym, so that its sessions can be counted. Nothing links two periods.
Once a period's key is destroyed, nobody can find the card of a pseudonym, and neither can this
service. The published pseudonym stays, but has no meaning any more.

Pseudonyms are personal data as long as the key exists: they belong in restricted streams only.
"""

from __future__ import annotations

import hmac
from datetime import datetime
from typing import Final, Protocol

from ldes_shok.cabinet.base32 import encode_130_bits
from ldes_shok.cabinet.period_keys import KeyPeriod, PeriodKeys

PREFIX: Final = "p1:"
_SEPARATOR: Final = "\x1f"
"""The 130 bits of a pseudonym, in whole bytes."""


class Pseudonymiser(Protocol):
    """Replaces a person's identifier by a pseudonym."""

    def __call__(self, identifier: str, at: datetime, received_at: datetime) -> str:
        """The pseudonym of `identifier`, `p1:` and 26 characters.

        Args:
            identifier: a card, an app's user or a holder's name, as the controller sends it.
            at: when it was used, aware UTC; the key of its period is used.
            received_at: when the service received it, aware UTC; the key of its period is used if
                that of `at` is not kept. So the same bytes give the same pseudonym when they are
                decoded again.

        Raises:
            PseudonymKeyUnavailable: the key cannot be read or made; the person must not be named.
        """
        ...


class KeyedPseudonyms:
    """The `Pseudonymiser` of one city: two cities never share a pseudonym for a card."""

    def __init__(self, keys: PeriodKeys, period: KeyPeriod, tenant: str) -> None:
        self._keys = keys
        self._period = period
        self._tenant = tenant

    def __call__(self, identifier: str, at: datetime, received_at: datetime) -> str:
        """The pseudonym of `identifier` in the period that holds `at`.

        Raises:
            PseudonymKeyUnavailable: the key cannot be read or made.
        """
        name = self._period.name_of(at)
        message = _SEPARATOR.join((self._tenant, name, identifier)).encode("utf-8", "surrogatepass")
        key = self._keys.key(name, self._period.name_of(received_at))
        return PREFIX + encode_130_bits(hmac.digest(key, message, "sha256"))
