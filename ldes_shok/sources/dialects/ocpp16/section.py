"""What frames of OCPP 1.6 do not say, and the settings must."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from ldes_shok.sections.base import Section
from ldes_shok.sections.fields import Connector, Line, Name, Station

FaultCode = Literal[
    "rcd_trip", "mcb_trip", "overcurrent", "overload", "overvoltage", "undervoltage",
    "phase_loss", "supply_loss", "meter_fault", "relay_fault", "over_temperature",
    "door_forced", "tamper", "water_ingress", "comm_loss", "controller_fault",
    "emergency_stop", "lock_fault", "other",
]  # fmt: skip


class DataTransfer(Section, frozen=True):
    """A vendor's DataTransfer that says whether the door is open."""

    vendor: Annotated[Line, Meta(description="Its vendorId.")]
    message: Annotated[Line, Meta(description="Its messageId.")]
    field: Annotated[
        Line | None, Meta(description="Where its data has the word; default: it is the word.")
    ] = None
    time_field: Annotated[Line | None, Meta(description="Where its data has the time.")] = None
    opened: Annotated[
        tuple[Line, ...], Meta(min_length=1, description="Words for an open door.")
    ] = ("open",)
    closed: Annotated[
        tuple[Line, ...], Meta(min_length=1, description="Words for a closed door.")
    ] = ("closed",)


class Ocpp16Tables(Section, frozen=True, kw_only=True):
    """What the frames of OCPP 1.6 do not say."""

    outlets: Annotated[
        dict[Connector, Name],
        Meta(description="Outlet of a station/connector; default: the connector's number."),
    ] = msgspec.field(default_factory=dict)
    meters: Annotated[
        dict[Connector, Name],
        Meta(description="Serial number of the meter of a station/connector."),
    ] = msgspec.field(default_factory=dict)
    vendor_codes: Annotated[
        dict[Line, FaultCode], Meta(description="Fault that a vendorErrorCode stands for.")
    ] = msgspec.field(default_factory=dict)
    data_transfers: Annotated[
        tuple[DataTransfer, ...], Meta(description="What a vendor's DataTransfer says of the door.")
    ] = ()
    unavailable: Annotated[
        Literal["maintenance", "out_of_service", "unknown"],
        Meta(description="What Unavailable means: somebody put it out of service."),
    ] = "maintenance"
    zone: Annotated[
        Line | None,
        Meta(description="Time zone of times without one; without it they are held back."),
    ] = None


class Ocpp16(Ocpp16Tables, frozen=True, tag="ocpp16", tag_field="as"):
    """Frames of OCPP 1.6J, mirrored in both directions."""

    stations: Annotated[
        dict[Station, Name],
        Meta(description="Cabinet of each station; others are the cabinet of their own name."),
    ] = msgspec.field(default_factory=dict)
    topic: Annotated[
        Line, Meta(description="Where an MQTT topic has the station and the direction.")
    ] = "ocpp/{station}/{direction}"
