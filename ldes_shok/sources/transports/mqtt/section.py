"""The section of a source that subscribes to an MQTT broker."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from ldes_shok.sections.fields import (
    Corrects,
    Line,
    OfflineAfter,
    Slug,
    SourceLane,
    VariableName,
)
from ldes_shok.sections.problems import at_most_one
from ldes_shok.sections.secret import SecretReader
from ldes_shok.sources.common.topic import check_filter
from ldes_shok.sources.dialects.registry import Decode
from ldes_shok.sources.section import Canonical, SourceSecrets, SourceSection


class MqttSource(SourceSection, frozen=True, tag="mqtt", tag_field="type"):
    """A subscription to an MQTT broker, QoS 1, with a persistent session."""

    has_topics: ClassVar[bool] = True

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

    def problems(self, path: str, *, demo: bool) -> Iterator[str]:  # noqa: ARG002  the same for all
        """One sentence for each contradiction, the key first."""
        for index, topic in enumerate(self.topics):
            try:
                check_filter(topic)
            except ValueError as error:
                yield f"{path}.topics[{index}]: {error}"
        yield from at_most_one(path, self, "password_env", "password_file")
        has_password = self.password_env is not None or self.password_file is not None
        if has_password and self.username is None:
            yield f"{path}.username: is missing; a broker takes a password only with a user name"
        files = (self.tls_ca_file, self.tls_certificate_file, self.tls_key_file)
        if not self.tls and any(file is not None for file in files):
            yield f"{path}.tls: must be true; without it the files of tls_ are not used"
        if self.tls_key_file is not None and self.tls_certificate_file is None:
            yield f"{path}.tls_certificate_file: is missing; a key is of no use without it"

    def secrets(self, reader: SecretReader, path: str, *, demo: bool) -> SourceSecrets:  # noqa: ARG002  the same for all
        """The password for the broker."""
        return SourceSecrets(
            passwords=reader.lines(f"{path}.password", self.password_env, self.password_file)
        )


def session_problems(sources: Sequence[SourceSection]) -> Iterator[str]:
    """One sentence for each session of a broker that two sources would share."""
    sessions = Counter(
        (source.host, source.port, source.client_id)
        for source in sources
        if isinstance(source, MqttSource)
    )
    for (_, _, client_id), count in sessions.items():
        if count > 1:
            yield f"sources: {count} of one broker have the client_id {client_id}; make it differ"
