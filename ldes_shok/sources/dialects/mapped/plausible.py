"""Finds powers a thousand times too large or too small for their voltage and current.

A charger that sends 3.64 W and means kW is found by its own voltage and current (P against the sum
of U x I). It is unknown which of the three is wrong. A power in the wrong unit is by far the most
common, so the power is dropped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final

from ldes_shok.cabinet.measurement import Reading

_FACTOR: Final = Decimal(500)
"""Closer to a thousand than any power factor gets, from either side."""

_LEAST_VOLT_AMPERE: Final = Decimal(500)
"""Below it a filter without a load may well draw a current and hardly any power."""

_PHASES: Final = ("L1", "L2", "L3")


def ill_scaled(readings: Iterable[Reading]) -> frozenset[int]:
    """The places, in `readings`, of powers that are impossible.

    Only instantaneous readings of one meter at one time are compared. If a voltage or a current is
    missing, nothing is compared.
    """
    listed = [
        (place, reading)
        for place, reading in enumerate(readings)
        if reading.stat in (None, "instant")
    ]
    apparent = _apparent({(r.quantity, r.phase): abs(Decimal(r.value)) for _, r in listed})
    return frozenset(
        place
        for place, reading in listed
        if reading.quantity in ("power.import", "power.export")
        and reading.phase in apparent
        and _is_far(abs(Decimal(reading.value)), apparent[reading.phase])
    )


def _apparent(values: Mapping[tuple[str, str], Decimal]) -> Mapping[str, Decimal]:
    """U x I of each phase that has both, and their sum if every current has its voltage."""
    currents = {
        phase: values["current", phase] for phase in _PHASES if ("current", phase) in values
    }
    found = {
        phase: current * values["voltage", phase]
        for phase, current in currents.items()
        if ("voltage", phase) in values
    }
    if found and len(found) == len(currents):
        return {**found, "total": sum(found.values(), Decimal())}
    if ("current", "total") in values and ("voltage", "total") in values:
        # A socket of one phase, or a device that does not distinguish phases.
        return {**found, "total": values["current", "total"] * values["voltage", "total"]}
    return found


def _is_far(power: Decimal, apparent: Decimal) -> bool:
    if not power or apparent < _LEAST_VOLT_AMPERE:
        return False
    return power * _FACTOR < apparent or power > apparent * _FACTOR
