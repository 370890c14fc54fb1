"""Canonical events that a test words itself: an invented cabinet and what happens there."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

Json = str | int | float | bool | None | Sequence["Json"] | Mapping[str, "Json"]


def instant(moment: datetime) -> str:
    """An aware UTC instant as devices write it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def event(
    kind: str, cabinet: str, at: datetime, data: Mapping[str, Json], outlet: str | None = None
) -> bytes:
    """One canonical event, version 1."""
    envelope: dict[str, Json] = {
        "v": 1,
        "kind": kind,
        "cabinet": cabinet,
        "observedAt": instant(at),
        "clock": "S",
        "data": data,
    }
    if outlet is not None:
        envelope["outlet"] = outlet
    return json.dumps(envelope).encode()


def configuration(cabinet: str, at: datetime, outlets: int = 2) -> bytes:
    """A market cabinet with sockets 1..outlets, each with a meter, and a head meter."""
    numbers = range(1, outlets + 1)
    data: dict[str, Json] = {
        "op": "upsert",
        "validFrom": instant(at),
        "cabinet": {
            "type": "marktkast",
            "name": f"Verzonnen plein {cabinet}",
            "position": [2.8, 51.4],
            "ean": "549999900000000011",
            "maxCurrentA": 125,
            "phases": 3,
            "address": {"street": "Verzonnen plein", "number": "1"},
        },
        "outlets": [
            {
                "id": str(number),
                "socket": "IEC60309-2P+E-16",
                "phases": 1,
                "ratedCurrentA": 16,
                "meter": f"{cabinet}-MTR-{number}",
            }
            for number in numbers
        ],
        "meters": [
            {"serial": f"{cabinet}-MTR-{number}", "outlet": str(number), "initial": "0"}
            for number in numbers
        ]
        + [{"serial": f"{cabinet}-MTR-HEAD"}],
    }
    return event("configuration", cabinet, at, data)


def removal(cabinet: str, at: datetime) -> bytes:
    """The cabinet is taken away."""
    return event("configuration", cabinet, at, {"op": "remove", "validFrom": instant(at)})


def status(cabinet: str, at: datetime, outlet: str | None = "1", **axes: str) -> bytes:
    """A change of state; occupancy in_use unless `axes` says otherwise."""
    return event("status", cabinet, at, {**(axes or {"occupancy": "in_use"})}, outlet)


def reservation(
    cabinet: str, at: datetime, number: str, outlet: str | None = "1", state: str = "confirmed"
) -> bytes:
    """A reservation of two hours for a market, from an hour after it was made."""
    start = at + timedelta(hours=1)
    data: dict[str, Json] = {
        "reservationId": number,
        "state": state,
        "period": {"start": instant(start), "end": instant(start + timedelta(hours=2))},
        "holder": "p1:0123456789abcdefghijklmnop",
        "activity": {"id": "verzonnen-markt", "type": "market"},
    }
    return event("reservation", cabinet, at, data, outlet)


def session(cabinet: str, at: datetime, number: str, outlet: str = "1") -> bytes:
    """A session starts."""
    data: dict[str, Json] = {"sessionId": number, "event": "started", "startedAt": instant(at)}
    return event("session", cabinet, at, data, outlet)


def fault(cabinet: str, at: datetime, state: str = "raised", outlet: str | None = "1") -> bytes:
    """A residual current device tripped, or was reset."""
    data: dict[str, Json] = {
        "faultId": "F-1",
        "code": "rcd_trip",
        "state": state,
        "severity": "error",
        "text": "Verzonnen storing",
    }
    return event("fault", cabinet, at, data, outlet)


def measurement(cabinet: str, at: datetime, outlet: str = "1", value: str = "1000.5") -> bytes:
    """Four readings of a socket's meter: a register, current, voltage and power."""
    readings: list[Json] = [
        {"quantity": "energy.import.register", "phase": "total", "value": value, "unit": "Wh"},
        {"quantity": "current", "phase": "L1", "value": "15.80", "unit": "A"},
        {"quantity": "voltage", "phase": "L1", "value": "231.2", "unit": "V"},
        {"quantity": "power.import", "phase": "total", "value": "3640.5", "unit": "W"},
    ]
    data: dict[str, Json] = {"readings": readings, "meter": f"{cabinet}-MTR-{outlet}"}
    return event("measurement", cabinet, at, data, outlet)


def measurements(
    cabinet: str, start: datetime, count: int, step: timedelta = timedelta(minutes=15)
) -> Iterator[bytes]:
    """A row of measurements of socket 1 with a register that grows."""
    for number in range(count):
        yield measurement(cabinet, start + number * step, value=f"{1000 + number}.5")


def aggregate(
    of: str, subject: str, start: datetime, end: datetime, wh: int, audience: str = "public"
) -> bytes:
    """What the service itself says that many users used together."""
    data: dict[str, Json] = {
        "of": of,
        "subject": subject,
        "quantity": "energy.import",
        "period": {"start": instant(start), "end": instant(end)},
        "value": str(wh),
        "unit": "Wh",
        "audience": audience,
    }
    return event("aggregate", subject, end, data)
