"""What a simulated city says, as the bytes that arrive: seeded, with late and second copies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ldes_shok.demo.city.city import City
from ldes_shok.demo.city.link import SimulatedDelivery
from ldes_shok.demo.city.plan import Mishaps
from ldes_shok.demo.city.voorbeeldstad import demo_plan

START = datetime(2026, 5, 11, 6, tzinfo=UTC)
"""A Monday morning."""

_UNRELIABLE = Mishaps(late_per_mille=100, duplicate_per_mille=100, outage_per_mille=300)


@dataclass(frozen=True, slots=True)
class CityLife:
    """A stretch of a city's life, in the order of arrival."""

    deliveries: tuple[SimulatedDelivery, ...]

    @property
    def payloads(self) -> list[bytes]:
        """What arrived."""
        return [delivery.payload for delivery in self.deliveries]

    def by_day(self) -> list[tuple[datetime, Sequence[bytes]]]:
        """What arrived on each UTC day, with the instant of that day's last arrival."""
        days: dict[object, list[SimulatedDelivery]] = {}
        for delivery in self.deliveries:
            days.setdefault(delivery.at.date(), []).append(delivery)
        return [(day[-1].at, [item.payload for item in day]) for day in days.values()]


def city_life(
    *, cabinets: int, days: float, seed: int = 20260103, start: datetime = START
) -> CityLife:
    """`days` of a city of `cabinets` cabinets whose links are bad: 1 in 10 late, 1 in 10 twice."""
    city = City(demo_plan(cabinets, mishaps=_UNRELIABLE, whole_life=True), seed, start)
    return CityLife(tuple(city.deliveries(start + timedelta(days=days))))
