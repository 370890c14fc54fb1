"""Plans the uses of sockets: drawn for each day, before anything is measured."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Final

from ldes_shok.cabinet.event import Activity
from ldes_shok.demo.city.calendar import Opening, local_date
from ldes_shok.demo.city.plan import ActivityKind, CabinetPlan, Mishaps, SocketPlan

_GAP: Final = timedelta(minutes=20)
_NOMINAL_VOLTS: Final = 230
_SHARE_PER_MILLE: Final[dict[ActivityKind, tuple[int, int]]] = {
    "market": (120, 600),
    "fair": (350, 850),
    "event": (250, 750),
    "standing_trade": (100, 500),
}


@dataclass(frozen=True, slots=True)
class PlannedUse:
    """One planned use of a socket.

    Attributes:
        socket: the socket.
        activity: the activity that it belongs to.
        reserved_at: when it was reserved; None if it was not.
        start: power on, UTC.
        end: power off, or the moment it tripped, UTC.
        watts: the mean load.
        trips: a defect ends the use.
        repaired_at: when the defect is repaired; None if there is no defect.
        shows_up: False if it was reserved and its holder did not come.
    """

    socket: SocketPlan
    activity: Activity
    reserved_at: datetime | None
    start: datetime
    end: datetime
    watts: int
    trips: bool = False
    repaired_at: datetime | None = None
    shows_up: bool = True

    def overlap_seconds(self, start: datetime, stop: datetime) -> int:
        """Return how long power was drawn within [start, stop)."""
        if not self.shows_up:
            return 0
        return max(0, int((min(self.end, stop) - max(self.start, start)).total_seconds()))


def plan_uses(
    cabinet: CabinetPlan,
    opened: tuple[Opening, ...],
    usable_from: dict[str, datetime],
    mishaps: Mishaps,
    rng: Random,
) -> tuple[PlannedUse, ...]:
    """Draw a day's uses of a cabinet, never two at once on a socket.

    Args:
        cabinet: the cabinet with the sockets.
        opened: the activities of that day, in order.
        usable_from: for each socket, until when it is out of order; not changed.
        mishaps: how often a holder does not come, how often a socket trips.
        rng: the only source of random numbers.
    """
    uses: list[PlannedUse] = []
    usable = dict(usable_from)
    for opening in opened:
        for socket in cabinet.sockets:
            wanted = rng.randrange(1000) < opening.activity.used_per_mille
            use = _draw(socket, opening, mishaps, rng)
            free_from = usable.get(socket.id)
            begins = use.reserved_at or use.start
            if not wanted or (free_from is not None and begins < free_from):
                continue
            usable[socket.id] = (use.repaired_at or use.end) + _GAP
            uses.append(use)
    return tuple(uses)


def _draw(socket: SocketPlan, opening: Opening, mishaps: Mishaps, rng: Random) -> PlannedUse:
    activity = opening.activity
    if activity.reserved:
        start = opening.opens - _minutes(rng, 0, 45)
        end = opening.closes + _minutes(rng, 0, 30)
    else:
        start = opening.opens + _minutes(rng, 0, 300)
        end = min(opening.closes, start + _minutes(rng, 120, 540))
    reserved_at = start - _minutes(rng, 45, 150) if activity.reserved else None
    lowest, highest = _SHARE_PER_MILLE[activity.kind]
    rated_watts = _NOMINAL_VOLTS * socket.rated_current_a * socket.phases
    watts = rated_watts * rng.randint(lowest, highest) // 1000
    shows_up = reserved_at is None or rng.randrange(1000) >= mishaps.no_show_per_mille
    trips = rng.randrange(1000) < mishaps.defect_per_mille
    tripped_at = start + (end - start) * rng.randint(100, 900) // 1000
    tripped_at = tripped_at.replace(microsecond=0)
    repaired_at = tripped_at + _minutes(rng, 60, 1200)
    named = activity_of(opening)
    if trips and shows_up:
        return PlannedUse(socket, named, reserved_at, start, tripped_at, watts, True, repaired_at)
    return PlannedUse(socket, named, reserved_at, start, end, watts, shows_up=shows_up)


def activity_of(opening: Opening) -> Activity:
    """Return the market, fair or event of one day, or the standing trade at a place."""
    kind = opening.activity.kind
    place = opening.activity.place.lower().replace(" ", "-")
    day = "" if kind == "standing_trade" else f"-{local_date(opening.opens):%Y%m%d}"
    return Activity(id=f"{kind}-{place}{day}", type=kind)


def _minutes(rng: Random, least: int, most: int) -> timedelta:
    return timedelta(seconds=rng.randint(60 * least, 60 * most))
