"""A REST interface of a metering company: hourly readings between two times, in its own format."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

import msgspec

from ldes_shok.cabinet.encode import instant_text
from ldes_shok.demo.devices.load import Load, with_point
from ldes_shok.demo.devices.places import DevicePlace

_HOUR: Final = timedelta(hours=1)
_MOST: Final = 1_000


def readings(place: DevicePlace, load: Load, since: datetime, until: datetime) -> bytes:
    """Return the answer: every whole hour in [since, until), at most a thousand."""
    rows = [
        {
            "kast": place.cabinet,
            "stopcontact": place.outlet,
            "meter": place.meter,
            "tijdstip": instant_text(at),
            "stand_kwh": Decimal(with_point(load.register_wh(at))),
            "vermogen_w": load.watts(at),
        }
        for at in _hours(since, until)
    ]
    return msgspec.json.Encoder(decimal_format="number").encode({"metingen": rows})


def _hours(since: datetime, until: datetime) -> Iterator[datetime]:
    at = since.replace(minute=0, second=0, microsecond=0)
    if at < since:
        at += _HOUR
    for _ in range(_MOST):
        if at >= until:
            return
        yield at
        at += _HOUR
