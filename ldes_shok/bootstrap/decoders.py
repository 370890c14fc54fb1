"""The decoder that each source's section asks for."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping

from ldes_shok.bootstrap.privacy import Secrecy
from ldes_shok.cabinet.incoming import Origin
from ldes_shok.log.base import LogReader
from ldes_shok.settings.model import Settings
from ldes_shok.sources.base import Aside
from ldes_shok.sources.decoder import Decoder
from ldes_shok.sources.decoding import Decoding
from ldes_shok.sources.dialects.registry import DecoderTools
from ldes_shok.sources.registry import build_decoder, dialect_of, origin_of


def build_decodings(
    settings: Settings, log: LogReader, secrecy: Secrecy, aside: Aside = asyncio.to_thread
) -> Mapping[str, Decoding]:
    """How the messages of each source are read, by `Origin.source`; not of canonical ones.

    Args:
        settings: of the service.
        log: remembers.
        secrecy: names people, and hides what must be remembered of them.
        aside: where the log may be read.
    """
    return {
        origin.source: Decoding(decoder, origin, log.memory, aside=aside)
        for origin, decoder in build_decoders(settings, secrecy)
    }


def build_decoders(settings: Settings, secrecy: Secrecy) -> Iterator[tuple[Origin, Decoder]]:
    """Every source whose messages are decoded, with what decodes them."""
    for source in settings.sources:
        origin = origin_of(source)
        users = secrecy.users(origin.tenant)
        tools = DecoderTools(origin, users, secrecy.sealing, settings.public_url)
        decoder = build_decoder(dialect_of(source), tools)
        if decoder is not None:
            yield origin, decoder
