"""Counts users: groups of sockets that share a name. Pure.

The same person has a card in a session, a holder's name in a reservation, and another card the next
time (an app may give a new token each session). Between two sessions the person has no name. So a
count of names counts one person several times. Therefore sockets are counted, and names only reduce
their number. Two sockets belong to one user if a session, a card, a holder or a reservation names
both, also through a third socket. Six tokens at one socket are one user; an organiser on twelve
sockets is one. A reservation of a whole cabinet names all its sockets. A socket without any name is
one user.

Names join sockets for a whole local day, even if they hold only for a part of it. If a key of
pseudonyms ends within that day, the same card has two names, and nothing shows that they are one.
So the use under names of each key period is counted separately, and the larger count holds
(`least_users`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from ldes_shok.cabinet.period_keys import KeyPeriod
from ldes_shok.derive.claims import Claims, OutletClaim, is_reservation
from ldes_shok.derive.disclosure import PERIOD_END
from ldes_shok.derive.quarters import to_datetime

_NAME: Final = "~"
"""Stands before a name, to mark it as no socket. Names sort after sockets, so a socket is root."""


class Users:
    """The users of one city on one day."""

    def __init__(
        self, claims: Mapping[str, Claims], start_us: int, end_us: int, period: KeyPeriod
    ) -> None:
        """Join the sockets that share a name.

        Args:
            claims: the claims of each cabinet of the city.
            start_us: when the day begins, microseconds since 1970.
            end_us: when the day ends.
            period: how long a key of pseudonyms is used.
        """
        self._period = period
        self._same: dict[str, str] = {}
        within = {
            cabinet: [
                c for c in known.by_id.values() if c.start_us < end_us and start_us < c.end_us
            ]
            for cabinet, known in claims.items()
        }
        self._whole = frozenset(
            cabinet for cabinet, known in within.items() if any(not c.outlet for c in known)
        )
        for cabinet, known in within.items():
            for claim in known:
                for name in _names(cabinet, claim):
                    self._join(self._socket(cabinet, claim.outlet), name)

    def of(self, cabinet: str, outlet: str, since_us: int) -> str:
        """The name of the user of an outlet, with its key period.

        Args:
            cabinet: of the outlet.
            outlet: which one.
            since_us: when its user came: the key of that time makes the user's name.
        """
        period = self._period.name_of(to_datetime(since_us))
        return f"{period}{PERIOD_END}{self._root(self._socket(cabinet, outlet))}"

    def _socket(self, cabinet: str, outlet: str) -> str:
        return f"{cabinet}/" if cabinet in self._whole else f"{cabinet}/{outlet}"

    def _root(self, node: str) -> str:
        while (other := self._same.get(node, node)) != node:
            node = other
        return node

    def _join(self, one: str, other: str) -> None:
        # The smaller one becomes the root, so that the order of claims changes nothing.
        first, second = sorted((self._root(one), self._root(other)))
        if first != second:
            self._same[second] = first


def _names(cabinet: str, claim: OutletClaim) -> Iterator[str]:
    """All names that a claim gives its socket. They may name other sockets too.

    The identifier of a reservation is unique in the city. That of a session is unique at its
    cabinet only: stations that count their transactions all begin with 1.
    """
    yield f"{_NAME}{claim.id}" if is_reservation(claim) else f"{_NAME}{cabinet}/{claim.id}"
    if claim.user:
        yield f"{_NAME}{claim.user}"
    if claim.via:
        yield f"{_NAME}{claim.via}"
