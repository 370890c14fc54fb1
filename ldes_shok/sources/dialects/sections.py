"""What the messages of a source hold: a section for each dialect, chosen by `as`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from msgspec import Meta

from ldes_shok.sections.base import Section
from ldes_shok.sections.fields import Line, Name
from ldes_shok.sources.dialects.mapped.section import Mapping
from ldes_shok.sources.dialects.ngsild.section import NgsiLd
from ldes_shok.sources.dialects.ocpp16.section import Ocpp16
from ldes_shok.sources.dialects.p1.place import CabinetInTopic


class Canonical(Section, frozen=True, tag="canonical", tag_field="as"):
    """Canonical events as they are: the default."""


class P1(Section, frozen=True, tag="p1", tag_field="as"):
    """Telegrams of the head meter's P1 port (DSMR 5, eMUCs)."""

    cabinet: Annotated[Name | None, Meta(description="The cabinet that the meter measures.")] = None
    topic: Annotated[
        Line | None, Meta(description="Or where the topic has it: p1/{cabinet}, + for any level.")
    ] = None
    every_seconds: Annotated[
        int, Meta(ge=1, le=86_400, description="Grid on which readings are published.")
    ] = 900


Decode = Canonical | P1 | NgsiLd | Mapping | Ocpp16


def p1_problems(path: str, decode: P1, *, has_topics: bool) -> Iterator[str]:
    """One sentence for each thing that the types allow and that cannot be."""
    if (decode.cabinet is None) == (decode.topic is None):
        yield f"{path}: must have exactly one of cabinet and topic"
    if decode.topic is None:
        return
    if not has_topics:
        yield f"{path}.topic: only an mqtt source has topics; use cabinet"
    try:
        CabinetInTopic(decode.topic)
    except ValueError as error:
        yield f"{path}.topic: {error}"
