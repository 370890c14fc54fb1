"""The decoder that each source's settings ask for."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping

from ldes_shok.bootstrap.ocpp16 import build_ocpp16_decoder
from ldes_shok.bootstrap.privacy import Secrecy
from ldes_shok.cabinet.incoming import Origin
from ldes_shok.log.base import LogReader
from ldes_shok.settings.model import Settings
from ldes_shok.sources.base import Aside
from ldes_shok.sources.decoder import Decoder
from ldes_shok.sources.decoding import Decoding
from ldes_shok.sources.dialects.csvfile.decoder import CsvDecoder
from ldes_shok.sources.dialects.csvfile.layout import Layout
from ldes_shok.sources.dialects.mapped.build import build_mapped
from ldes_shok.sources.dialects.mapped.section import Mapping as MappingSettings
from ldes_shok.sources.dialects.ngsild.build import ngsild_rules
from ldes_shok.sources.dialects.ngsild.decoder import NgsiLdDecoder
from ldes_shok.sources.dialects.ngsild.section import NgsiLd
from ldes_shok.sources.dialects.ocpp16.section import Ocpp16
from ldes_shok.sources.dialects.p1.decoder import P1Decoder
from ldes_shok.sources.dialects.p1.place import CabinetInTopic, OneCabinet
from ldes_shok.sources.dialects.replica.decoder import ReplicaDecoder
from ldes_shok.sources.dialects.sections import P1, Canonical, Decode
from ldes_shok.sources.sections import CsvSource, LdesSource


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


def layout_of(source: CsvSource) -> Layout:
    """How a source's files are written."""
    return Layout(
        columns=source.columns,
        defaults=source.defaults,
        delimiter=source.delimiter,
        decimal=source.decimal,
        encoding=source.encoding,
        zone=source.zone,
        date_order=source.date_order,
    )
