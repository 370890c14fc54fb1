"""Where events come from: a section for each kind of transport."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlsplit

from msgspec import Meta, field

from ldes_shok.cabinet.claim import FOLLOWED, Claim
from ldes_shok.client.limits import DEFAULTS, PageLimits
from ldes_shok.sections.base import HIDDEN, Section
from ldes_shok.sections.fields import (
    Corrects,
    CsvField,
    HeaderName,
    Iri,
    Line,
    Name,
    OfflineAfter,
    Prefix,
    Slug,
    Station,
    VariableName,
)
from ldes_shok.sources.dialects.ocpp16.section import Ocpp16, Ocpp16Tables
from ldes_shok.sources.dialects.sections import Canonical, Decode
from ldes_shok.sources.transports.poll.section import PollSource

SourceLane = Annotated[
    Literal["auto", "live", "replay"],
    Meta(description="Who goes first under load; auto: decided from what is sent."),
]


class Signature(Section, frozen=True):
    """How the sender signs its bodies (HMAC)."""

    header: Annotated[HeaderName, Meta(description="Header with the signature.")]
    algorithm: Annotated[Literal["sha256", "sha512"], Meta(description="Hash.")] = "sha256"
    encoding: Annotated[
        Literal["hex", "base64"], Meta(description="How the signature is written.")
    ] = "hex"
    prefix: Annotated[
        Line | None, Meta(description="Stands before the signature, such as sha256=.")
    ] = None
    secret_env: Annotated[
        VariableName | None, Meta(description="Environment variable with the secret.")
    ] = None
    secret_file: Annotated[Line | None, Meta(description="File with its secrets, one a line.")] = (
        None
    )
    timestamp_header: Annotated[
        HeaderName | None, Meta(description="Header that says when it was signed.")
    ] = None
    tolerance_seconds: Annotated[
        int, Meta(ge=1, le=86_400, description="How far from now that may be.")
    ] = 300
    signed: Annotated[
        Line | None,
        Meta(description="What is signed; {body}, or {timestamp}.{body} with a time."),
    ] = None


class HttpSource(Section, frozen=True, tag="http", tag_field="type"):
    """Controllers or gateways that POST to /ingest with a bearer token or signed bodies."""

    name: Annotated[Slug, Meta(description="Name of the source, unique.")]
    tenant: Annotated[Slug, Meta(description="Whose cabinets these are.")]
    token_env: Annotated[
        VariableName | None, Meta(description="Environment variable with the token.")
    ] = None
    token_file: Annotated[Line | None, Meta(description="File with its tokens, one a line.")] = None
    demo_token: Annotated[
        Line | None,
        Meta(description="Token while the variable is not set; with `demo: true` only."),
    ] = None
    signature: Annotated[
        Signature | None, Meta(description="How bodies are signed, if they are.")
    ] = None
    decode: Annotated[Decode, Meta(description="What the bodies hold.")] = Canonical()
    lane: SourceLane = "auto"
    corrects: Corrects = False
    offline_after_seconds: OfflineAfter = None

    def __repr__(self) -> str:
        demo_token = None if self.demo_token is None else HIDDEN
        return (
            f"HttpSource(name={self.name!r}, tenant={self.tenant!r}, token_env={self.token_env!r}, "
            f"token_file={self.token_file!r}, demo_token={demo_token!r}, "
            f"signature={self.signature!r}, decode={self.decode!r}, lane={self.lane!r}, "
            f"corrects={self.corrects!r}, "
            f"offline_after_seconds={self.offline_after_seconds!r})"
        )


class MqttSource(Section, frozen=True, tag="mqtt", tag_field="type"):
    """A subscription to an MQTT broker, QoS 1, with a persistent session."""

    name: Annotated[Slug, Meta(description="Name of the source, unique.")]
    tenant: Annotated[Slug, Meta(description="Whose cabinets these are.")]
    topics: Annotated[
        tuple[Line, ...], Meta(min_length=1, description="Topic filters to subscribe to.")
    ]
    client_id: Annotated[
        Line, Meta(description="Client id; it holds the session, so never change or share it.")
    ]
    host: Annotated[Line, Meta(description="Address of the broker.")] = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65535, description="TCP port of the broker.")] = 1883
    username: Annotated[Line | None, Meta(description="User name, if the broker asks one.")] = None
    password_env: Annotated[
        VariableName | None, Meta(description="Environment variable with the password.")
    ] = None
    password_file: Annotated[
        Line | None, Meta(description="File whose first line is the password.")
    ] = None
    tls: Annotated[bool, Meta(description="Whether to connect with TLS.")] = False
    tls_ca_file: Annotated[
        Line | None,
        Meta(description="PEM file of the authority that signed the broker's certificate."),
    ] = None
    tls_certificate_file: Annotated[
        Line | None, Meta(description="PEM file of our own certificate, if the broker asks one.")
    ] = None
    tls_key_file: Annotated[
        Line | None, Meta(description="PEM file of its key, if that is not in the same file.")
    ] = None
    protocol: Annotated[Literal["3.1.1", "5"], Meta(description="MQTT version, in quotes.")] = (
        "3.1.1"
    )
    keepalive_seconds: Annotated[
        int, Meta(ge=5, le=65_535, description="Silence after which a ping is sent.")
    ] = 30
    max_inflight: Annotated[
        int, Meta(ge=1, le=65_535, description="Most messages taken and not yet acknowledged.")
    ] = 500
    decode: Annotated[Decode, Meta(description="What the messages hold.")] = Canonical()
    lane: SourceLane = "auto"
    corrects: Corrects = False
    offline_after_seconds: OfflineAfter = None


class Ocpp16Source(Ocpp16Tables, frozen=True, kw_only=True, tag="ocpp16", tag_field="type"):
    """OCPP 1.6J stations that connect to /ocpp16/{name}/{station} with a WebSocket."""

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
        """How their frames are read."""
        return Ocpp16(
            stations=self.stations,
            outlets=self.outlets,
            meters=self.meters,
            vendor_codes=self.vendor_codes,
            data_transfers=self.data_transfers,
            unavailable=self.unavailable,
            zone=self.zone,
        )


class TcpSource(Section, frozen=True, tag="tcp", tag_field="type"):
    """A serial-to-network bridge that streams the telegrams of a meter."""

    name: Annotated[Slug, Meta(description="Name of the source, unique.")]
    tenant: Annotated[Slug, Meta(description="Whose cabinets these are.")]
    port: Annotated[int, Meta(ge=1, le=65535, description="TCP port of the bridge.")]
    decode: Annotated[Decode, Meta(description="What it streams: p1.")]
    host: Annotated[Line, Meta(description="Address of the bridge.")] = "127.0.0.1"
    silence_seconds: Annotated[
        int, Meta(ge=5, le=3_600, description="Silence after which it connects again.")
    ] = 60
    lane: SourceLane = "auto"
    corrects: Corrects = False
    offline_after_seconds: OfflineAfter = None


class CsvSource(Section, frozen=True, tag="csv", tag_field="type"):
    """Tables that people keep, loaded with `ldes-shok import`."""

    name: Annotated[Slug, Meta(description="Name of the source, unique.")]
    tenant: Annotated[Slug, Meta(description="Whose cabinets these are.")]
    columns: Annotated[
        dict[Line, CsvField], Meta(description="Header in the file to what it holds.")
    ] = field(default_factory=dict)
    defaults: Annotated[
        dict[CsvField, Line], Meta(description="What an empty or missing column says.")
    ] = field(default_factory=dict)
    delimiter: Annotated[
        Literal["auto", ";", ",", "tab", "|"], Meta(description="Between two cells.")
    ] = "auto"
    decimal: Annotated[
        Literal["auto", "comma", "point"],
        Meta(description="Decimal sign; auto: refuses what can be read in two ways."),
    ] = "auto"
    encoding: Annotated[
        Literal["auto", "utf-8", "windows-1252", "iso-8859-15", "utf-16"],
        Meta(description="Encoding; auto: UTF-8, else Windows-1252."),
    ] = "auto"
    zone: Annotated[Line, Meta(description="Zone of times without an offset.")] = "Europe/Brussels"
    date_order: Annotated[
        Literal["dmy", "mdy"], Meta(description="Of dates such as 03/04/2026.")
    ] = "dmy"


class LdesSource(Section, frozen=True, tag="ldes", tag_field="type"):
    """Another SHOK stream, followed and published again under a tenant of ours."""

    name: Annotated[Slug, Meta(description="Name of the source, unique.")]
    tenant: Annotated[Slug, Meta(description="Our tenant that their cabinets stand under.")]
    url: Annotated[Iri, Meta(description="Of their stream, or of the root of a view of it.")]
    cabinets: Annotated[
        dict[Name, Name],
        Meta(description="Their cabinets that are taken, each with its name here."),
    ] = field(default_factory=dict)
    prefix: Annotated[
        Prefix | None,
        Meta(description="Takes all their cabinets, and stands here before the name of each."),
    ] = None
    token_env: Annotated[
        VariableName | None, Meta(description="Environment variable with their token.")
    ] = None
    token_file: Annotated[
        Line | None, Meta(description="File whose first line is their token.")
    ] = None
    every_seconds: Annotated[
        int, Meta(ge=0, le=86_400, description="Between rounds; 0: what their Cache-Control says.")
    ] = 0
    timeout_seconds: Annotated[int, Meta(ge=1, le=600, description="For a page to come.")] = 60
    max_page_bytes: Annotated[
        int, Meta(ge=65_536, le=268_435_456, description="Largest page that is read.")
    ] = DEFAULTS.max_page_bytes
    max_page_statements: Annotated[
        int, Meta(ge=1_000, le=1_000_000, description="Most RDF statements of a page.")
    ] = DEFAULTS.max_page_statements
    max_page_links: Annotated[
        int, Meta(ge=10, le=100_000, description="Most pages that a page leads to.")
    ] = DEFAULTS.max_page_links
    max_remembered_bytes: Annotated[
        int, Meta(ge=65_536, le=1_073_741_824, description="Of all bookmarks in their pages.")
    ] = DEFAULTS.max_remembered_bytes
    lane: SourceLane = "auto"

    @property
    def claim(self) -> Claim:
        """Which cabinets it may tell of."""
        server = "://".join(urlsplit(self.url)[:2]).lower()
        source = f"{FOLLOWED}:{self.tenant}:{self.name}"
        return Claim(source, self.tenant, server, self.cabinets, self.prefix or "")

    @property
    def limits(self) -> PageLimits:
        """How much it may ask of us."""
        return PageLimits(
            max_page_bytes=self.max_page_bytes,
            max_page_statements=self.max_page_statements,
            max_page_links=self.max_page_links,
            max_remembered_bytes=self.max_remembered_bytes,
        )


Source = HttpSource | MqttSource | PollSource | Ocpp16Source | TcpSource | LdesSource | CsvSource


def tells_presence(source: Source) -> bool:
    """Whether its dialect itself tells when a cabinet is lost: OCPP, whose heartbeats do."""
    match source:
        case CsvSource() | LdesSource():
            return False
        case _:
            return isinstance(source.decode, Ocpp16)
