"""The canonical event, version 1: six kinds in one envelope.

Strict: an unknown field, a wrong unit or a naive time is an error, because adapters are ours.
Times and readings stay the text that the device or the meter sent (times are UTC, with Z).
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from ldes_shok.cabinet.aggregate import AggregateData
from ldes_shok.cabinet.configuration import ConfigurationData
from ldes_shok.cabinet.fields import (
    DecimalText,
    Flag,
    Identifier64,
    Instant,
    Key,
    Name,
    Pseudonym,
    RawDigest,
    Sequence,
    Source,
    Text64,
    Text200,
    check_distinct,
    wrong,
)
from ldes_shok.cabinet.instants import check_instant
from ldes_shok.cabinet.measurement import MeasurementData, Period, RegisterReading

Clock = Literal["S", "I", "U", "R", "N"]
"""How good the clock of a time is, in the letters of OCMF: synchronised, informative, unknown,
relative. N: the device has no clock, and the time is that of the receipt."""

Operation = Literal["operational", "defect", "maintenance", "out_of_service", "unknown"]
Occupancy = Literal["free", "reserved", "in_use", "unknown"]
Power = Literal["on", "off", "unknown"]
Severity = Literal["info", "warning", "error", "critical"]
FaultCode = Literal[
    "rcd_trip",
    "mcb_trip",
    "overcurrent",
    "overload",
    "overvoltage",
    "undervoltage",
    "phase_loss",
    "supply_loss",
    "meter_fault",
    "relay_fault",
    "over_temperature",
    "door_forced",
    "tamper",
    "water_ingress",
    "comm_loss",
    "controller_fault",
    "emergency_stop",
    "lock_fault",
    "other",
]
StopReason = Literal[
    "local",
    "remote",
    "reservation_end",
    "idle",
    "power_loss",
    "fault",
    "emergency",
    "deauthorized",
    "limit",
    "reboot",
    "unplugged",
    "other",
    "unknown",
]

MOST_FLAGS: Final = 16
"""The most flags of one event."""


class StatusData(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, rename="camel"
):
    """What a controller says about a cabinet or outlet now; an absent axis says nothing."""

    operation: Operation | None = None
    occupancy: Occupancy | None = None
    power: Power | None = None
    plug: Literal["in", "out", "unknown"] | None = None
    door: Literal["open", "closed", "unknown"] | None = None
    connectivity: Literal["online", "offline", "unknown"] | None = None
    cause: (
        Literal[
            "fault",
            "manual",
            "schedule",
            "session",
            "boot",
            "heartbeat_lost",
            "last_will",
            "inferred",
            "other",
        ]
        | None
    ) = None
    vendor_state: Text64 | None = None

    def __post_init__(self) -> None:
        axes = (self.operation, self.occupancy, self.power, self.plug, self.door)
        if self.connectivity is None and not any(axes):
            raise ValueError(
                "must say something on at least one of operation, occupancy, power, plug, door, "
                "connectivity"
            )


class Energy(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """An amount of energy in Wh."""

    value: DecimalText
    unit: Literal["Wh"]


class SessionData(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, rename="camel"
):
    """An activation of an outlet: started, updated, ended."""

    session_id: Identifier64
    event: Literal["started", "updated", "ended"]
    started_at: Instant
    ended_at: Instant | None = None
    user: Pseudonym | None = None
    method: (
        Literal["rfid", "app", "qr", "operator", "schedule", "plug", "none", "unknown"] | None
    ) = None
    start_register: RegisterReading | None = None
    end_register: RegisterReading | None = None
    energy: Energy | None = None
    reservation_id: Text64 | None = None
    stop_reason: StopReason | None = None
    seq: Sequence | None = None

    def __post_init__(self) -> None:
        check_instant("startedAt", self.started_at)
        if self.ended_at is not None:
            check_instant("endedAt", self.ended_at)
        if self.event == "ended":
            if self.ended_at is None:
                raise wrong("endedAt", "is missing: when did this session end?")
            if self.stop_reason is None:
                raise wrong("stopReason", "is missing: why did this session end?")


class Activity(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a reservation is for."""

    id: Name
    type: Literal["market", "fair", "event", "standing_trade", "works", "other"]


GATHERINGS: Final = frozenset({"market", "fair", "event"})
"""Activities of many people. Their identifier may be public."""


class ReservationData(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, rename="camel"
):
    """A reservation, as its booking system tells it."""

    reservation_id: Identifier64
    state: Literal["requested", "confirmed", "active", "used", "cancelled", "expired", "no_show"]
    period: Period
    holder: Pseudonym | None = None
    activity: Activity | None = None


class FaultData(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, rename="camel"
):
    """A fault, raised or cleared."""

    fault_id: Identifier64
    code: FaultCode
    state: Literal["raised", "cleared"]
    severity: Severity
    vendor_code: Text64 | None = None
    text: Text200 | None = None


class Envelope(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    rename="camel",
    tag_field="kind",
    kw_only=True,
):
    """What all kinds share.

    `key`, `source`, `received_at` and `raw` may be absent on the way in: the service sets them.
    """

    v: Literal[1]
    cabinet: Name
    observed_at: Instant
    clock: Clock
    outlet: Name | None = None
    key: Key | None = None
    source: Source | None = None
    received_at: Instant | None = None
    historical: bool = False
    quality: Literal["good", "suspect", "estimated", "bad"] = "good"
    flags: Annotated[tuple[Flag, ...], Meta(max_length=MOST_FLAGS)] = ()
    raw: RawDigest | None = None

    def __post_init__(self) -> None:
        check_instant("observedAt", self.observed_at)
        if self.received_at is not None:
            check_instant("receivedAt", self.received_at)
        if self.flags:
            check_distinct("flags", self.flags)


class Measurement(Envelope, frozen=True, tag="measurement", kw_only=True):
    """Readings of one meter at one time."""

    data: MeasurementData


class Status(Envelope, frozen=True, tag="status", kw_only=True):
    """A change on one or more status axes."""

    data: StatusData


class Session(Envelope, frozen=True, tag="session", kw_only=True):
    """An activation of an outlet."""

    data: SessionData


class Reservation(Envelope, frozen=True, tag="reservation", kw_only=True):
    """A reservation, or an access right: one for long."""

    data: ReservationData


class Configuration(Envelope, frozen=True, tag="configuration", kw_only=True):
    """What a cabinet consists of, from some moment on."""

    data: ConfigurationData


class Fault(Envelope, frozen=True, tag="fault", kw_only=True):
    """Something that is broken, or was."""

    data: FaultData


class Aggregate(Envelope, frozen=True, tag="aggregate", kw_only=True):
    """What the service itself adds up; refused from any source."""

    data: AggregateData


Reported = Measurement | Status | Session | Reservation | Configuration | Fault
"""The kinds of event that a source may report."""

Event = Reported | Aggregate

REPORTED: Final[dict[type[Envelope], str]] = {
    Measurement: "measurement",
    Status: "status",
    Session: "session",
    Reservation: "reservation",
    Configuration: "configuration",
    Fault: "fault",
}
KINDS: Final[dict[type[Envelope], str]] = {**REPORTED, Aggregate: "aggregate"}


def kind_of(event: Event) -> str:
    """The word in the event's `kind` field."""
    return KINDS[type(event)]
