"""The decoder that each source's settings ask for."""

from __future__ import annotations

from collections.abc import Mapping

from ldes_shok.bootstrap.ngsild import ngsild_rules
from ldes_shok.cabinet.incoming import Origin
from ldes_shok.log.base import LogReader
from ldes_shok.settings.decoders import P1, Canonical, Decode
from ldes_shok.settings.model import Settings
from ldes_shok.settings.ngsild import NgsiLd
from ldes_shok.sources.decoder import Decoder
from ldes_shok.sources.decoding import Decoding
from ldes_shok.sources.ngsild.decoder import NgsiLdDecoder
from ldes_shok.sources.p1.decoder import P1Decoder
from ldes_shok.sources.p1.place import CabinetInTopic, OneCabinet


def build_decodings(settings: Settings, log: LogReader) -> Mapping[str, Decoding]:
    """How the messages of each source are read, by `Origin.source`; not of canonical ones."""
    decodings: dict[str, Decoding] = {}
    for source in settings.sources:
        origin = Origin(str(source.__struct_config__.tag), source.tenant, source.name)
        decoder = build_decoder(source.decode)
        if decoder is not None:
            decodings[origin.source] = Decoding(decoder, origin, log.memory)
    return decodings


def build_decoder(decode: Decode) -> Decoder | None:
    """The decoder of one section `decode`; None where events come as they are."""
    match decode:
        case Canonical():
            return None
        case P1():
            in_topic = CabinetInTopic(decode.topic) if decode.topic else None
            return P1Decoder(in_topic or OneCabinet(decode.cabinet or ""), decode.every_seconds)
        case NgsiLd():
            return NgsiLdDecoder(ngsild_rules(decode))
