"""A booking platform that reports reservations with signed CloudEvents.

An outlet is booked for an hour, one hour before; the end of the hour is reported when it is over.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Final, Literal

import msgspec

from ldes_shok.cabinet.encode import canonical_json, instant_text
from ldes_shok.cabinet.event import Reservation, ReservationData
from ldes_shok.cabinet.measurement import Period
from ldes_shok.demo.devices.places import DevicePlace

_HOUR: Final = timedelta(hours=1)
_LETTERS: Final = "0123456789abcdefghijklmnopqrstuv"


@dataclass(frozen=True, slots=True)
class Bookings:
    """The platform, for one outlet."""

    seed: int
    place: DevicePlace

    def cloud_events(self, at: datetime) -> bytes:
        """Return its events of the hour of `at`: the next hour is booked, the last one was used."""
        hour = at.replace(minute=0, second=0, microsecond=0)
        events = (
            self._cloud_event(hour + _HOUR, "confirmed", hour),
            self._cloud_event(hour - _HOUR, "used", hour),
        )
        return msgspec.json.encode(events)

    def _cloud_event(
        self, start: datetime, state: Literal["confirmed", "used"], at: datetime
    ) -> dict[str, object]:
        reservation = f"B-{self.place.cabinet}-{start:%Y%m%dT%H}"
        rng = Random(f"{self.seed}/{reservation}")
        event = Reservation(
            v=1,
            cabinet=self.place.cabinet,
            outlet=self.place.outlet,
            observed_at=instant_text(at),
            clock="S",
            data=ReservationData(
                reservation_id=reservation,
                state=state,
                period=Period(instant_text(start), instant_text(start + _HOUR)),
                holder="p1:" + "".join(rng.choice(_LETTERS) for _ in range(26)),
            ),
        )
        return {
            "specversion": "1.0",
            "id": f"{reservation}-{state}",
            "source": "https://boekingen.voorbeeldstad.example/",
            "type": "example.voorbeeldstad.reservation",
            "datacontenttype": "application/json",
            "data": msgspec.Raw(canonical_json(event)),
        }


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Return the HMAC-SHA256 of `{timestamp}.{body}`, as the header has it."""
    digest = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256)
    return f"sha256={digest.hexdigest()}"
