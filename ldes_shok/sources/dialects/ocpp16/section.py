"""The settings for data that frames of OCPP 1.6 do not contain."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from ldes_shok.cabinet.event import FaultCode
from ldes_shok.sections.base import Section
from ldes_shok.sections.fields import (
    Connector,
    Corrects,
    Line,
    Name,
    Slug,
    SourceLane,
    Station,
    VariableName,
)
from ldes_shok.sections.problems import exactly_one
from ldes_shok.sections.secret import SecretReader
from ldes_shok.sources.section import DialectSection, SourceSecrets, SourceSection


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
    """Data that frames of OCPP 1.6 do not contain."""

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
        ZoneInfo | None,
        Meta(description="Time zone of times without one; without it they are held back."),
    ] = None


class Ocpp16(Ocpp16Tables, DialectSection, frozen=True, tag="ocpp16", tag_field="as"):
    """Frames of OCPP 1.6J, mirrored in both directions."""

    tells_presence: ClassVar[bool] = True

    stations: Annotated[
        dict[Station, Name],
        Meta(description="Cabinet of each station; others are the cabinet of their own name."),
    ] = msgspec.field(default_factory=dict)
    topic: Annotated[
        Line, Meta(description="Where an MQTT topic has the station and the direction.")
    ] = "ocpp/{station}/{direction}"

    def problems(self, path: str, *, has_topics: bool) -> Iterator[str]:  # noqa: ARG002  an envelope will do
        """One sentence for each contradiction, the key first."""
        if any(self.topic.count(word) != 1 for word in ("{station}", "{direction}")):
            yield f"{path}.topic: must hold {{station}} and {{direction}}, each once"
        for key in (*self.outlets, *self.meters):
            station = key.rpartition("/")[0]
            if self.stations and station not in self.stations:
                yield f"{path}: {key} is of no station of {path}.stations; add {station} there"


class Ocpp16Source(
    Ocpp16Tables, SourceSection, frozen=True, kw_only=True, tag="ocpp16", tag_field="type"
):
    """OCPP 1.6J stations that connect to /ocpp16/{name}/{station} with a WebSocket."""

    listens: ClassVar[bool] = True
    offline_after_seconds: ClassVar[int | None] = None

    name: Annotated[Slug, Meta(description="Name of the source, unique; stands in the address.")]
    tenant: Annotated[Slug, Meta(description="Whose cabinets these are.")]
    stations: Annotated[
        dict[Station, Name],
        Meta(min_length=1, description="Each station that may connect, and its cabinet."),
    ]
    password_env: Annotated[
        VariableName | None, Meta(description="Environment variable with the stations' password.")
    ] = None
    password_file: Annotated[
        Line | None, Meta(description="File with the stations' passwords, one a line.")
    ] = None
    heartbeat_seconds: Annotated[
        int,
        Meta(ge=10, le=86_400, description="How often a station says that it is there; 3: lost."),
    ] = 300
    reconnect_seconds: Annotated[
        int,
        Meta(ge=0, le=86_400, description="How long a station may be away that disconnected."),
    ] = 60
    lane: SourceLane = "auto"
    corrects: Corrects = False

    @property
    def decode(self) -> Ocpp16:
        """The section for reading the stations' frames."""
        return Ocpp16(
            stations=self.stations,
            outlets=self.outlets,
            meters=self.meters,
            vendor_codes=self.vendor_codes,
            data_transfers=self.data_transfers,
            unavailable=self.unavailable,
            zone=self.zone,
        )

    def problems(self, path: str, *, demo: bool) -> Iterator[str]:  # noqa: ARG002  the same for all
        """One sentence for each contradiction, the key first."""
        yield from exactly_one(path, self, "password_env", "password_file")
        yield from self.decode.problems(path, has_topics=False)

    def secrets(self, reader: SecretReader, path: str, *, demo: bool) -> SourceSecrets:  # noqa: ARG002  the same for all
        """The passwords of the stations."""
        return SourceSecrets(
            passwords=reader.lines(f"{path}.password", self.password_env, self.password_file)
        )
