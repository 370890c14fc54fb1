"""What a simulated controller says: typed events with the moment they are about."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

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
    Activity,
    Configuration,
    Event,
    Fault,
    FaultData,
    Measurement,
    Reservation,
    ReservationData,
    Session,
    SessionData,
    Status,
    StatusData,
)
from ldes_shok.cabinet.measurement import MeasurementData, Period
from ldes_shok.sources.simulator.metering import Meter
from ldes_shok.sources.simulator.plan import CabinetPlan
from ldes_shok.sources.simulator.usage import Use

_MANUFACTURER = "Verzonnen Kasten"
_METER_MODEL = "Voorbeeldmeter"


@dataclass(frozen=True, slots=True)
class Report:
    """An event on its way out of a controller.

    Attributes:
        event: what is said.
        observed_at: when it was seen, UTC.
        since: the start of what it is about: the period's, or `observed_at`.
        live: said by the platform itself, so a broken link to the cabinet does not delay it.
    """

    event: Event
    observed_at: datetime
    since: datetime
    live: bool = False

    def historical(self) -> Report:
        """The same report, delivered from a buffer."""
        event = msgspec.structs.replace(self.event, historical=True)
        return Report(event, self.observed_at, self.since, self.live)


def configuration(cabinet: CabinetPlan, meters: dict[str, Meter], at: datetime) -> Report:
    """All that a cabinet consists of, valid from `at` on."""
    return Report(
        Configuration(
            v=1,
            cabinet=cabinet.id,
            observed_at=instant_text(at),
            clock="S",
            data=ConfigurationData(
                op="upsert",
                valid_from=instant_text(at),
                cabinet=CabinetConfiguration(
                    type=cabinet.type,
                    name=cabinet.name,
                    position=cabinet.position,
                    ean=cabinet.ean,
                    max_current_a=Decimal(cabinet.max_current_a),
                    phases=3,
                    manufacturer=_MANUFACTURER,
                    mobile=cabinet.mobile,
                    address=Address(street=cabinet.street, number=cabinet.number),
                ),
                outlets=tuple(
                    OutletConfiguration(
                        id=socket.id,
                        socket=socket.socket,
                        phases=socket.phases,
                        rated_current_a=Decimal(socket.rated_current_a),
                        rcd_ma=Decimal(30),
                        meter=socket.meter,
                    )
                    for socket in cabinet.sockets
                ),
                meters=(
                    _meter(meters[cabinet.head_meter], None),
                    *(_meter(meters[socket.meter], socket.id) for socket in cabinet.sockets),
                ),
            ),
        ),
        at,
        at,
        live=True,
    )


def _meter(meter: Meter, outlet: str | None) -> MeterConfiguration:
    return MeterConfiguration(
        serial=meter.serial, model=_METER_MODEL, outlet=outlet, initial=str(meter.wh)
    )


def status(
    cabinet: CabinetPlan, outlet: str | None, at: datetime, data: StatusData, *, live: bool = False
) -> Report:
    """A change of state."""
    event = Status(
        v=1, cabinet=cabinet.id, outlet=outlet, observed_at=instant_text(at), clock="S", data=data
    )
    return Report(event, at, at, live)


def measurement(
    cabinet: CabinetPlan,
    outlet: str | None,
    since: datetime,
    at: datetime,
    data: MeasurementData,
) -> Report:
    """What a meter counted since `since`."""
    event = Measurement(
        v=1, cabinet=cabinet.id, outlet=outlet, observed_at=instant_text(at), clock="S", data=data
    )
    return Report(event, at, since)


def session_started(cabinet: CabinetPlan, use: Use) -> Report:
    """A use began."""
    return _session(cabinet, use, use.start, "started")


def session_ended(cabinet: CabinetPlan, use: Use) -> Report:
    """A use ended."""
    return _session(cabinet, use, use.end, "ended")


def _session(
    cabinet: CabinetPlan, use: Use, at: datetime, what: Literal["started", "ended"]
) -> Report:
    ended = what == "ended"
    event = Session(
        v=1,
        cabinet=cabinet.id,
        outlet=use.socket.id,
        observed_at=instant_text(at),
        clock="S",
        data=SessionData(
            session_id=f"{cabinet.id}.{use.socket.id}.{use.start:%Y%m%dT%H%M%S}",
            event=what,
            started_at=instant_text(use.start),
            ended_at=instant_text(use.end) if ended else None,
            method="app",
            stop_reason=("fault" if use.trips else "local") if ended else None,
        ),
    )
    return Report(event, at, at)


def reservation(
    cabinet: CabinetPlan, use: Use, at: datetime, state: Literal["confirmed", "used", "no_show"]
) -> Report:
    """What the booking system says of a use; the holder is invented, one per socket."""
    holder = hashlib.sha256(f"{cabinet.id}/{use.socket.id}".encode()).hexdigest()[:26]
    place = re.sub(r"[^a-z0-9]+", "-", use.place.lower()).strip("-")
    event = Reservation(
        v=1,
        cabinet=cabinet.id,
        outlet=use.socket.id,
        observed_at=instant_text(at),
        clock="S",
        data=ReservationData(
            reservation_id=f"{cabinet.id}.{use.socket.id}.{use.start:%Y%m%dT%H%M%S}",
            state=state,
            period=Period(instant_text(use.start), instant_text(use.end)),
            holder=f"p1:{holder}",
            activity=Activity(f"{use.kind}-{place}", use.kind),
        ),
    )
    return Report(event, at, at)


def fault(
    cabinet: CabinetPlan, use: Use, at: datetime, state: Literal["raised", "cleared"]
) -> Report:
    """A residual-current device tripped, or was reset."""
    event = Fault(
        v=1,
        cabinet=cabinet.id,
        outlet=use.socket.id,
        observed_at=instant_text(at),
        clock="S",
        data=FaultData(
            fault_id=f"rcd_trip.{cabinet.id}.{use.socket.id}.{use.end:%Y%m%dT%H%M%S}",
            code="rcd_trip",
            state=state,
            severity="error",
        ),
    )
    return Report(event, at, at)
