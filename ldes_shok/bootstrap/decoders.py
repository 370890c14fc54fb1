"""The decoder that each source's settings ask for."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping

from ldes_shok.bootstrap.mapped import build_mapped
from ldes_shok.bootstrap.ngsild import ngsild_rules
from ldes_shok.bootstrap.ocpp16 import build_ocpp16_decoder
from ldes_shok.bootstrap.privacy import Secrecy
from ldes_shok.bootstrap.tables import layout_of
from ldes_shok.cabinet.incoming import Origin
from ldes_shok.log.base import LogReader
from ldes_shok.settings.decoders import P1, Canonical, Decode
from ldes_shok.settings.mapping import Mapping as MappingSettings
from ldes_shok.settings.model import Settings
from ldes_shok.settings.ngsild import NgsiLd
from ldes_shok.settings.ocpp16 import Ocpp16
from ldes_shok.settings.sources import CsvSource, LdesSource
from ldes_shok.sources.base import Aside
from ldes_shok.sources.csvfile.decoder import CsvDecoder
from ldes_shok.sources.decoder import Decoder
from ldes_shok.sources.decoding import Decoding
from ldes_shok.sources.ngsild.decoder import NgsiLdDecoder
from ldes_shok.sources.p1.decoder import P1Decoder
from ldes_shok.sources.p1.place import CabinetInTopic, OneCabinet
from ldes_shok.sources.replica.decoder import ReplicaDecoder


def build_decodings(
    settings: Settings, log: LogReader, secrecy: Secrecy, aside: Aside = asyncio.to_thread
) -> Mapping[str, Decoding]:
    """How the messages of each source are read, by `Origin.source`; not of canonical ones.

    Args:
        settings: of the service.
        log: remembers.
        secrecy: as of `build_decoder`.
        aside: where the log may be read.
    """
    return {
        origin.source: Decoding(decoder, origin, log.memory, aside=aside)
        for origin, decoder in build_decoders(settings, secrecy)
    }


def build_decoders(settings: Settings, secrecy: Secrecy) -> Iterator[tuple[Origin, Decoder]]:
    """Every source whose messages are decoded, with what decodes them."""
    for source in settings.sources:
        origin = Origin(str(source.__struct_config__.tag), source.tenant, source.name)
        match source:
            case CsvSource():
                yield origin, CsvDecoder(layout_of(source))
            case LdesSource():
                yield origin, ReplicaDecoder(source.claim, settings.public_url)
            case _:
                decoder = build_decoder(source.decode, origin, secrecy)
                if decoder is not None:
                    yield origin, decoder


def build_decoder(decode: Decode, origin: Origin, secrecy: Secrecy) -> Decoder | None:
    """The decoder of one section `decode`; None where events come as they are.

    Args:
        decode: the section.
        origin: of the events that it makes.
        secrecy: names the people of its tenant, and hides what must be remembered of them.
    """
    match decode:
        case Canonical():
            return None
        case P1():
            in_topic = CabinetInTopic(decode.topic) if decode.topic else None
            place = in_topic or OneCabinet(decode.cabinet or "")
            return P1Decoder(place, decode.every_seconds, secrecy.sealing)
        case MappingSettings():
            return build_mapped(decode)
        case Ocpp16():
            return build_ocpp16_decoder(decode, origin, secrecy.users(origin.tenant))
        case NgsiLd():
            return NgsiLdDecoder(ngsild_rules(decode))
