"""The plan of a simulated city: its cabinets and activities. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from decimal import Decimal
from typing import Final, Literal

from ldes_shok.cabinet.configuration import CabinetType, Socket
from ldes_shok.errors import ConfigurationError

ActivityKind = Literal["market", "fair", "event", "standing_trade"]

EVERY_DAY: Final = frozenset(range(7))
EVERY_WEEK: Final = frozenset({1, 2, 3, 4, 5})
LATEST_CLOSE: Final = time(23, 0)
"""A use may run 30 minutes longer and is read once more: both must end before midnight."""


@dataclass(frozen=True, slots=True)
class SocketPlan:
    """One outlet and its meter."""

    id: str
    socket: Socket
    phases: Literal[1, 3]
    rated_current_a: int
    meter: str


@dataclass(frozen=True, slots=True)
class Stand:
    """The place of a cabinet; `position` is (longitude, latitude) in WGS 84 degrees."""

    street: str
    number: str
    position: tuple[Decimal, Decimal]


@dataclass(frozen=True, slots=True)
class CabinetPlan:
    """One cabinet.

    Attributes:
        stand: its first place.
        stands: its places by weekday (0 is Monday), if it is moved; empty for a fixed cabinet.
        mishaps: its own mishaps, if they differ from those of the city.
    """

    id: str
    name: str
    type: CabinetType
    place: str
    stand: Stand
    ean: str
    max_current_a: int
    mobile: bool
    head_meter: str
    sockets: tuple[SocketPlan, ...]
    stands: Mapping[int, Stand] = field(default_factory=dict)
    mishaps: Mishaps | None = None


@dataclass(frozen=True, slots=True)
class ActivityPlan:
    """An activity that repeats at a place.

    Attributes:
        kind: its kind.
        place: every cabinet of this place serves it.
        weekdays: 0 is Monday.
        weeks_of_month: 1 to 5, counted in whole weeks from the first day of the month.
        opens: local time.
        closes: local time, at most LATEST_CLOSE.
        used_per_mille: how many of the sockets are used on such a day.
        reserved: whether the sockets are reserved in advance.
    """

    kind: ActivityKind
    place: str
    weekdays: frozenset[int]
    opens: time
    closes: time
    used_per_mille: int
    weeks_of_month: frozenset[int] = EVERY_WEEK
    reserved: bool = True


@dataclass(frozen=True, slots=True)
class Mishaps:
    """How often things go wrong, in thousandths.

    Attributes:
        outage_per_mille: of the days of a cabinet: its link is down for a while, and its reports
            are delivered afterwards.
        defect_per_mille: of the uses: the socket trips and is repaired later.
        no_show_per_mille: of the reservations: the holder does not come.
        late_per_mille: of the deliveries: 10 minutes to 3 hours late.
        duplicate_per_mille: of the deliveries: sent twice.
        malformed_per_mille: of the deliveries: followed by bytes that are no canonical event.
    """

    outage_per_mille: int = 60
    defect_per_mille: int = 25
    no_show_per_mille: int = 50
    late_per_mille: int = 10
    duplicate_per_mille: int = 10
    malformed_per_mille: int = 0


@dataclass(frozen=True, slots=True)
class CityPlan:
    """A city: its cabinets, its activities, and what goes wrong.

    `whole_life` adds what people do, beside what meters count: reservations, access rights,
    sessions, faults with their repair, and cabinets that are moved.

    Raises:
        ConfigurationError: the plan contradicts itself.
    """

    name: str
    cabinets: tuple[CabinetPlan, ...]
    activities: tuple[ActivityPlan, ...]
    mishaps: Mishaps = field(default_factory=Mishaps)
    whole_life: bool = False

    def __post_init__(self) -> None:
        identifiers = [cabinet.id for cabinet in self.cabinets]
        if len(set(identifiers)) != len(identifiers):
            raise ConfigurationError("plan.cabinets: two cabinets have the same id; rename one")
        meters = [
            meter
            for cabinet in self.cabinets
            for meter in (cabinet.head_meter, *(socket.meter for socket in cabinet.sockets))
        ]
        if len(set(meters)) != len(meters):
            raise ConfigurationError("plan.cabinets: two meters have the same serial; rename one")
        places = {cabinet.place for cabinet in self.cabinets}
        for activity in self.activities:
            if activity.place not in places:
                raise ConfigurationError(
                    f"plan.activities: no cabinet stands at {activity.place}; "
                    f"places are {', '.join(sorted(places))}"
                )
            if not activity.opens < activity.closes <= LATEST_CLOSE:
                raise ConfigurationError(
                    f"plan.activities: the {activity.kind} at {activity.place} must open before "
                    f"it closes and close at {LATEST_CLOSE:%H:%M} or earlier"
                )
