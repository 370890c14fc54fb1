"""Events that carry a mark wherever something could be about a person, or is nobody's business.

A mark is found again by `MARK` in whatever case and form: as a text, an EAN, a pseudonym, a number.
What is public by design (a cabinet's and a socket's own name, its address, the market that a
reservation is for) has none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from tests.support.events import Json, event, instant

MARK: Final = re.compile(rb"lek[0-9]{7}|544477[0-9]{12}|4447770[0-9]{7}", re.IGNORECASE)

CABINETS: Final = ("VBS-001", "VBS-002")
START: Final = datetime(2026, 5, 12, tzinfo=UTC)
_STEP: Final = timedelta(seconds=5)
_UNKNOWN_METERS: Final = 50
_WORDS: Final = ("free", "in_use", "reserved", "unknown")

Data = Mapping[str, Json]


def marked_events(first: int, count: int) -> Iterator[bytes]:
    """So many events of all kinds, good and bad, each with its own marks; the rest is the same."""
    for number in range(first, first + count):
        yield _MADE[number % len(_MADE)](number)


def _text(number: int) -> str:
    return f"LEK{number:07d}"


def _pseudonym(number: int) -> str:
    return f"p1:{f'lek{number:07d}':0<26}"


def _at(number: int) -> datetime:
    return START + number * _STEP


def _cabinet(number: int) -> str:
    return CABINETS[number % len(CABINETS)]


def marked_configuration(number: int, cabinet: str, valid_from: datetime) -> bytes:
    """Serials, an EAN, makers and versions; the sockets keep their names."""
    mark = _text(number)
    outlets: Sequence[Json] = [
        {"id": str(n), "socket": "IEC60309-2P+E-16", "meter": f"{mark}-{n}"} for n in (1, 2)
    ]
    meters: Sequence[Json] = [
        {"serial": f"{mark}-{n}", "outlet": str(n), "model": f"model {mark}"} for n in (1, 2)
    ]
    data: Data = {
        "op": "upsert",
        "validFrom": instant(valid_from),
        "cabinet": {
            "type": "marktkast",
            "name": f"Verzonnen plein {cabinet}",
            "position": [2.8, 51.4],
            "ean": f"544477{number:012d}",
            "manufacturer": f"maker {mark}",
            "model": mark,
            "firmware": mark,
            "address": {"street": "Verzonnen plein", "number": "1"},
        },
        "outlets": outlets,
        "meters": [*meters, {"serial": f"{mark}-HEAD"}],
    }
    return event("configuration", cabinet, valid_from, data)


def _status(number: int) -> bytes:
    word = _WORDS[number // len(_MADE) % len(_WORDS)]
    data: Data = {"occupancy": word, "cause": "other", "vendorState": _text(number)}
    return event("status", _cabinet(number), _at(number), data, "1")


def _measurement(number: int) -> bytes:
    readings: list[Json] = [
        {"quantity": "current", "phase": "L1", "value": f"{number % 16}.5", "unit": "A"}
    ]
    data: Data = {"readings": readings, "session": _text(number)}
    return event("measurement", _cabinet(number), _at(number), data, "1")


def _unknown_meter(number: int) -> bytes:
    """Not too many: with each configuration all that wait are tried again."""
    if number > _UNKNOWN_METERS * len(_MADE):
        return _measurement(number)
    value = f"{number}.5"
    readings: list[Json] = [
        {"quantity": "energy.import.register", "phase": "total", "value": value, "unit": "Wh"}
    ]
    data: Data = {"readings": readings, "meter": _text(number)}
    return event("measurement", _cabinet(number), _at(number), data, "2")


def _session(number: int) -> bytes:
    at = instant(_at(number))
    data: Data = {
        "sessionId": _text(number), "event": "ended", "startedAt": at, "endedAt": at,
        "user": _pseudonym(number), "method": "rfid", "reservationId": f"R-{_text(number)}",
        "stopReason": "local", "seq": number,
        "endRegister": {"value": f"{number}", "unit": "Wh", "meter": _text(number)},
    }  # fmt: skip
    return event("session", _cabinet(number), _at(number), data, "1")


def _reservation(number: int) -> bytes:
    period: Data = {"start": instant(_at(number)), "end": instant(_at(number) + _STEP)}
    data: Data = {
        "reservationId": _text(number), "state": "confirmed", "period": period,
        "holder": _pseudonym(number), "activity": {"id": f"markt-{number % 7}", "type": "market"},
    }  # fmt: skip
    return event("reservation", _cabinet(number), _at(number), data, "1")


def _fault(number: int) -> bytes:
    data: Data = {
        "faultId": _text(number), "code": "rcd_trip", "state": "raised", "severity": "error",
        "vendorCode": _text(number), "text": f"Kaart van {_text(number)} geweigerd",
    }  # fmt: skip
    return event("fault", _cabinet(number), _at(number), data, "1")


def _unknown_cabinet(number: int) -> bytes:
    return event("status", _text(number), _at(number), {"occupancy": "free"}, "1")


def _unknown_field(number: int) -> bytes:
    told = json.loads(_status(number))
    told["data"]["idTag"] = told[_text(number)] = _text(number)
    return json.dumps(told).encode()


def _wrong_types(number: int) -> bytes:
    told = json.loads(_session(number))
    marks: list[Json] = [_text(number), {"uid": _text(number)}, 44_477_700_000_000 + number]
    told["data"]["user"] = marks[number // len(_MADE) % len(marks)]
    return json.dumps(told).encode()


def _wrong_form(number: int) -> bytes:
    """In a field that is checked, so that a sentence is said about it."""
    told = json.loads(_status(number))
    field = ("cabinet", "observedAt", "outlet", "key", "quality")[number // len(_MADE) % 5]
    told[field] = f"<{_text(number)}>"
    return json.dumps(told).encode()


def _configuration(number: int) -> bytes:
    """Now and then; a fault otherwise."""
    if number % (50 * len(_MADE)) >= len(_MADE):
        return _fault(number)
    return marked_configuration(number, _cabinet(number // len(_MADE)), _at(number))


_MADE: Final = (
    _status, _measurement, _session, _reservation, _fault, _unknown_meter, _unknown_cabinet,
    _unknown_field, _wrong_types, _wrong_form, _configuration,
)  # fmt: skip
