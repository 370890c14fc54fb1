"""What the controllers and the booking system of an invented city tell, day by day, as it arrives.

Interval meters and registers, occupancy, sessions with users, reservations with holders; some of it
days late, some of it told wrong first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from typing import Final

from tests.privacy.city import MONDAY, City, Market, Use
from tests.privacy.plan import start_of
from tests.support.events import Json, event, instant

ARRIVES: Final = time(21, 50, tzinfo=UTC)
"""When what happened on a day has arrived, unless it is late."""

_REGISTER_OUTLET: Final = "2"
"""Outlets of this number have a meter that tells its register; the others tell intervals."""

_WRONG: Final = 0.9
"""What is corrected later was told as this part of the truth."""

_CORRECTED_AFTER: Final = timedelta(days=1)
_FIRST_REGISTER_WH: Final = 100_000


def arrivals(city: City) -> Iterator[tuple[datetime, Sequence[bytes]]]:
    """Instants and what has arrived since the one before, ascending."""
    batches: defaultdict[datetime, list[bytes]] = defaultdict(list)
    begin = datetime.combine(MONDAY, time(1), UTC)
    batches[begin] += _configurations(city, begin)
    for market in city.markets:
        for week in market.weeks:
            monday = begin + timedelta(weeks=week)
            batches[monday] += _reservations(city, market, monday)
    registers: defaultdict[str, int] = defaultdict(lambda: _FIRST_REGISTER_WH)
    for use in city.uses:
        cabinet = use.socket.partition("/")[0]
        at = datetime.combine(use.day, ARRIVES)
        late = timedelta(days=city.late_days.get((cabinet, use.day), 0))
        batches[at + late] += _happened(use)
        if use.socket.endswith(f"/{_REGISTER_OUTLET}"):
            batches[at + late] += _registers(use, registers)
        elif (use.socket, use.day) in city.corrected:
            batches[at + late] += _intervals(use, _WRONG)
            batches[at + late + _CORRECTED_AFTER] += _intervals(use, 1)
        else:
            batches[at + late] += _intervals(use, 1)
    yield from sorted(batches.items())


def _configurations(city: City, at: datetime) -> Iterator[bytes]:
    outlets: defaultdict[str, list[str]] = defaultdict(list)
    for socket in sorted(city.kinds):
        outlets[socket.partition("/")[0]].append(socket)
    for cabinet, sockets in outlets.items():
        numbers = [socket.partition("/")[2] for socket in sockets]
        data: dict[str, Json] = {
            "op": "upsert",
            "validFrom": instant(at),
            "cabinet": {
                "type": "marktkast",
                "name": f"Verzonnen plein {cabinet}",
                "position": [2.8, 51.4],
                "address": {"street": "Verzonnen plein", "number": "1"},
            },
            "outlets": [
                {"id": number, "socket": city.kinds[socket], "meter": _meter(socket)}
                for number, socket in zip(numbers, sockets, strict=True)
            ],
            "meters": [
                {"serial": _meter(socket), "outlet": number, "initial": str(_FIRST_REGISTER_WH)}
                for number, socket in zip(numbers, sockets, strict=True)
            ],
        }
        yield event("configuration", cabinet, at, data)
        for number in numbers:
            axes: dict[str, Json] = {"operation": "operational", "occupancy": "free"}
            yield event("status", cabinet, at, axes, number)


def _reservations(city: City, market: Market, monday: datetime) -> Iterator[bytes]:
    """Of whoever reserved; who does not come keeps a reservation."""
    week = {monday.date() + timedelta(days=n) for n in range(7)}
    booked = {
        (use.socket, use.day): use.user
        for use in city.uses
        if use.activity == market.name and use.day in week
    }
    for place, trader in city.plan.stalls.items():
        socket, day = place
        if socket in market.places and day in week and day.weekday() in market.weekdays:
            booked.setdefault(place, trader)
    for (socket, day), user in sorted(booked.items()):
        cabinet, _, outlet = socket.partition("/")
        begin = datetime.combine(day, time(), UTC)
        data: dict[str, Json] = {
            "reservationId": _reservation(socket, day),
            "state": "confirmed",
            "period": {
                "start": instant(begin + timedelta(hours=2)),
                "end": instant(begin + timedelta(hours=21)),
            },
            "holder": pseudonym(user, day),
            "activity": {"id": market.name, "type": market.kind},
        }
        yield event("reservation", cabinet, monday, data, outlet)


def _happened(use: Use) -> Iterator[bytes]:
    cabinet, _, outlet = use.socket.partition("/")
    begin = datetime.combine(use.day, time(), UTC)
    for number, stay in enumerate(use.stays):
        start, end = (begin + timedelta(minutes=minutes) for minutes in stay)
        name = f"{use.day:%m%d}-{cabinet}-{outlet}-{number}"
        said: dict[str, Json] = {"sessionId": name, "startedAt": instant(start)}
        if use.activity:
            said["user"] = pseudonym(use.user, use.day)
            said["reservationId"] = _reservation(use.socket, use.day)
        yield event("session", cabinet, start, {**said, "event": "started"}, outlet)
        yield event("status", cabinet, start, {"occupancy": "in_use"}, outlet)
        over: dict[str, Json] = {"event": "ended", "endedAt": instant(end), "stopReason": "local"}
        yield event("session", cabinet, end, {**said, **over}, outlet)
        yield event("status", cabinet, end, {"occupancy": "free"}, outlet)


def _intervals(use: Use, part: float) -> Iterator[bytes]:
    cabinet, _, outlet = use.socket.partition("/")
    for quarter, wh in sorted(use.wh.items()):
        start, end = start_of(quarter), start_of(quarter + 1)
        data: dict[str, Json] = {
            "meter": _meter(use.socket),
            "period": {"start": instant(start), "end": instant(end)},
            "readings": [
                {
                    "quantity": "energy.import.interval",
                    "phase": "total",
                    "value": str(max(1, round(wh * part))),
                    "unit": "Wh",
                }
            ],
        }
        yield event("measurement", cabinet, end, data, outlet)


def _registers(use: Use, registers: dict[str, int]) -> Iterator[bytes]:
    cabinet, _, outlet = use.socket.partition("/")
    first, last = min(use.wh, default=0), max(use.wh, default=-1)
    for quarter in range(first, last + 2):
        registers[use.socket] += use.wh.get(quarter - 1, 0)
        data: dict[str, Json] = {
            "meter": _meter(use.socket),
            "readings": [
                {
                    "quantity": "energy.import.register",
                    "phase": "total",
                    "value": str(registers[use.socket]),
                    "unit": "Wh",
                }
            ],
        }
        yield event("measurement", cabinet, start_of(quarter), data, outlet)


def pseudonym(user: str, day: date) -> str:
    """Whose it is, by the calendar month: as a key of that month would name him."""
    return f"p1:{sha256(f'{user} {day:%Y-%m}'.encode()).hexdigest()[:26]}"


def _meter(socket: str) -> str:
    return f"MTR-{socket.replace('/', '-')}"


def _reservation(socket: str, day: date) -> str:
    return f"R-{day:%m%d}-{socket.replace('/', '-')}"
