"""Who used a socket or reserved it, as `p1:` and 26 characters: never the card or the name itself.

A plain hash of a card number is no protection: there are so few numbers that all of them can be
tried. So it is HMAC-SHA-256 (RFC 2104) with a random key, another one each period. Within a period
the same card is the same pseudonym, so that its sessions can be counted; from one period to the
next nothing links them; and once a period's key is destroyed, nobody, this service included, can
tell which card a pseudonym stood for. What is published stays, and says nothing any more.

Pseudonyms are personal data as long as the key is there: they belong in restricted streams only.
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
    """Says a person's identifier without giving it away."""

    def __call__(self, identifier: str, at: datetime, received_at: datetime) -> str:
        """The pseudonym of `identifier`, `p1:` and 26 characters.

        Args:
            identifier: a card, an app's user, a holder's name: whatever the controller says.
            at: when it was used, aware UTC; its period's key is taken.
            received_at: when we were told, aware UTC; the key of that period is taken where that
                of `at` is not kept, so that the same bytes give the same pseudonym when they are
                decoded again.

        Raises:
            PseudonymKeyUnavailable: the key cannot be read or made; nothing may be said then.
        """
        ...


class KeyedPseudonyms:
    """The `Pseudonymiser` of one city: two cities never have the same pseudonym for a card."""

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
