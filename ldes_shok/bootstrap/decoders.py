"""Builds the decoder of each source."""

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
    """Return the decoding of each source, by `Origin.source`; canonical sources have none.

    Args:
        settings: of the service.
        log: gives the memory of each source.
        secrecy: gives pseudonyms to people and hides what must be remembered of them.
        aside: runs functions on a thread that may read the log.
    """
    return {
        origin.source: Decoding(decoder, origin, log.memory, aside=aside)
        for origin, decoder in build_decoders(settings, secrecy)
    }


def build_decoders(settings: Settings, secrecy: Secrecy) -> Iterator[tuple[Origin, Decoder]]:
    """Yield every source whose messages are decoded, with its decoder."""
    for source in settings.sources:
        origin = origin_of(source)
        users = secrecy.users(origin.tenant)
        tools = DecoderTools(origin, users, secrecy.sealing, settings.public_url)
        decoder = build_decoder(dialect_of(source), tools)
        if decoder is not None:
            yield origin, decoder
