"""How many users there are: sets of sockets, joined by every name that names more than one. Pure.

The same person is a card in a session, a holder in a reservation, another card the next time (an
app may give a new token each session), and nobody at all between two sessions. Whoever counts
names counts one person several times. So the sockets are counted, and names only make them fewer:
two sockets are one user's if a session, a card, a holder or a reservation names both, also by way
of a third socket. Six tokens at one socket are one user; an organiser on twelve sockets is one. A
reservation of a whole cabinet names all its sockets. Where nothing is known, a socket is a user.

Names join for a whole local day: whatever holds for some of it. When a key of pseudonyms ends
within that day, the same card has two names, and nothing tells which two are one. So what is used
under names of one key period is counted by itself, and the larger count holds (`least_users`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from ldes_shok.cabinet.period_keys import KeyPeriod
from ldes_shok.derive.claims import Claims, OutletClaim, is_reservation
from ldes_shok.derive.disclosure import PERIOD_END
from ldes_shok.derive.quarters import to_datetime

_NAME: Final = "~"
"""Before a name, so that it is no socket; it sorts behind them, so that a socket stands for all."""


class Users:
    """The users of one city on one day."""

    def __init__(
        self, claims: Mapping[str, Claims], start_us: int, end_us: int, period: KeyPeriod
    ) -> None:
        """Join the sockets that one name names.

        Args:
            claims: what is known of each cabinet of the city.
            start_us: when the day begins, microseconds since 1970.
            end_us: when it is over.
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
        """Who counts as the user of something.

        Args:
            cabinet: which.
            outlet: of it.
            since_us: when whoever used it came: the key of that time names him.
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
        # The smaller one stands for both, so that the order of claims changes nothing.
        first, second = sorted((self._root(one), self._root(other)))
        if first != second:
            self._same[second] = first


def _names(cabinet: str, claim: OutletClaim) -> Iterator[str]:
    """All that names the socket of a claim, and may name others.

    A reservation has one identifier in the whole city. A session has it at its cabinet: stations
    that count their transactions all begin with 1.
    """
    yield f"{_NAME}{claim.id}" if is_reservation(claim) else f"{_NAME}{cabinet}/{claim.id}"
    if claim.user:
        yield f"{_NAME}{claim.user}"
    if claim.via:
        yield f"{_NAME}{claim.via}"
