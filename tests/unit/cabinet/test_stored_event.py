"""What is decoded again of a stored event is what a full decode gives."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from ldes_shok.cabinet.decode import decode_event
from ldes_shok.cabinet.stored_event import (
    stored_event,
    stored_measurement,
    stored_reservation,
    stored_session,
)
from tests.support.vertical import measurement, reservation, session, status

AT = "2026-05-12T08:00:00Z"
PERIOD = ("2026-05-12T07:45:00Z", AT)
READING = {"quantity": "energy.import.interval", "phase": "total", "value": "12.0", "unit": "Wh"}
DECODERS = (
    (stored_measurement, measurement(AT, [READING], period=PERIOD, historical=True)),
    (stored_measurement, measurement(AT, [READING], None, meter=None, period=PERIOD)),
    (stored_session, session("started", AT, data={"reservationId": "R-1"})),
    (stored_session, session("ended", AT, quality="estimated")),
    (stored_reservation, reservation("confirmed", AT, PERIOD)),
    (
        stored_reservation,
        reservation("active", AT, PERIOD, data={"activity": {"id": "A-1", "type": "market"}}),
    ),
    (stored_event, status(AT, axes={"occupancy": "free"}, raw=f"hmac-sha256:{'0' * 64}")),
)


@pytest.mark.parametrize(("decode", "payload"), DECODERS)
def test_each_field_is_as_a_full_decode_gives_it(
    decode: Callable[[bytes], msgspec.Struct], payload: bytes
) -> None:
    some = msgspec.to_builtins(decode(payload))
    every = msgspec.to_builtins(decode_event(payload))
    assert _within(some, every)


def test_a_measurement_without_data_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="data"):
        stored_measurement(b'{"observedAt": "2026-05-12T08:00:00Z", "clock": "S"}')


def _within(some: object, every: object) -> bool:
    """Whether all that `some` holds stands in `every`; what is absent there is a default here."""
    if isinstance(some, dict) and isinstance(every, dict):
        names = some.keys() - every.keys()
        return all(some[name] in {None, False, "good"} for name in names) and all(
            _within(value, every[name]) for name, value in some.items() if name in every
        )
    if isinstance(some, list | tuple) and isinstance(every, list | tuple):
        return len(some) == len(every) and all(map(_within, some, every))
    return some == every
