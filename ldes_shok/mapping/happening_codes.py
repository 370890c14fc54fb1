"""The concepts for what happens at an outlet: sessions, faults, reservations, activities.

A reservation state that OSLO Zaalreservatie has keeps its IRI there; the others are ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final


def _table(pairs: Mapping[str, str]) -> Mapping[str, str]:
    return MappingProxyType(dict(pairs))


ACTIVERING: Final = _table({"started": "geactiveerd", "ended": "gedeactiveerd"})

ACTIVERINGSWIJZE: Final = _table(
    {
        "rfid": "rfid",
        "app": "app",
        "qr": "qr",
        "operator": "bediener",
        "schedule": "planning",
        "plug": "stekker",
        "none": "geen",
        "unknown": "onbekend",
    }
)

STOPREDEN: Final = _table(
    {
        "local": "ter-plaatse",
        "remote": "op-afstand",
        "reservation_end": "einde-reservatie",
        "idle": "inactief",
        "power_loss": "stroomuitval",
        "fault": "storing",
        "emergency": "noodstop",
        "deauthorized": "toegang-ingetrokken",
        "limit": "limiet",
        "reboot": "herstart",
        "unplugged": "uitgetrokken",
        "other": "ander",
        "unknown": "onbekend",
    }
)

FOUTCODE: Final = _table(
    {
        "rcd_trip": "differentieelschakelaar",
        "mcb_trip": "automaat",
        "overcurrent": "overstroom",
        "overload": "overbelasting",
        "overvoltage": "overspanning",
        "undervoltage": "onderspanning",
        "phase_loss": "faseverlies",
        "supply_loss": "voedingsuitval",
        "meter_fault": "meterfout",
        "relay_fault": "relaisfout",
        "over_temperature": "oververhitting",
        "door_forced": "deur-geforceerd",
        "tamper": "manipulatie",
        "water_ingress": "waterinsijpeling",
        "comm_loss": "communicatieverlies",
        "controller_fault": "sturingsfout",
        "emergency_stop": "noodstop",
        "lock_fault": "slotfout",
        "other": "ander",
    }
)

STORINGSSTATUS: Final = _table({"raised": "gemeld", "cleared": "opgelost"})

ERNST: Final = _table(
    {"info": "info", "warning": "waarschuwing", "error": "fout", "critical": "kritiek"}
)

ACTIVITEITTYPE: Final = _table(
    {
        "market": "markt",
        "fair": "kermis",
        "event": "evenement",
        "standing_trade": "standplaats-ambulante-handel",
        "works": "werken",
        "other": "ander",
    }
)

ZAALRESERVATIE: Final = "https://data.vlaanderen.be/id/concept/Infrastructuurreservatiestatustype"
"""The code list of OSLO Zaalreservatie, whose concepts its official examples use."""

OSLO_RESERVATION: Final = _table(
    {"requested": "Aanvraag", "confirmed": "bevestigd", "cancelled": "geannuleerd"}
)
RESERVATIESTATUS: Final = _table(
    {
        "active": "actief",
        "used": "gebruikt",
        "expired": "verlopen",
        "no_show": "nietOpgedaagd",
    }
)
