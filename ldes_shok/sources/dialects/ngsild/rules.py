"""The meaning of each property of an entity, from the data models and the settings.

The units of ThreePhaseAcMeasurement are those of Smart Data Models (dataModel.Energy,
`x-ngsi.units` of its schema): energy in kWh, power in W. Not every broker follows that. So a
property's own `unitCode` has precedence over it, and the unit in the settings over both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from ldes_shok.cabinet.measurement import UNIT_OF, Phase, Quantity
from ldes_shok.sources.common.quantities import number_of
from ldes_shok.sources.dialects.ngsild.section import NgsiLd, NgsiLdProperty, NgsiLdState, Stat


@dataclass(frozen=True, slots=True)
class MeasuredProperty:
    """The meaning of a property.

    Attributes:
        quantity: of its readings.
        assumed_unit: the unit if neither the settings nor the message give one.
        unit: from the settings; None if they give none.
        stat: the statistic of the values in a period.
        sentinels: values that mean "no value".
    """

    quantity: Quantity
    assumed_unit: str
    unit: str | None = None
    stat: Stat | None = None
    sentinels: frozenset[Decimal] = frozenset()


def measured_properties(section: NgsiLd) -> Mapping[str, MeasuredProperty]:
    """The properties of the data models, with those of the settings laid over them, by name."""
    own = {given.property: _measured(given) for given in section.properties}
    return {**THREE_PHASE_AC_MEASUREMENT, **own}


def state_properties(section: NgsiLd) -> Mapping[str, NgsiLdState]:
    """The properties with a state, in the same way."""
    return {**DEVICE, **{state.property: state for state in section.states}}


def _measured(given: NgsiLdProperty) -> MeasuredProperty:
    # The unit of its quantity, if neither its data model nor the property itself gives one.
    model = THREE_PHASE_AC_MEASUREMENT.get(given.property)
    assumed = model.assumed_unit if model and model.quantity == given.quantity else ""
    numbers = (number_of(sentinel) for sentinel in given.sentinels)
    return MeasuredProperty(
        given.quantity,
        assumed or UNIT_OF[given.quantity],
        given.unit,
        given.stat,
        frozenset(number for number in numbers if number is not None),
    )


PHASES: Final[Mapping[str, Phase]] = {
    "L1": "L1",
    "L2": "L2",
    "L3": "L3",
    "N": "N",
    "L12": "L1-L2",
    "L23": "L2-L3",
    "L32": "L2-L3",  # as the data model's text has it, beside its own L23
    "L31": "L3-L1",
}

THREE_PHASE_AC_MEASUREMENT: Final[Mapping[str, MeasuredProperty]] = {
    "totalActiveEnergyImport": MeasuredProperty("energy.import.register", "kWh"),
    "totalActiveEnergyExport": MeasuredProperty("energy.export.register", "kWh"),
    "activeEnergyImport": MeasuredProperty("energy.import.register", "kWh"),
    "activeEnergyExport": MeasuredProperty("energy.export.register", "kWh"),
    "totalActivePower": MeasuredProperty("power.import", "W"),
    "activePower": MeasuredProperty("power.import", "W"),
    "totalApparentPower": MeasuredProperty("power.apparent", "VA"),
    "apparentPower": MeasuredProperty("power.apparent", "VA"),
    "totalPowerFactor": MeasuredProperty("power.factor", "1"),
    "powerFactor": MeasuredProperty("power.factor", "1"),
    "current": MeasuredProperty("current", "A"),
    "phaseVoltage": MeasuredProperty("voltage", "V"),
    "phaseToPhaseVoltage": MeasuredProperty("voltage", "V"),
    "frequency": MeasuredProperty("frequency", "Hz"),
}
"""Power is "consumed", so its sign is the direction. The event has no quantity for reactive
energy."""

DEVICE: Final[Mapping[str, NgsiLdState]] = {
    "deviceState": NgsiLdState(
        "deviceState", "operation", {"ok": "operational", "error": "defect"}
    ),
}
"""`ok` is the data model's own example. Other words are the vendor's and become `unknown`."""
