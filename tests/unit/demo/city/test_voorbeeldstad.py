"""What the demo is to show of sums: a market of many users, in whatever week it is started."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import pytest

from ldes_shok.cabinet.decode import decode_event
from ldes_shok.cabinet.event import Activity, Event, Measurement, Reservation, Session
from ldes_shok.cabinet.instants import parse_instant
from ldes_shok.demo.city import City, demo_plan
from ldes_shok.demo.city.calendar import day_begins, local_date, openings

MAIN = "Verzonnen Markt"
AT_MAIN = sum(cabinet.place == MAIN for cabinet in demo_plan().cabinets)
"""So many cabinets stand there. They are the first, and the others change nothing for them."""
MARKET_WEEKDAYS = {2, 5}
START = datetime(2026, 11, 2, 23, 0, tzinfo=UTC)  # local midnight of a Tuesday
FOUR_WEEKS = timedelta(weeks=4)
DUE_AFTER = timedelta(hours=7)
"""The sums of a day come 6 hours after its end, once nothing was heard of it for an hour."""

Socket = tuple[str, str | None]
Names = dict[Socket, set[str | None]]


@dataclass
class Lived:
    """A local day, as it was told: who reserved, who came, and the Wh of each socket."""

    reserved: Names = field(default_factory=lambda: defaultdict(set))
    came: Names = field(default_factory=lambda: defaultdict(set))
    unreserved: int = 0
    used_wh: Counter[Socket] = field(default_factory=Counter)

    def take(self, event: Event) -> None:
        """Learn from one event of that day."""
        socket = event.cabinet, event.outlet
        if isinstance(event, Reservation):
            self.reserved[socket].add(event.data.holder)
        elif isinstance(event, Session):
            self.came[socket].add(event.data.user)
            self.unreserved += event.data.reservation_id is None
        elif isinstance(event, Measurement) and event.outlet is not None:
            self.used_wh[socket] += interval_wh(event)

    @property
    def share_of_the_two_largest(self) -> float:
        """Of all that was used."""
        return sum(wh for _, wh in self.used_wh.most_common(2)) / self.used_wh.total()


def interval_wh(event: Measurement) -> int:
    return sum(
        int(reading.value)
        for reading in event.data.readings
        if reading.quantity == "energy.import.interval"
    )


def about(event: Event) -> datetime | None:
    """When that began which the event is about; None if it is no use of a socket."""
    match event:
        case Measurement() if event.data.period is not None:
            return parse_instant(event.data.period.start)
        case Session():
            return parse_instant(event.data.started_at)
        case Reservation() if activity_of(event).type != "standing_trade":  # a stall for a year
            return parse_instant(event.data.period.start)
        case _:
            return None


def activity_of(event: Reservation) -> Activity:
    assert event.data.activity is not None
    return event.data.activity


def four_weeks(seed: int, cabinets: int = AT_MAIN) -> list[tuple[date, Event]]:
    """What the city says of the uses of its sockets: each thing once, with its local day."""
    # A day more: what was seen in four weeks has arrived by then, late as it may be.
    city = City(demo_plan(cabinets, whole_life=True), seed, START)
    told = city.deliveries(START + FOUR_WEEKS + timedelta(days=1))
    events = map(decode_event, dict.fromkeys(delivery.payload for delivery in told))
    return [
        (local_date(at), event)
        for event in events
        if (at := about(event)) is not None and at < START + FOUR_WEEKS
    ]


def by_day(told: list[tuple[date, Event]]) -> dict[date, Lived]:
    lived: dict[date, Lived] = defaultdict(Lived)
    for day, event in told:
        lived[day].take(event)
    return lived


def names(said: Names) -> list[str | None]:
    return [name for held in said.values() for name in held]


@pytest.mark.parametrize("seed", [1, 2, 3, 20260103])
def test_a_market_day_is_of_14_traders_of_whom_12_come_and_none_is_most_of_it(seed: int) -> None:
    lived = by_day(four_weeks(seed))
    markets = [told for day, told in lived.items() if day.weekday() in MARKET_WEEKDAYS]
    assert len(markets) == 8
    for told in markets:
        assert len(told.reserved) >= 14
        assert 12 <= len(told.came) <= len(told.reserved)
        assert set(+told.used_wh) == set(told.came)
        for said in (told.reserved, told.came):
            # Nobody has two names, and no name stands at two sockets.
            assert len(names(said)) == len(set(names(said))) == len(said)
        # All that is used at the square that day is the market's: the zone less it is of nobody.
        assert told.unreserved == 0
        assert told.share_of_the_two_largest < 0.6


def test_a_market_is_one_activity_and_other_days_are_of_the_standing_trade() -> None:
    assert {cabinet.place for cabinet in demo_plan(AT_MAIN).cabinets} == {MAIN}
    said = four_weeks(1)
    markets = {
        (day, activity_of(event).id) for day, event in said if isinstance(event, Reservation)
    }
    assert markets == {(day, f"market-verzonnen-markt-{day:%Y%m%d}") for day, _ in markets}
    market_days = {day for day, _ in markets}
    assert len(market_days) == 8
    assert {day.weekday() for day in market_days} == MARKET_WEEKDAYS
    for day, told in by_day(said).items():
        assert (told.unreserved == 0) == (day in market_days)


def test_whenever_it_starts_seven_days_hold_a_market_whose_sums_are_due() -> None:
    activities = demo_plan().activities
    for hours in range(7 * 24):
        now = START + timedelta(hours=hours)
        began = now - timedelta(days=7)
        due = [
            day
            for day in (local_date(began) + timedelta(days=number) for number in range(8))
            if began <= day_begins(day) and day_begins(day + timedelta(days=1)) + DUE_AFTER <= now
        ]
        kinds = {on.activity.kind for day in due for on in openings(activities, MAIN, day)}
        assert "market" in kinds, now


def test_on_every_day_ten_sockets_are_used_and_no_two_are_most_of_it() -> None:
    """So two days show sums too: of the square, or else of the whole city."""
    lived = by_day(four_weeks(20260103, len(demo_plan().cabinets)))
    assert len(lived) == 28
    for told in lived.values():
        assert len(+told.used_wh) >= 10
        assert told.share_of_the_two_largest <= 0.85
