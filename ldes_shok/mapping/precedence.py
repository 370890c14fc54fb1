"""Which of several reports of one thing and one instant counts: never the one that came last.

A rule over what they say alone, so that whatever order they come in, the state and the streams say
the same at every instant. Told in the README:

- Of configurations with one `validFrom`, field by field: what was said later (`observedAt`). At one
  instant an upsert counts before a removal.
- Of one session its end counts before its start, of a fault cleared before raised, of a reservation
  what comes later in its life.
- Of an activity with one beginning: what ends last, then the last cabinet by name.
- Between two that say nothing of their order: the greater key, then the greater digest.

A reading is no state: what comes again with another value corrects it.
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
"""The greater one counts: an instant, a step in the thing's life, and two texts."""

Ranking = Callable[[Event, str, bytes], Rank]
"""The rank of the version that an event tells, from the event, its key and its digest."""


@dataclass(frozen=True, slots=True)
class ReportedBy:
    """By which event something was said: when it was observed, its key, and what it says."""

    at: str
    key: str
    digest: str

    @classmethod
    def by(cls, received: Received) -> Self:
        """By this one."""
        return cls(received.event.observed_at, received.key, short(received.digest))


def short(digest: bytes) -> str:
    """As much of a digest as tells two reports of one thing and instant apart."""
    return digest.hex()[:_DIGEST_CHARACTERS]


def life_step(state: str) -> int:
    """How far a reservation is that is in `state`."""
    return _LIFE.index(state)


def rank_of_version(event: Event, key: str, digest: bytes) -> Rank:
    """Which of the versions of a fault, reservation or activation counts, of one time."""
    step = 0
    if isinstance(event, Reservation):
        step = life_step(event.data.state)
    elif isinstance(event, Fault):
        step = int(event.data.state == "cleared")
    return parse_instant(event.observed_at), step, key, short(digest)


def rank_of_activity(event: Event, key: str, digest: bytes) -> Rank:
    """Which of the versions of an activity counts, of those with one beginning.

    Many reservations tell the same version, so it is what the version says that decides.
    """
    if not isinstance(event, Reservation) or event.data.activity is None:
        return rank_of_version(event, key, digest)
    return parse_instant(event.data.period.end), 0, event.cabinet, event.data.activity.type
