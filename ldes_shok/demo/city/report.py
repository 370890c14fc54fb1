"""Reports of a simulated controller: typed events with their time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import msgspec

from ldes_shok.cabinet.configuration import (
    Address,
    CabinetConfiguration,
    ConfigurationData,
    MeterConfiguration,
    OutletConfiguration,
)
from ldes_shok.cabinet.encode import instant_text
from ldes_shok.cabinet.event import (
    Configuration,
    Event,
    Measurement,
    Status,
    StatusData,
)
from ldes_shok.cabinet.measurement import MeasurementData
from ldes_shok.demo.city.metering import Meter
from ldes_shok.demo.city.plan import CabinetPlan, Stand

_MANUFACTURER = "Verzonnen Kasten"
_METER_MODEL = "Voorbeeldmeter"


@dataclass(frozen=True, slots=True)
class ControllerReport:
    """An event that leaves a controller.

    Attributes:
        event: the event.
        observed_at: when it was observed, UTC.
        since: the start of its period, or `observed_at`.
        live: the platform itself reports it, so a broken link to the cabinet does not delay it.
    """

    event: Event
    observed_at: datetime
    since: datetime
    live: bool = False

    def historical(self) -> ControllerReport:
        """Return the same report, delivered from a buffer."""
        event = msgspec.structs.replace(self.event, historical=True)
        return ControllerReport(event, self.observed_at, self.since, self.live)


def configuration(cabinet: CabinetPlan, meters: dict[str, Meter], at: datetime) -> ControllerReport:
    """Report all parts of a cabinet, valid from `at` on."""
    described = CabinetConfiguration(
        type=cabinet.type,
        name=cabinet.name,
        position=cabinet.stand.position,
        ean=cabinet.ean,
        max_current_a=Decimal(cabinet.max_current_a),
        phases=3,
        manufacturer=_MANUFACTURER,
        mobile=cabinet.mobile,
        address=Address(street=cabinet.stand.street, number=cabinet.stand.number),
    )
    outlets = tuple(
        OutletConfiguration(
            id=socket.id,
            socket=socket.socket,
            phases=socket.phases,
            rated_current_a=Decimal(socket.rated_current_a),
            rcd_ma=Decimal(30),
            meter=socket.meter,
        )
        for socket in cabinet.sockets
    )
    configured = (
        _meter(meters[cabinet.head_meter], None),
        *(_meter(meters[socket.meter], socket.id) for socket in cabinet.sockets),
    )
    return _upsert(
        cabinet, at, ConfigurationData("upsert", instant_text(at), described, outlets, configured)
    )


def moved(cabinet: CabinetPlan, stand: Stand, at: datetime) -> ControllerReport:
    """Report the new place of the cabinet from `at` on."""
    described = CabinetConfiguration(
        position=stand.position, address=Address(street=stand.street, number=stand.number)
    )
    return _upsert(cabinet, at, ConfigurationData("upsert", instant_text(at), described))


def _upsert(cabinet: CabinetPlan, at: datetime, data: ConfigurationData) -> ControllerReport:
    event = Configuration(
        v=1, cabinet=cabinet.id, observed_at=instant_text(at), clock="S", data=data
    )
    return ControllerReport(event, at, at, live=True)


def _meter(meter: Meter, outlet: str | None) -> MeterConfiguration:
    return MeterConfiguration(
        serial=meter.serial, model=_METER_MODEL, outlet=outlet, initial=str(meter.wh)
    )


def status(
    cabinet: CabinetPlan, outlet: str | None, at: datetime, data: StatusData, *, live: bool = False
) -> ControllerReport:
    """Report a change of state."""
    event = Status(
        v=1, cabinet=cabinet.id, outlet=outlet, observed_at=instant_text(at), clock="S", data=data
    )
    return ControllerReport(event, at, at, live)


def measurement(
    cabinet: CabinetPlan,
    outlet: str | None,
    since: datetime,
    at: datetime,
    data: MeasurementData,
) -> ControllerReport:
    """Report what a meter counted since `since`."""
    event = Measurement(
        v=1, cabinet=cabinet.id, outlet=outlet, observed_at=instant_text(at), clock="S", data=data
    )
    return ControllerReport(event, at, since)
