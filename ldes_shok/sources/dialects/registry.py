"""Every dialect: its section, and the decoder of the section."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ldes_shok.cabinet.incoming import Origin
from ldes_shok.cabinet.pseudonym import Pseudonymiser
from ldes_shok.sections.base import Section
from ldes_shok.sources.decoder import Decoder
from ldes_shok.sources.dialects.csvfile.decoder import CsvDecoder
from ldes_shok.sources.dialects.csvfile.section import CsvSource
from ldes_shok.sources.dialects.mapped.decoder import MappedDecoder
from ldes_shok.sources.dialects.mapped.section import Mapping as MappingSection
from ldes_shok.sources.dialects.ngsild.decoder import NgsiLdDecoder
from ldes_shok.sources.dialects.ngsild.section import NgsiLd
from ldes_shok.sources.dialects.ocpp16.decoder import Ocpp16Decoder
from ldes_shok.sources.dialects.ocpp16.section import Ocpp16
from ldes_shok.sources.dialects.p1.decoder import P1Decoder
from ldes_shok.sources.dialects.p1.memory import Sealing
from ldes_shok.sources.dialects.p1.section import P1
from ldes_shok.sources.dialects.replica.decoder import ReplicaDecoder
from ldes_shok.sources.section import Canonical
from ldes_shok.sources.transports.ldes.section import LdesSource

Decode = Canonical | P1 | NgsiLd | MappingSection | Ocpp16
"""The section `decode` of a source, chosen by `as`."""


@dataclass(frozen=True, slots=True)
class DecoderTools:
    """The tools of decoders.

    Attributes:
        origin: of the decoder's events.
        users: makes pseudonyms of the people of its tenant.
        sealing: seals parts of messages in memories.
        public_url: of this service.
    """

    origin: Origin
    users: Pseudonymiser
    sealing: Sealing
    public_url: str


DECODERS: Final[Mapping[type[Section], Callable[[Any, DecoderTools], Decoder]]] = {
    P1: lambda section, tools: P1Decoder(section, tools.sealing),
    NgsiLd: lambda section, _: NgsiLdDecoder(section),
    MappingSection: lambda section, _: MappedDecoder(section),
    Ocpp16: lambda section, tools: Ocpp16Decoder(section, tools.origin, users=tools.users),
    CsvSource: lambda section, _: CsvDecoder(section),
    LdesSource: lambda section, tools: ReplicaDecoder(section.claim, tools.public_url),
}
"""The decoder by the section of a dialect; canonical events need none."""
