"""The decoder that each source's settings ask for."""

from __future__ import annotations

from collections.abc import Mapping

from ldes_shok.bootstrap.tables import layout_of
from ldes_shok.cabinet.incoming import Origin
from ldes_shok.log.base import LogReader
from ldes_shok.settings.decoders import P1, Canonical, Decode
from ldes_shok.settings.model import Settings
from ldes_shok.settings.sources import CsvSource, HttpSource, LdesSource, MqttSource, Source
from ldes_shok.sources.csvfile.decoder import CsvDecoder
from ldes_shok.sources.decoder import Decoder
from ldes_shok.sources.decoding import Decoding
from ldes_shok.sources.p1.decoder import P1Decoder
from ldes_shok.sources.replica.decoder import ReplicaDecoder


def build_decodings(settings: Settings, log: LogReader) -> Mapping[str, Decoding]:
    """How the messages of each source are read, by `Origin.source`; not of canonical ones."""
    decodings: dict[str, Decoding] = {}
    for source in settings.sources:
        origin = Origin(str(source.__struct_config__.tag), source.tenant, source.name)
        decoder = _decoder_of(source)
        if decoder is not None:
            decodings[origin.source] = Decoding(decoder, origin, log.memory)
    return decodings


def _decoder_of(source: Source) -> Decoder | None:
    match source:
        case CsvSource():
            return CsvDecoder(layout_of(source))
        case LdesSource():
            return ReplicaDecoder(source.cabinets)
        case HttpSource() | MqttSource():
            return build_decoder(source.decode)


def build_decoder(decode: Decode) -> Decoder | None:
    """The decoder of one section `decode`; None where events come as they are."""
    match decode:
        case Canonical():
            return None
        case P1():
            return P1Decoder(decode.cabinet)
