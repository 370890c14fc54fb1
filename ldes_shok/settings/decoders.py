"""What the messages of a source hold: a section for each dialect, chosen by `as`."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from ldes_shok.settings.fields import Name
from ldes_shok.settings.mapping import Mapping
from ldes_shok.settings.ngsild import NgsiLd
from ldes_shok.settings.ocpp16 import Ocpp16
from ldes_shok.settings.section import Section


class Canonical(Section, frozen=True, tag="canonical", tag_field="as"):
    """Canonical events as they are: the default."""


class P1(Section, frozen=True, tag="p1", tag_field="as"):
    """Telegrams of the head meter's P1 port (DSMR 5, eMUCs)."""

    cabinet: Annotated[Name, Meta(description="The cabinet that the meter measures.")]
    every_seconds: Annotated[
        int, Meta(ge=1, le=86_400, description="Grid on which readings are published.")
    ] = 900


Decode = Canonical | P1 | NgsiLd | Mapping | Ocpp16
