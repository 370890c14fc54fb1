"""The section of a source that connects to a serial-to-network bridge."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from msgspec import Meta

from ldes_shok.sections.fields import Corrects, Line, OfflineAfter, Slug, SourceLane
from ldes_shok.sources.dialects.p1.section import P1
from ldes_shok.sources.dialects.registry import Decode
from ldes_shok.sources.section import SourceSection


class TcpSource(SourceSection, frozen=True, tag="tcp", tag_field="type"):
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

    def problems(self, path: str, *, demo: bool) -> Iterator[str]:  # noqa: ARG002  the same for all
        """One sentence for each contradiction, the key first."""
        if not isinstance(self.decode, P1):
            # A stream has no messages: the dialect must find their ends, and only a telegram marks
            # its end.
            yield f"{path}.decode.as: must be p1; nothing else is read from a tcp source"
