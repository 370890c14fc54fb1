"""An OCPP 1.6J station: a session every two hours, with meter values every quarter of an hour.

What it sends follows from the time alone. When it connects, it repeats this session and the one
before, as a station does after an outage; the service recognises what it knows already.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from ldes_shok.cabinet.encode import instant_text
from ldes_shok.demo.devices.load import Load

_QUARTER: Final = timedelta(minutes=15)
_SESSION_QUARTERS: Final = 8
_STOPS: Final = 7
"""The session stops before its last quarter, in which the outlet is free."""

_ORIGIN: Final = datetime(2026, 1, 1, tzinfo=UTC)
_IN_TRANSACTION: Final = frozenset({"MeterValues", "StopTransaction"})


@dataclass(frozen=True, slots=True)
class StationCall:
    """A request: `needs_transaction` is set if the last start's number belongs in it."""

    action: str
    payload: dict[str, object]

    @property
    def needs_transaction(self) -> bool:
        """Whether `transactionId` must still be filled in."""
        return self.action in _IN_TRANSACTION


@dataclass(frozen=True, slots=True)
class Station:
    """One station with one connector."""

    name: str
    card: str
    load: Load

    def greeting(self) -> StationCall:
        """Return the first request on a connection (OCPP 1.6, 4.2)."""
        payload: dict[str, object] = {
            "chargePointVendor": "Verzonnen",
            "chargePointModel": "Kast",
            "chargePointSerialNumber": self.name,
        }
        return StationCall("BootNotification", payload)

    def remembered_since(self, at: datetime) -> datetime:
        """Return the start of what it repeats: the beginning of the session before."""
        quarter = _quarter(at)
        sessions = quarter // _SESSION_QUARTERS - 1
        return _ORIGIN + sessions * _SESSION_QUARTERS * _QUARTER

    def calls(self, since: datetime, until: datetime) -> Iterator[StationCall]:
        """Yield what happened in [since, until), in order."""
        quarter = _quarter(since)
        if _time(quarter) < since:
            quarter += 1
        while _time(quarter) < until:
            yield from self._calls_of(quarter)
            quarter += 1

    def _calls_of(self, quarter: int) -> Iterator[StationCall]:
        at, step = _time(quarter), quarter % _SESSION_QUARTERS
        text, wh = instant_text(at), self.load.register_wh(at)
        if step == 0:
            yield _status("Preparing", text)
            start = {"connectorId": 1, "idTag": self.card, "meterStart": wh, "timestamp": text}
            yield StationCall("StartTransaction", start)
            yield _status("Charging", text)
        elif step < _STOPS:
            yield StationCall("MeterValues", {"connectorId": 1, "meterValue": [self._sample(at)]})
        else:
            stop = {"meterStop": wh, "timestamp": text, "reason": "Local", "idTag": self.card}
            yield StationCall("StopTransaction", stop)
            yield _status("Available", text)

    def _sample(self, at: datetime) -> dict[str, object]:
        def value(text: int, measurand: str, unit: str) -> dict[str, str]:
            return {"value": str(text), "measurand": measurand, "unit": unit}

        return {
            "timestamp": instant_text(at),
            "sampledValue": [
                value(self.load.register_wh(at), "Energy.Active.Import.Register", "Wh"),
                value(self.load.watts(at), "Power.Active.Import", "W"),
            ],
        }


def _status(status: str, text: str) -> StationCall:
    payload: dict[str, object] = {
        "connectorId": 1, "errorCode": "NoError", "status": status, "timestamp": text,
    }  # fmt: skip
    return StationCall("StatusNotification", payload)


def _quarter(at: datetime) -> int:
    return (at - _ORIGIN) // _QUARTER


def _time(quarter: int) -> datetime:
    return _ORIGIN + quarter * _QUARTER
