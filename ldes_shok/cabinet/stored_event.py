"""Decodes a stored event again: only the fields that are used, without the checks of `decode`.

It was checked when it came in. The folds read every event of the log, so each decode counts.
"""

from __future__ import annotations

from typing import Final

import msgspec

from ldes_shok.cabinet.event import Clock


class StoredPeriod(msgspec.Struct, gc=False):
    """A half-open interval [start, end), as `measurement.Period`."""

    start: str
    end: str


class StoredReading(msgspec.Struct, gc=False):
    """One value of one quantity on one phase, as `measurement.Reading`."""

    quantity: str
    phase: str
    value: str


class StoredMeasurementData(msgspec.Struct, gc=False):
    """As `measurement.MeasurementData`."""

    readings: list[StoredReading]
    meter: str | None = None
    period: StoredPeriod | None = None
    context: str | None = None
    session: str | None = None


class StoredSessionData(msgspec.Struct, rename="camel", gc=False):
    """As `event.SessionData`."""

    session_id: str
    event: str
    started_at: str
    ended_at: str | None = None
    user: str | None = None
    reservation_id: str | None = None


class StoredActivity(msgspec.Struct, gc=False):
    """As `event.Activity`."""

    id: str
    type: str


class StoredReservationData(msgspec.Struct, rename="camel", gc=False):
    """As `event.ReservationData`."""

    reservation_id: str
    state: str
    period: StoredPeriod
    holder: str | None = None
    activity: StoredActivity | None = None


class StoredEvent(msgspec.Struct, gc=False, kw_only=True):
    """The optional fields of any kind of event, as `event.Envelope`."""

    outlet: str | None = None
    historical: bool = False
    quality: str = "good"
    raw: str | None = None


class StoredMeasurement(StoredEvent, rename="camel", gc=False, kw_only=True):
    """As `event.Measurement`."""

    observed_at: str
    clock: Clock
    data: StoredMeasurementData


class StoredSession(StoredEvent, gc=False, kw_only=True):
    """As `event.Session`."""

    data: StoredSessionData


class StoredReservation(StoredEvent, gc=False, kw_only=True):
    """As `event.Reservation`."""

    data: StoredReservationData


_EVENT: Final = msgspec.json.Decoder(StoredEvent)
_MEASUREMENT: Final = msgspec.json.Decoder(StoredMeasurement)
_SESSION: Final = msgspec.json.Decoder(StoredSession)
_RESERVATION: Final = msgspec.json.Decoder(StoredReservation)

# Each raises msgspec.DecodeError for a payload that a less strict version stored.
stored_event = _EVENT.decode
stored_measurement = _MEASUREMENT.decode
stored_session = _SESSION.decode
stored_reservation = _RESERVATION.decode
