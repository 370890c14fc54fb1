"""Decides which of several reports of one thing and instant takes precedence, by content alone.

The order of arrival never decides. So the state and the streams are the same at every instant, in
whatever order the reports come. These rules are also in the README:

- Configurations with one `validFrom`, field by field: the later `observedAt`. At one instant an
  upsert takes precedence over a removal.
- A session: its end over its start. A fault: cleared over raised. A reservation: the later step of
  its life.
- An activity with one beginning: the latest end, then the last cabinet by name.
- Two reports without such an order: the greater key, then the greater digest.

A reading is no state: a repeated reading with another value is a correction.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

from ldes_shok.cabinet.event import Event, Fault, Reservation
from ldes_shok.cabinet.incoming import Received
from ldes_shok.cabinet.instants import parse_instant

_DIGEST_CHARACTERS: Final = 16
_LIFE: Final = ("requested", "confirmed", "active", "used", "no_show", "expired", "cancelled")
"""States of a reservation, in the order in which they follow each other."""

Rank = tuple[datetime, int, str, str]
"""The greater one takes precedence: an instant, a step in the thing's life, and two texts."""

Ranking = Callable[[Event, str, bytes], Rank]
"""Returns the rank of an event's version, from the event, its key and its digest."""


@dataclass(frozen=True, slots=True)
class ReportedBy:
    """The event of a report: when it was observed, its key, and the digest of its content."""

    at: str
    key: str
    digest: str

    @classmethod
    def by(cls, received: Received) -> Self:
        """The report data of a received event."""
        return cls(received.event.observed_at, received.key, short(received.digest))


def short(digest: bytes) -> str:
    """The part of a digest that distinguishes two reports of one thing and instant."""
    return digest.hex()[:_DIGEST_CHARACTERS]


def life_step(state: str) -> int:
    """The position of `state` in the life of a reservation."""
    return _LIFE.index(state)


def rank_of_version(event: Event, key: str, digest: bytes) -> Rank:
    """The rank of a version of a fault, reservation or activation, among those of one time."""
    step = 0
    if isinstance(event, Reservation):
        step = life_step(event.data.state)
    elif isinstance(event, Fault):
        step = int(event.data.state == "cleared")
    return parse_instant(event.observed_at), step, key, short(digest)


def rank_of_activity(event: Event, key: str, digest: bytes) -> Rank:
    """The rank of a version of an activity, among those with one beginning.

    Many reservations give the same version, so the content of the version decides.
    """
    if not isinstance(event, Reservation) or event.data.activity is None:
        return rank_of_version(event, key, digest)
    return parse_instant(event.data.period.end), 0, event.cabinet, event.data.activity.type
