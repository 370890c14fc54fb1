"""The places of the devices: a cabinet for each, in a table as a city keeps one. All fictional."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

_HEADER: Final = (
    "Kast;Geldig vanaf;Type;Naam;Breedtegraad;Lengtegraad;Straat;Huisnummer;"
    "Stopcontact;Type stopcontact;Fasen;Ampère;Meternummer"
)
_OUTLET: Final = "CEE blauw 16A;1;16 A"
_STEP: Final = 210
"""Difference in longitude between two cabinets, in hundred-thousandths of a degree."""


class Dialect(StrEnum):
    """The dialect of a device; also the name of the source that takes it."""

    P1 = "demo-p1"
    OCPP = "demo-ocpp"
    NGSI_LD = "demo-ngsild"
    WEBHOOK = "demo-webhook"
    SHELLY = "demo-shelly"
    REST = "demo-rest"
    MQTT = "demo-mqtt"

    @property
    def says(self) -> str:
        """What the device sends, in a few words."""
        return _SAYS[self]

    @property
    def needs(self) -> str:
        """Why the device may be missing."""
        return "mosquitto is not installed" if self is Dialect.MQTT else "http.workers is not 1"


_SAYS: Final = {
    Dialect.P1: "telegrams of a P1 port, streamed over TCP",
    Dialect.OCPP: "an OCPP 1.6J station on a WebSocket",
    Dialect.NGSI_LD: "notifications of a context broker, POSTed",
    Dialect.WEBHOOK: "signed CloudEvents of a booking platform",
    Dialect.SHELLY: "a Shelly's JSON over HTTP, by a mapping",
    Dialect.REST: "a REST interface that is asked",
    Dialect.MQTT: "a Shelly over MQTT, through mosquitto",
}


@dataclass(frozen=True, slots=True)
class DevicePlace:
    """The cabinet of one device; the meter belongs to the outlet, or is the head meter."""

    dialect: Dialect
    cabinet: str
    name: str
    meter: str
    outlet: str | None = "1"


PLACES: Final = {
    place.dialect: place
    for place in (
        DevicePlace(Dialect.P1, "VBS-901", "Telegramplein", "VBM-901-H", None),
        DevicePlace(Dialect.OCPP, "VBS-902", "Laadplein", "VBM-902-01"),
        DevicePlace(Dialect.NGSI_LD, "VBS-903", "Contextplein", "VBM-903-01"),
        DevicePlace(Dialect.WEBHOOK, "VBS-904", "Boekingsplein", "VBM-904-01"),
        DevicePlace(Dialect.SHELLY, "VBS-905", "Schelpenplein", "VBM-905-01"),
        DevicePlace(Dialect.REST, "VBS-906", "Vraagplein", "VBM-906-01"),
        DevicePlace(Dialect.MQTT, "VBS-907", "Berichtenplein", "VBM-907-01"),
    )
}
"""The places by dialect."""


def assets_csv(places: Iterable[DevicePlace], valid_from: date) -> str:
    """Return the table of these cabinets, as `ldes-shok import assets` reads it.

    Args:
        places: in the order of their rows.
        valid_from: the local day since which they are there.
    """
    rows = [_HEADER]
    for number, place in enumerate(places):
        stands = (
            f"{place.cabinet};{valid_from:%d/%m/%Y};marktkast;{place.name} (verzonnen);"
            f"51,39370;2,{80_000 + _STEP * number};{place.name};1"
        )
        if place.outlet is None:
            rows.append(f"{stands};;;;;{place.meter}")
        else:
            rows.append(f"{stands};{place.outlet};{_OUTLET};{place.meter}")
    return "\n".join((*rows, ""))
