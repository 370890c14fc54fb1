"""Maps the codes of the canonical event to the concepts of our code lists, with Dutch labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ldes_shok.cabinet.decimals import point_moved

KASTTYPE: Final = {
    "marktkast": "marktkast",
    "foorkast": "foorkast",
    "evenementenkast": "evenementenkast",
    "walstroomkast": "walstroomkast",
    "other": "ander",
}

STOPCONTACTTYPE: Final = {
    "IEC60309-2P+E-16": "cee-blauw-16a",
    "IEC60309-2P+E-32": "cee-blauw-32a",
    "IEC60309-3P+N+E-16": "cee-rood-16a",
    "IEC60309-3P+N+E-32": "cee-rood-32a",
    "IEC60309-3P+N+E-63": "cee-rood-63a",
    "IEC60309-3P+N+E-125": "cee-rood-125a",
    "CEE7/5": "cee7-5",
    "CEE7/3": "cee7-3",
    "powerlock": "powerlock",
    "IEC62196-2": "iec62196-2",
    "terminal": "klemmen",
    "other": "ander",
}

OPERATION: Final = {
    "operational": "operationeel",
    "defect": "defect",
    "maintenance": "inOnderhoud",
    "out_of_service": "buitenDienst",
    "unknown": "onbekend",
}

OCCUPANCY: Final = {
    "free": "vrij",
    "reserved": "gereserveerd",
    "in_use": "inGebruik",
    "unknown": "onbekend",
}

PRIVATE_AXES: Final = {
    "power": ("spanningsstatus", {"on": "aan", "off": "uit", "unknown": "onbekend"}),
    "plug": ("stekkerstatus", {"in": "in", "out": "uit", "unknown": "onbekend"}),
    "door": ("deurstatus", {"open": "open", "closed": "dicht", "unknown": "onbekend"}),
    "connectivity": (
        "verbindingsstatus",
        {"online": "online", "offline": "offline", "unknown": "onbekend"},
    ),
}
"""Axes that only the technical service sees: the scheme, and the concept of each code."""

STATISTIEK: Final = {"mean": "gemiddelde", "max": "maximum", "min": "minimum"}


@dataclass(frozen=True, slots=True)
class QuantityMapping:
    """How a quantity is published: property, unit, and how many places the point moves.

    `shift` 3 turns Wh into kWh and W into kW without a change of any digit.
    """

    kenmerk: str
    label: str
    unit: str
    symbol: str
    shift: int
    individual: bool

    def published(self, lexical: str) -> str:
        """The value of an event, converted to the unit of members."""
        return point_moved(lexical, -self.shift) if self.shift else lexical

    def reported(self, lexical: str) -> str:
        """The value of a member, converted to the unit of events."""
        return point_moved(lexical, self.shift) if self.shift else lexical


def _energy(kenmerk: str, label: str) -> QuantityMapping:
    return QuantityMapping(kenmerk, label, "KiloW-HR", "kWh", 3, individual=True)


def _technical(kenmerk: str, label: str, unit: str, symbol: str, shift: int = 0) -> QuantityMapping:
    return QuantityMapping(kenmerk, label, unit, symbol, shift, individual=False)


QUANTITY: Final[dict[str, QuantityMapping]] = {
    "energy.import.register": _energy("meterstand-elektriciteit", "Meterstand"),
    "energy.export.register": _energy("meterstand-injectie", "Meterstand injectie"),
    "energy.import.interval": _energy("elektriciteitsverbruik", "Verbruik"),
    "energy.export.interval": _energy("elektriciteitsinjectie", "Injectie"),
    "power.import": _technical("vermogen", "Vermogen", "KiloW", "kW", 3),
    "power.export": _technical("vermogen-injectie", "Vermogen injectie", "KiloW", "kW", 3),
    "power.demand": _technical("gemiddeld-vermogen", "Gemiddeld vermogen", "KiloW", "kW", 3),
    "power.apparent": _technical("schijnbaar-vermogen", "Schijnbaar vermogen", "KiloV-A", "kVA", 3),
    "power.factor": _technical("arbeidsfactor", "Arbeidsfactor", "UNITLESS", ""),
    "current": _technical("stroomsterkte", "Stroomsterkte", "A", "A"),
    "current.residual": _technical("lekstroom", "Lekstroom", "MilliA", "mA"),
    "voltage": _technical("spanning", "Spanning", "V", "V"),
    "frequency": _technical("frequentie", "Frequentie", "HZ", "Hz"),
    "temperature": _technical("temperatuur", "Temperatuur", "DEG_C", "°C"),
}

PEAK_POWER: Final = _technical("piekvermogen", "Piekvermogen", "KiloW", "kW", 3)
"""`power.demand` with `stat` max."""
