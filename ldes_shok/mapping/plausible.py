"""Checks one event alone for impossible values; such an event waits in quarantine for a person.

Nothing is corrected, and nothing is compared with earlier events. Values are compared as floats,
which is exact enough for bounds that are orders of magnitude away; the published value is the text.
The numbers of the faults are those of the project's table of faults.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ldes_shok.cabinet.configuration import OutletConfiguration
from ldes_shok.cabinet.event import Configuration, Envelope, Measurement, Session
from ldes_shok.cabinet.incoming import Received
from ldes_shok.cabinet.instants import EARLIEST, MOST_AHEAD, parse_instant
from ldes_shok.cabinet.measurement import Reading
from ldes_shok.errors import NotMapped
from ldes_shok.mapping.state import CabinetState

TIME_TOO_OLD: Final = "time_too_old"
TIME_IN_FUTURE: Final = "time_in_future"
ENDS_BEFORE_START: Final = "ends_before_start"
NEGATIVE_IMPORT: Final = "negative_import"
OVER_PHYSICAL_BOUND: Final = "over_physical_bound"
POWER_RATIO: Final = "power_ratio"

_VOLTS: Final = 230
_MARGIN: Final = 1.25
_THOUSANDFOLD: Final = (500.0, 2000.0)
_LEAST_VOLT_AMPERES: Final = 100.0
_ORDINARY_WATTS: Final = (200.0, 50_000.0)
"""Between these, no power is a thousand times too high (125 A, 3 phases) or too low (100 VA)."""
_IMPORTS: Final = frozenset({"energy.import.register", "energy.import.interval", "power.import"})
_POWERS: Final = frozenset({"power.import", "power.export", "power.demand"})
_SINGLE_PHASES: Final = frozenset({"L1", "L2", "L3"})

_SOCKETS: Final[dict[str, tuple[int, int]]] = {
    "IEC60309-2P+E-16": (16, 1),
    "IEC60309-2P+E-32": (32, 1),
    "IEC60309-3P+N+E-16": (16, 3),
    "IEC60309-3P+N+E-32": (32, 3),
    "IEC60309-3P+N+E-63": (63, 3),
    "IEC60309-3P+N+E-125": (125, 3),
    "CEE7/5": (16, 1),
    "CEE7/3": (16, 1),
}
"""The rating of a socket in A and phases, if the configuration does not give it."""


def check_time(received: Received) -> None:
    """Refuse times before 2015 (1, 2), or more than ten minutes after the receipt (4, 5).

    A configuration may be announced in advance; a person dated a `historical` event.

    Raises:
        NotMapped: with the field, and what to do.
    """
    event = received.event
    at = parse_instant(event.observed_at)
    if at < EARLIEST:
        raise NotMapped(
            TIME_TOO_OLD,
            f"observedAt {event.observed_at} is before 2015: the device's clock was not set; "
            "send it again with the time at which it was observed",
        )
    if at - received.received_at > MOST_AHEAD and not _may_be_ahead(event):
        raise NotMapped(
            TIME_IN_FUTURE,
            f"observedAt {event.observed_at} is more than 10 minutes after it was received: the "
            "device's clock is ahead, or its local time is sent as UTC; correct its clock or the "
            "zone of its source and send it again",
        )
    if isinstance(event, Session):
        _check_session(event)


def check_readings(event: Measurement, state: CabinetState) -> None:
    """Refuse import below zero (38), power above what the fuse allows (39), kW sent as W (36).

    Args:
        event: a measurement.
        state: of its cabinet, as configured then.

    Raises:
        NotMapped: with the field, and what to do.
    """
    readings = event.data.readings
    for index, reading in enumerate(readings):
        quantity = reading.quantity
        if quantity in _IMPORTS and reading.value[0] == "-" and float(reading.value) < 0:
            raise NotMapped(
                NEGATIVE_IMPORT,
                f"data.readings[{index}].value of {quantity} is {reading.value}, below zero: if "
                "the cabinet delivers to the grid send it as export, else look at the direction "
                "of its current transformer",
            )
        if quantity in _POWERS:
            watts = abs(float(reading.value))
            _check_bound(index, reading, watts, event.outlet, state)
            if not _ORDINARY_WATTS[0] < watts < _ORDINARY_WATTS[1]:
                _check_ratio(readings)


def _may_be_ahead(event: Envelope) -> bool:
    return event.historical or isinstance(event, Configuration)


def _check_session(event: Session) -> None:
    data = event.data
    started = parse_instant(data.started_at)
    if started < EARLIEST:
        raise NotMapped(
            TIME_TOO_OLD,
            f"data.startedAt {data.started_at} is before 2015: the device's clock was not set; "
            "send it again with the time at which the session started",
        )
    if data.ended_at is not None and parse_instant(data.ended_at) < started:
        raise NotMapped(
            ENDS_BEFORE_START,
            f"data.endedAt {data.ended_at} is before data.startedAt {data.started_at}: the "
            "device's clock was set in between; send both times by the same clock",
        )


def _check_bound(
    index: int, reading: Reading, value: float, outlet: str | None, state: CabinetState
) -> None:
    rating = _rating(outlet, state)
    if rating is None:
        return
    amperes, phases = rating
    if reading.phase in _SINGLE_PHASES:
        phases = 1
    watts = _VOLTS * amperes * phases * _MARGIN
    if value > watts:
        place = f"outlet {outlet}" if outlet else "the cabinet"
        raise NotMapped(
            OVER_PHYSICAL_BOUND,
            f"data.readings[{index}].value of {reading.quantity} is {reading.value} W, and "
            f"{place} lets through {watts:g} W at most (230 V x {amperes:g} A x {phases} x 1.25): "
            "correct the unit in the mapping of its source, or the rating in its configuration",
        )


def _rating(outlet: str | None, state: CabinetState) -> tuple[float, int] | None:
    """Amperes and phases of the outlet or the cabinet; None if they are not known."""
    if outlet is None:
        limit = state.configuration.max_current_a
        return None if limit is None else (float(limit), state.configuration.phases or 3)
    known = state.outlets.get(outlet)
    return None if known is None else _rating_of(known.configuration)


def _rating_of(outlet: OutletConfiguration) -> tuple[float, int] | None:
    amperes, phases = _SOCKETS.get(outlet.socket or "", (None, 3))
    rated = outlet.rated_current_a
    if rated is not None:
        return float(rated), outlet.phases or phases
    return None if amperes is None else (float(amperes), outlet.phases or phases)


def _check_ratio(readings: Sequence[Reading]) -> None:
    """Compare power with the sum of voltage times current over the phases that have both."""
    volts: dict[str, float] = {}
    amperes: dict[str, float] = {}
    power: tuple[int, float] | None = None
    for index, reading in enumerate(readings):
        if reading.stat not in (None, "instant"):
            continue
        if reading.quantity == "voltage":
            volts[reading.phase] = float(reading.value)
        elif reading.quantity == "current":
            amperes[reading.phase] = float(reading.value)
        elif reading.quantity == "power.import" and reading.phase == "total":
            power = index, float(reading.value)
    if power is None or not amperes.keys() <= volts.keys():
        return
    index, watts = power
    product = sum(abs(volts[phase] * current) for phase, current in amperes.items())
    if product < _LEAST_VOLT_AMPERES or watts <= 0:
        return
    low, high = _THOUSANDFOLD
    if low < product / watts < high or low < watts / product < high:
        raise NotMapped(
            POWER_RATIO,
            f"data.readings[{index}].value of power.import is {readings[index].value} W, and "
            f"voltage times current is {product:.0f} VA, a thousand times as much or as little: "
            "kilowatts were taken for watts; correct the unit in the mapping of its source",
        )
