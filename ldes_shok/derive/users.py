"""How many users there are, when one person has several names. Pure.

The same person is a card in a session, a holder in a reservation, and nobody at all between two
sessions; and a session after the end of a pseudonym's period has another pseudonym. Counted apart,
two traders would be six users, and their sum would be published. So where two names may be one
person's, they are one user:

- who reserved an outlet, and whose session began there in that time or names that reservation;
- whose sessions follow each other at an outlet, and began on different days of UTC: periods of
  pseudonyms end with a day of UTC, and a day of Brussels has two of them;
- what is used at an outlet outside all sessions is of somebody who had a session there that day,
  or else of somebody who had reserved it for some of that day.

Where nobody is known, the outlet is the user. Who reserves a whole cabinet is another one than
those who use its outlets. And what is a card at one outlet and a holder at the next may be one
person whom nothing joins: so a user says of which kinds its names are, and kinds are not added up
(`least_users`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from ldes_shok.derive.claims import Claim, Claims, is_reservation
from ldes_shok.derive.disclosure import KINDS_END
from ldes_shok.derive.quarters import HOUR_US

_DAY_US: Final = 24 * HOUR_US
_CARD: Final = "c"
_HOLDER: Final = "h"


@dataclass(frozen=True, slots=True)
class _Outlet:
    """Who was at an outlet on a day, by the start of their claims."""

    sessions: tuple[Claim, ...]
    reservations: tuple[Claim, ...]


class Users:
    """The users of one city on one day."""

    def __init__(self, claims: Mapping[str, Claims], start_us: int, end_us: int) -> None:
        """Find the names that are one user's.

        Args:
            claims: what is known of each cabinet.
            start_us: when the day begins, microseconds since 1970.
            end_us: when it is over.
        """
        self._same: dict[str, str] = {}
        self._kinds: defaultdict[str, set[str]] = defaultdict(set)
        self._outlets: dict[tuple[str, str], _Outlet] = {}
        for cabinet, known in claims.items():
            all_of_it = known.by_id.values()
            for claim in all_of_it:
                self._kinds[self._root(claim.user)].add(_HOLDER if is_reservation(claim) else _CARD)
            within = [c for c in all_of_it if c.start_us < end_us and start_us < c.end_us]
            for outlet in {claim.outlet for claim in within if claim.outlet}:
                here = _at(outlet, within)
                self._outlets[cabinet, outlet] = here
                for one, other in _pairs(here, known):
                    self._join(one, other)

    def of(self, cabinet: str, outlet: str, user: str, *, in_session: bool) -> str:
        """Who counts as the user of something.

        Args:
            cabinet: which.
            outlet: of it.
            user: whose it is said to be; empty if nobody is known.
            in_session: whether a session says so.
        """
        here = self._outlets.get((cabinet, outlet))
        if not in_session and here is not None:
            holders = [reserved.user for reserved in here.reservations]
            cards = [session.user for session in here.sessions if session.user]
            user = next(iter(cards or ([] if user in holders else holders)), user)
        if not user:
            return f"{cabinet}/{outlet}"
        root = self._root(user)
        return f"{''.join(sorted(self._kinds[root]))}{KINDS_END}{root}"

    def _root(self, user: str) -> str:
        while (other := self._same.get(user, user)) != user:
            user = other
        return user

    def _join(self, one: str, other: str) -> None:
        # The smaller one stands for both, so that the order of claims changes nothing.
        first, second = sorted((self._root(one), self._root(other)))
        if first != second:
            self._same[second] = first
            self._kinds[first] |= self._kinds[second]


def _at(outlet: str, claims: Iterable[Claim]) -> _Outlet:
    here = sorted((c for c in claims if c.outlet == outlet), key=lambda c: (c.start_us, c.id))
    return _Outlet(
        tuple(claim for claim in here if not is_reservation(claim)),
        tuple(claim for claim in here if is_reservation(claim) and claim.user),
    )


def _pairs(here: _Outlet, known: Claims) -> Iterator[tuple[str, str]]:
    """Names that may be one person's."""
    sessions = [session for session in here.sessions if session.user]
    for session in sessions:
        for reserved in here.reservations:
            if reserved.start_us <= session.start_us < reserved.end_us:
                yield session.user, reserved.user
        via = known.by_id.get(session.via)
        if via is not None and via.outlet and via.user:
            yield session.user, via.user
    for before, after in pairwise(sessions):
        if before.start_us // _DAY_US != after.start_us // _DAY_US:
            yield before.user, after.user
