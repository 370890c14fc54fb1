"""What a source says of its entities: which cabinet each is, and what each property measures.

Units of ThreePhaseAcMeasurement as Smart Data Models has them (dataModel.Energy, `x-ngsi.units` of
its schema): energy in kWh, power in W. Not every broker keeps to that, so a property's own
`unitCode` counts before it, and the unit in the settings before both.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from ldes_shok.cabinet.measurement import Phase, Quantity

Axis = Literal["operation", "occupancy", "power", "plug", "door", "connectivity"]
Stat = Literal["instant", "mean", "max", "min"]

_HOLE: Final = re.compile(r"\{(cabinet|outlet|meter|any)\}")
_NAMED: Final = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
_MOST_ID_CHARACTERS: Final = 256


@dataclass(frozen=True, slots=True)
class PropertyRule:
    """What a property measures.

    Attributes:
        quantity: of its readings.
        assumed_unit: where neither the settings nor the message say it.
        unit: what the settings say; None if they do not.
        stat: what it is of the values in a period.
        sentinels: values that mean that there is none.
    """

    quantity: Quantity
    assumed_unit: str
    unit: str | None = None
    stat: Stat | None = None
    sentinels: frozenset[Decimal] = frozenset()


@dataclass(frozen=True, slots=True)
class StateRule:
    """What a property says of a state: the axis, and the device's words in ours."""

    axis: Axis
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class EntityPlace:
    """What an entity is to the city; `meter` is the serial number of its registers' meter."""

    cabinet: str
    outlet: str | None = None
    meter: str | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """All that a source says.

    Attributes:
        entities: places by the id of an entity.
        patterns: as `pattern` makes them; tried in order where `entities` has nothing.
        properties: by the last part of a property's name.
        states: likewise.
        time_property: of the simplified representation, which has no observedAt.
    """

    entities: Mapping[str, EntityPlace]
    patterns: Sequence[re.Pattern[str]]
    properties: Mapping[str, PropertyRule]
    states: Mapping[str, StateRule]
    time_property: str

    def place(self, entity: str) -> EntityPlace | None:
        """The place of an entity; None if nobody said it."""
        if entity in self.entities:
            return self.entities[entity]
        if len(entity) > _MOST_ID_CHARACTERS:
            return None
        for pattern in self.patterns:
            match = pattern.match(entity)
            if match is not None:
                names = match.groupdict()
                return EntityPlace(names["cabinet"], names.get("outlet"), names.get("meter"))
        return None


def pattern(template: str) -> re.Pattern[str]:
    """An id with holes as an expression, such as `urn:ngsi-ld:Device:{cabinet}-{outlet}`.

    `{cabinet}`, `{outlet}` and `{meter}` stand for a name, `{any}` for anything but a colon. The
    first hole takes as much as it can: of KST-01-3 the cabinet is KST-01.

    Raises:
        ValueError: it has no {cabinet}, a hole twice, or a brace that is none of these.
    """
    holes = _HOLE.findall(template)
    named = [hole for hole in holes if hole != "any"]
    if "cabinet" not in named:
        raise ValueError("has no {cabinet} in it")
    if len(set(named)) != len(named):
        raise ValueError("has a name in braces twice")
    if set(_HOLE.sub("", template)) & {"{", "}"}:
        raise ValueError("knows only {cabinet}, {outlet}, {meter} and {any}")
    expression = ""
    for number, part in enumerate(_HOLE.split(template)):
        if number % 2 == 0:
            expression += re.escape(part)
        elif part == "any":
            expression += "[^:]+"
        else:
            expression += f"(?P<{part}>{_NAMED})"
    return re.compile(rf"^{expression}\Z")


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

THREE_PHASE_AC_MEASUREMENT: Final[Mapping[str, PropertyRule]] = {
    "totalActiveEnergyImport": PropertyRule("energy.import.register", "kWh"),
    "totalActiveEnergyExport": PropertyRule("energy.export.register", "kWh"),
    "activeEnergyImport": PropertyRule("energy.import.register", "kWh"),
    "activeEnergyExport": PropertyRule("energy.export.register", "kWh"),
    "totalActivePower": PropertyRule("power.import", "W"),
    "activePower": PropertyRule("power.import", "W"),
    "totalApparentPower": PropertyRule("power.apparent", "VA"),
    "apparentPower": PropertyRule("power.apparent", "VA"),
    "totalPowerFactor": PropertyRule("power.factor", "1"),
    "powerFactor": PropertyRule("power.factor", "1"),
    "current": PropertyRule("current", "A"),
    "phaseVoltage": PropertyRule("voltage", "V"),
    "phaseToPhaseVoltage": PropertyRule("voltage", "V"),
    "frequency": PropertyRule("frequency", "Hz"),
}
"""Power is "consumed", so its sign is the direction. Reactive energy has no word in the event."""

DEVICE: Final[Mapping[str, StateRule]] = {
    "deviceState": StateRule("operation", {"ok": "operational", "error": "defect"}),
}
"""`ok` is the data model's own example; other words are the vendor's and become `unknown`."""
