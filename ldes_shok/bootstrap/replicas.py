"""Builds the sources that follow another stream: how they fetch and parse pages."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial

from ldes_shok import __version__
from ldes_shok.bootstrap.sources import SourceTools
from ldes_shok.cabinet.incoming import Memory, Origin
from ldes_shok.client.fetching import Response
from ldes_shok.client.following import AsyncFetch, Parse
from ldes_shok.client.transport import HttpFetch, Manners, origin_of
from ldes_shok.log.base import LogReader
from ldes_shok.rdf.context import load_context
from ldes_shok.rdf.lines import Quad
from ldes_shok.rdf.quads import MEDIA_TYPES, read_quads
from ldes_shok.settings.model import Settings
from ldes_shok.settings.secrets import ServiceSecrets
from ldes_shok.sources.transports.ldes.section import LdesSource
from ldes_shok.sources.transports.ldes.source import (
    ReplicaSource,
    ReplicaTools,
)

_ACCEPT = ", ".join(
    f"{media_type};q={1 - index / 10:.1f}" for index, media_type in enumerate(MEDIA_TYPES)
)


def build_replicas(
    settings: Settings, secrets: ServiceSecrets, tools: SourceTools, log: LogReader
) -> Sequence[ReplicaSource]:
    """Return all sources of type ldes; `log` holds what they remember of pages."""
    reading = asyncio.Lock()
    return [
        _replica(source, secrets, tools, _parser(source, reading), log)
        for source in settings.sources
        if isinstance(source, LdesSource)
    ]


def _replica(
    source: LdesSource, secrets: ServiceSecrets, tools: SourceTools, parse: Parse, log: LogReader
) -> ReplicaSource:
    origin = Origin("ldes", source.tenant, source.name)
    manners = Manners(
        user_agent=f"ldes-shok/{__version__}",
        token=secrets.shown_by(source.name) or "",
        token_origin=origin_of(source.url),
        timeout_seconds=source.timeout_seconds,
        max_page_bytes=source.max_page_bytes,
        stays=True,
    )
    http = HttpFetch(manners)
    tools.renewals.of_source(source.name, secrets, http.renew)
    return ReplicaSource(
        source,
        ReplicaTools(
            sink=tools.sink,
            decoding=tools.decodings[origin.source],
            recall=partial(_recalled, log),
            clock=tools.clock,
            fetch=fetching(http),
            parse=parse,
            close=http.close,
            aside=tools.aside,
            stuck_after=tools.stuck_after,
        ),
    )


def fetching(http: HttpFetch) -> AsyncFetch:
    """Return a fetch of pages over HTTP, one at a time, on another thread."""

    async def fetch(url: str, etag: str) -> Response:
        try:
            return await asyncio.to_thread(http, url, _ACCEPT, etag)
        except asyncio.CancelledError:
            # The thread would go on, and a stop of the service would wait for it.
            http.abort()
            raise

    return fetch


def _recalled(log: LogReader, source: str, prefix: str) -> list[Memory]:
    return [Memory(record.subject, record.value) for record in log.memories(source, prefix)]


def _parser(source: LdesSource, reading: asyncio.Lock) -> Parse:
    """Return a parser of pages: one at a time, because rdflib's switch for literals is global."""
    context = load_context()
    read = partial(read_quads, context=context, most_statements=source.max_page_statements)

    async def parse(body: bytes, media_type: str, url: str) -> Sequence[Quad]:
        async with reading:
            return await asyncio.to_thread(read, body, media_type, url)

    return parse
