"""Where events come from: a section for each kind of transport."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from ldes_shok.settings.decoders import Canonical, Decode
from ldes_shok.settings.fields import Line, Slug, VariableName
from ldes_shok.settings.section import HIDDEN, Section

SourceLane = Annotated[
    Literal["auto", "live", "replay"],
    Meta(description="Who goes first under load; auto: decided from what is sent."),
]


OfflineAfter = Annotated[
    Annotated[int, Meta(ge=30, le=2_678_400)] | None,
    Meta(description="Silence after which a cabinet is offline; default: learned from it."),
]


class HttpSource(Section, frozen=True, tag="http", tag_field="type"):
    """Controllers or gateways that POST to /ingest with a bearer token."""

    name: Annotated[Slug, Meta(description="Name of the source, unique.")]
    tenant: Annotated[Slug, Meta(description="Whose cabinets these are.")]
    token_env: Annotated[
        VariableName | None, Meta(description="Environment variable with the token.")
    ] = None
    token_file: Annotated[Line | None, Meta(description="File whose first line is the token.")] = (
        None
    )
    demo_token: Annotated[
        Line | None,
        Meta(description="Token while the variable is not set; with `demo: true` only."),
    ] = None
    decode: Annotated[Decode, Meta(description="What the bodies hold.")] = Canonical()
    lane: SourceLane = "auto"
    offline_after_seconds: OfflineAfter = None

    def __repr__(self) -> str:
        demo_token = None if self.demo_token is None else HIDDEN
        return (
            f"HttpSource(name={self.name!r}, tenant={self.tenant!r}, token_env={self.token_env!r}, "
            f"token_file={self.token_file!r}, demo_token={demo_token!r}, decode={self.decode!r}, "
            f"lane={self.lane!r}, offline_after_seconds={self.offline_after_seconds!r})"
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
    keepalive_seconds: Annotated[
        int, Meta(ge=5, le=65_535, description="Silence after which a ping is sent.")
    ] = 30
    max_inflight: Annotated[
        int, Meta(ge=1, le=65_535, description="Most messages taken and not yet acknowledged.")
    ] = 500
    decode: Annotated[Decode, Meta(description="What the messages hold.")] = Canonical()
    lane: SourceLane = "auto"
    offline_after_seconds: OfflineAfter = None


Source = HttpSource | MqttSource
