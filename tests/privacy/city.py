"""An invented city of markets, of which the truth is known: who used how much, when, where.

Weekly markets with fixed stalls, ambulant trade, one trader who uses much more than the others, a
fair, a corner with one trader more in a zone around the market, two activities on one square on
one day, a day on which nearly everybody stays at home. Everything follows from the seed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from math import exp
from random import Random
from typing import Final

from tests.privacy.plan import Plan, quarter_of

MONDAY: Final = date(2026, 5, 4)
MINUTES: Final = 15

RATED_WATTS: Final[Mapping[str, float]] = {
    "IEC60309-2P+E-16": 230 * 16,
    "IEC60309-3P+N+E-16": 3 * 230 * 16,
    "IEC60309-3P+N+E-32": 3 * 230 * 32,
}
"""What a socket of the city can give."""

TYPICAL: Final = (
    ("IEC60309-2P+E-16", 300.0, 1.1),
    ("IEC60309-3P+N+E-16", 1_200.0, 0.9),
    ("IEC60309-3P+N+E-32", 3_500.0, 0.7),
)
"""Socket, median of the mean power of who asks for it (W), spread of its logarithm."""

_KIND_WEIGHTS: Final = (65, 25, 10)
_BIG_WATTS: Final = 9_000.0
_PRESENT: Final = 0.93
_PRESENT_ON_THE_EMPTY_DAY: Final = 0.25
_EMPTY_WEEK: Final = 2
_FAIR_WEEK: Final = 4
_SOCKETS_PER_CABINET: Final = 5
_PARTS: Final = (1, 2, 3)
"""Parts of the city: each has its Wednesday market and its square."""

_MAIN: Final = "woensdagmarkt"
_CORNER: Final = "hoekstand"
_SQUARE: Final = "zaterdagmarkt"


@dataclass(frozen=True, slots=True)
class Market:
    """An activity with stalls.

    Attributes:
        name: of the activity.
        kind: of it, as reservations say it.
        cabinets: where it is.
        sockets: how many of theirs it has, in order, after the first `skip`.
        traders: with a fixed stall; the other sockets are for ambulant ones.
        two_sockets: how many of the traders have two.
        weekdays, weeks: when it is held, counted from Monday and from the first week.
        opens, closes: UTC, minutes of the day.
    """

    name: str
    kind: str
    cabinets: tuple[str, ...]
    sockets: int
    traders: int
    two_sockets: int
    weekdays: tuple[int, ...]
    weeks: range
    opens: int
    closes: int
    skip: int = 0

    @property
    def places(self) -> Sequence[str]:
        """Its sockets, `cabinet/outlet`."""
        numbers = range(1, _SOCKETS_PER_CABINET + 1)
        every = [f"{cabinet}/{number}" for cabinet in self.cabinets for number in numbers]
        return every[self.skip : self.skip + self.sockets]


@dataclass(frozen=True, slots=True)
class Use:
    """What somebody did at a socket on a day.

    Attributes:
        socket: `cabinet/outlet`.
        day: UTC.
        user: who; a trader of the plan, or an ambulant one.
        activity: what for; empty where nobody reserved.
        stays: from and to, minutes since the day began.
        wh: by quarter since 1970; only where something was used.
    """

    socket: str
    day: date
    user: str
    activity: str
    stays: tuple[tuple[int, int], ...]
    wh: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class City:
    """The truth.

    Attributes:
        kinds: the sort of each socket.
        markets: the activities.
        plan: what is public of it without any data.
        uses: what happened, final values.
        late_days: by cabinet and day, how many days later all of it arrived.
        corrected: sockets and days of which other values were told first.
    """

    kinds: Mapping[str, str]
    markets: tuple[Market, ...]
    plan: Plan
    uses: tuple[Use, ...]
    late_days: Mapping[tuple[str, date], int]
    corrected: frozenset[tuple[str, date]]

    @property
    def truth(self) -> Mapping[tuple[str, date], int]:
        """Wh of each trader of the plan on each day; only where something was used."""
        found: dict[tuple[str, date], int] = {}
        for use in self.uses:
            if self.plan.stalls.get((use.socket, use.day)) == use.user and use.wh:
                key = use.user, use.day
                found[key] = found.get(key, 0) + sum(use.wh.values())
        return found


@dataclass(frozen=True, slots=True)
class _Trader:
    name: str
    kind: str
    watts: tuple[float, ...]
    varies_by_day: float
    varies_by_quarter: float
    comes: float
    goes: float


def city(seed: int, *, weeks: int, fair: bool) -> City:
    """`weeks` weeks of a city, with the fair of its fifth week or without."""
    return _Builder(Random(seed), weeks, fair=fair).build()


def _cabinets(prefix: str, count: int) -> tuple[str, ...]:
    return tuple(f"{prefix}-{number:02}" for number in range(1, count + 1))


def _markets(weeks: int, *, fair: bool) -> tuple[Market, ...]:
    every = range(weeks)
    morning = 4 * 60 + 30, 11 * 60
    markets: list[Market] = []
    for part in _PARTS:
        market, square = _cabinets(f"GM{part}", 4), _cabinets(f"SP{part}", 5)
        corner = _cabinets(f"HK{part}", 1)
        markets += [
            Market(f"{_MAIN}-{part}", "market", market, 20, 15, 2, (2,), every, *morning),
            Market(f"{_CORNER}-{part}", "market", corner, 1, 1, 0, (2,), every, *morning),
            Market(f"{_SQUARE}-{part}", "market", square, 14, 12, 1, (5,), every, *morning),
            Market(f"brocante-{part}", "event", square, 11, 11, 0, (5,), every, *morning, skip=14),
        ]
    if not fair:
        return tuple(markets)
    rides = _cabinets("KP", 3)
    days = (4, 5, 6)
    week = range(_FAIR_WEEK, _FAIR_WEEK + 1)
    return (*markets, Market("kermis", "fair", rides, 15, 14, 0, days, week, 12 * 60, 19 * 60))


class _Builder:
    def __init__(self, random: Random, weeks: int, *, fair: bool) -> None:
        self._random = random
        self._weeks = weeks
        self._markets = _markets(weeks, fair=fair)
        self._kinds: dict[str, str] = {}
        self._stalls: dict[tuple[str, date], str] = {}
        self._uses: list[Use] = []

    def build(self) -> City:
        shared: list[_Trader] = []
        for market in self._markets:
            traders = self._traders(market)
            if market.name.startswith(_MAIN):
                shared = [trader for trader in traders if len(trader.watts) == 1][-4:]
            if market.name.startswith(_SQUARE):
                traders[-len(shared) :] = shared
            self._hold(market, traders)
        late, corrected = self._mishaps()
        cabinets = {market.name: market.cabinets for market in self._markets}
        zones: dict[str, tuple[str, ...]] = {}
        for part in _PARTS:
            main, corner = cabinets[f"{_MAIN}-{part}"], cabinets[f"{_CORNER}-{part}"]
            zones[f"markt-{part}"] = main
            zones[f"markt-en-hoek-{part}"] = (*main, *corner)
            zones[f"plein-{part}"] = cabinets[f"{_SQUARE}-{part}"]
        if "kermis" in cabinets:
            zones["kermisplein"] = cabinets["kermis"]
        uses = tuple(sorted(self._uses, key=lambda use: (use.day, use.socket)))
        plan = Plan(zones, self._stalls)
        return City(self._kinds, self._markets, plan, uses, late, corrected)

    def _traders(self, market: Market) -> list[_Trader]:
        found = []
        for number in range(market.traders):
            sockets = 2 if number < market.two_sockets else 1
            name = f"{market.name}-{number + 1:02}"
            big = market.name.startswith(_MAIN) and number == market.two_sockets
            found.append(self._trader(name, market, sockets, big=big))
        return found

    def _trader(self, name: str, market: Market, sockets: int, *, big: bool) -> _Trader:
        random = self._random
        kind, median, spread = random.choices(TYPICAL, _KIND_WEIGHTS)[0]
        if big:
            kind = TYPICAL[-1][0]
        most = 0.7 * RATED_WATTS[kind]
        watts = tuple(
            _BIG_WATTS if big else min(most, median * exp(random.gauss(0, spread)))
            for _ in range(sockets)
        )
        comes = market.opens + random.uniform(-45, 45)
        goes = market.closes + random.uniform(-60, 45)
        by_day, by_quarter = random.uniform(0.04, 0.2), random.uniform(0.03, 0.25)
        return _Trader(name, kind, watts, by_day, by_quarter, comes, goes)

    def _hold(self, market: Market, traders: Sequence[_Trader]) -> None:
        """Put everybody in place, and let every day of the market happen."""
        free = list(market.places)
        stands = [(trader, [free.pop(0) for _ in trader.watts]) for trader in traders]
        for trader, own in stands:
            self._kinds.update(dict.fromkeys(own, trader.kind))
        self._kinds.update(dict.fromkeys(free, TYPICAL[0][0]))
        for week in market.weeks:
            for weekday in market.weekdays:
                day = MONDAY + timedelta(weeks=week, days=weekday)
                for trader, own in stands:
                    self._stalls.update({(socket, day): trader.name for socket in own})
                self._day(market, day, week, stands, free)

    def _day(
        self,
        market: Market,
        day: date,
        week: int,
        stands: Sequence[tuple[_Trader, Sequence[str]]],
        free: Sequence[str],
    ) -> None:
        random = self._random
        weather = exp(random.gauss(0, 0.05))
        empty = market.name.startswith(_MAIN) and week == _EMPTY_WEEK
        present = _PRESENT_ON_THE_EMPTY_DAY if empty else _PRESENT
        for trader, own in stands:
            if random.random() < present:
                self._stand(market.name, day, trader, own, weather)
        for number, socket in enumerate(free):
            if random.random() < 0.6:
                guest = self._trader(f"ambulant-{random.randrange(9)}", market, 1, big=False)
                watts = (min(guest.watts[0], 0.7 * RATED_WATTS[TYPICAL[0][0]]),)
                guest = replace(guest, kind=TYPICAL[0][0], watts=watts)
                self._stand(market.name if number % 2 else "", day, guest, [socket], weather)

    def _stand(
        self, activity: str, day: date, trader: _Trader, own: Sequence[str], weather: float
    ) -> None:
        random = self._random
        comes = round(trader.comes + random.gauss(0, 15))
        goes = max(comes + 60, round(trader.goes + random.gauss(0, 20)))
        stays: tuple[tuple[int, int], ...] = ((comes, goes),)
        if random.random() < 0.2:
            pause = random.randint(comes + 20, goes - 35)
            stays = ((comes, pause), (pause + 15, goes))
        factor = weather * exp(random.gauss(0, trader.varies_by_day))
        for socket, watts in zip(own, trader.watts, strict=True):
            wh = dict(self._used(day, stays, watts * factor, trader))
            self._uses.append(Use(socket, day, trader.name, activity, stays, wh))

    def _used(
        self, day: date, stays: Sequence[tuple[int, int]], watts: float, trader: _Trader
    ) -> Iterator[tuple[int, int]]:
        first = quarter_of(datetime.combine(day, time(), UTC))
        for offset, minutes in quarters(stays):
            power = watts * exp(self._random.gauss(0, trader.varies_by_quarter))
            wh = round(min(power, RATED_WATTS[trader.kind]) * minutes / 60)
            if wh > 0:
                yield first + offset, wh

    def _mishaps(self) -> tuple[dict[tuple[str, date], int], frozenset[tuple[str, date]]]:
        """One cabinet in twelve delivers days later; one socket in fifteen is corrected."""
        random = self._random
        days = sorted({(use.socket.partition("/")[0], use.day) for use in self._uses})
        late = {key: random.randint(2, 6) for key in days if random.random() < 1 / 12}
        places = sorted((use.socket, use.day) for use in self._uses)
        corrected = frozenset(place for place in places if random.random() < 1 / 15)
        return late, corrected


def quarters(stays: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The quarters of a day that stays touch, and for how many minutes, ascending."""
    minutes: dict[int, int] = {}
    for start, end in stays:
        for offset in range(start // MINUTES, -(-end // MINUTES)):
            within = min(end, (offset + 1) * MINUTES) - max(start, offset * MINUTES)
            minutes[offset] = minutes.get(offset, 0) + within
    yield from sorted(minutes.items())
