"""Voorbeeldstad: the demo's city. The city, its squares and its cabinets are fictional.

It lies in the North Sea off the Flemish coast, so that people do not take it for a real place.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time
from decimal import Decimal
from itertools import cycle, islice
from typing import Final

from ldes_shok.cabinet.configuration import CabinetType
from ldes_shok.demo.city.plan import (
    EVERY_DAY,
    ActivityPlan,
    CabinetPlan,
    CityPlan,
    Mishaps,
    SocketPlan,
    Stand,
)
from ldes_shok.errors import ConfigurationError

MAX_CABINETS: Final = 999
_LONGITUDE: Final = Decimal("2.80000")
_LATITUDE: Final = Decimal("51.40000")
_STEP_DEGREES: Final = Decimal("0.00210")
_COLUMNS: Final = 20
_AWAY: Final = 300
"""A cabinet that was moved stands this many places further on the map."""
_MOVES: Final = {0: "Verzonnen Kaai", 2: "Voorbeeldpark", 4: "Kermisweide"}
"""The places of the fairground's cabinets from Monday, Wednesday and Friday on."""
_UNLUCKY: Final = {
    2: Mishaps(outage_per_mille=700),
    3: Mishaps(defect_per_mille=300),
    4: Mishaps(no_show_per_mille=400),
}
"""Cabinets where something goes wrong on most days, so that a short demo shows it."""


@dataclass(frozen=True, slots=True)
class _Square:
    """A square with cabinets.

    Attributes:
        name: of the square.
        market_days: 0 is Monday; empty for no market.
        used_per_mille: how many of its sockets are used on a market day.
        outlets: of each cabinet there.
        cabinet_type: of each cabinet there.
    """

    name: str
    market_days: frozenset[int]
    used_per_mille: int = 850
    outlets: int = 4
    cabinet_type: CabinetType = "marktkast"


_MAIN: Final = _Square("Verzonnen Markt", frozenset({2, 5}), used_per_mille=1000, outlets=8)
"""Every socket of its market is reserved in advance: with two cabinets, some 15 traders come."""

_FAIRGROUND: Final = _Square("Kermisweide", frozenset(), cabinet_type="foorkast")
_SQUARES: Final = (
    _MAIN,
    _MAIN,
    _FAIRGROUND,
    _Square("Denkbeeldplein", frozenset({3})),
    _Square("Fantasieplein", frozenset({1})),
    _Square("Sprookjesplein", frozenset({4})),
)
"""The square of the first cabinet, of the second, and so on; then from the first again."""


def demo_plan(
    cabinets: int = 6, *, mishaps: Mishaps | None = None, whole_life: bool = False
) -> CityPlan:
    """Return Voorbeeldstad with `cabinets` cabinets; two of every six are at the main market.

    Raises:
        ConfigurationError: not between 1 and MAX_CABINETS cabinets.
    """
    if not 1 <= cabinets <= MAX_CABINETS:
        raise ConfigurationError(f"cabinets must be 1 to {MAX_CABINETS}, not {cabinets}")
    stands_at = tuple(islice(cycle(_SQUARES), cabinets))
    return CityPlan(
        name="voorbeeldstad",
        cabinets=tuple(
            _cabinet(number, square, stands_at[: number - 1].count(square), whole_life=whole_life)
            for number, square in enumerate(stands_at, 1)
        ),
        activities=tuple(
            activity for square in dict.fromkeys(stands_at) for activity in _activities(square)
        ),
        mishaps=mishaps or Mishaps(),
        whole_life=whole_life,
    )


def _cabinet(number: int, square: _Square, row: int, *, whole_life: bool) -> CabinetPlan:
    fair = square.cabinet_type == "foorkast"
    name = f"{square.name} {row + 1}"
    return CabinetPlan(
        id=f"VBS-{number:03d}",
        name=name,
        type=square.cabinet_type,
        place=square.name,
        stand=_stand(number, square.name, row),
        ean=f"5499999{number:011d}",
        max_current_a=125 if fair else 63,
        mobile=fair,
        head_meter=f"VBM-{number:03d}-H",
        sockets=tuple(
            _socket(number, outlet, three_phase=outlet % 4 == 0 or (fair and outlet > 1), fair=fair)
            for outlet in range(1, square.outlets + 1)
        ),
        stands=(
            {day: _stand(number + _AWAY * (day + 1), street, row) for day, street in _MOVES.items()}
            if fair and whole_life
            else {}
        ),
        mishaps=_UNLUCKY.get(number) if whole_life else None,
    )


def _stand(place: int, street: str, row: int) -> Stand:
    return Stand(
        street,
        str(2 * row + 1),
        (
            _LONGITUDE + _STEP_DEGREES * (place % _COLUMNS),
            _LATITUDE + _STEP_DEGREES * (place // _COLUMNS),
        ),
    )


def _socket(cabinet: int, outlet: int, *, three_phase: bool, fair: bool) -> SocketPlan:
    meter = f"VBM-{cabinet:03d}-{outlet:02d}"
    if not three_phase:
        return SocketPlan(str(outlet), "IEC60309-2P+E-16", 1, 16, meter)
    if fair:
        return SocketPlan(str(outlet), "IEC60309-3P+N+E-32", 3, 32, meter)
    return SocketPlan(str(outlet), "IEC60309-3P+N+E-16", 3, 16, meter)


def _activities(square: _Square) -> tuple[ActivityPlan, ...]:
    trade = ActivityPlan(
        "standing_trade",
        square.name,
        EVERY_DAY - square.market_days,
        time(10, 30),
        time(20, 30),
        600,
        reserved=False,
    )
    if square is _FAIRGROUND:
        fair = ActivityPlan(
            "fair",
            square.name,
            frozenset({4, 5, 6}),
            time(14, 0),
            time(22, 30),
            900,
            weeks_of_month=frozenset({1, 3}),
        )
        concert = ActivityPlan(
            "event",
            square.name,
            frozenset({5}),
            time(18, 0),
            time(23, 0),
            750,
            weeks_of_month=frozenset({2, 4, 5}),
        )
        return (fair, concert, trade)
    market = ActivityPlan(
        "market", square.name, square.market_days, time(7, 0), time(13, 0), square.used_per_mille
    )
    return (market, trade)
