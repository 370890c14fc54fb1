"""Builds the services that read the log and answer from it: no RDF library, no writer."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from ldes_shok import __version__
from ldes_shok.cabinet.instants import parse_instant
from ldes_shok.clock import Clock
from ldes_shok.http.access.policy import (
    Credential,
    NoSignedTokens,
    StreamAccess,
    TokenHolder,
    TokenReader,
)
from ldes_shok.http.access.rates import Rates
from ldes_shok.http.access.wrong_tokens import Guesses
from ldes_shok.http.serving.page_builds import Builds
from ldes_shok.http.serving.read_services import ReadServices
from ldes_shok.ldes.stream import EventStream
from ldes_shok.log.base import LogReader
from ldes_shok.log.reads import ReadLimits, Reads
from ldes_shok.observability.audit import Audit
from ldes_shok.observability.metrics import Metrics
from ldes_shok.representation.html.pages import Link, Site
from ldes_shok.representation.html.renderer import HtmlRenderer
from ldes_shok.representation.hypermedia import HypermediaWriter
from ldes_shok.representation.nodes import CurrentNodes
from ldes_shok.representation.pages import PageCache, Pages
from ldes_shok.settings.model import Settings
from ldes_shok.settings.secrets import ServiceSecrets


def read_limits(settings: Settings) -> ReadLimits:
    """Return how much of the log is read at once, and for how long."""
    store = settings.store
    return ReadLimits(store.read_threads, store.max_waiting_reads, store.read_timeout_seconds)


def build_reading(
    settings: Settings,
    streams: Sequence[EventStream],
    credentials: Sequence[Credential],
    clock: Clock,
    reader: LogReader,
    metrics: Metrics,
    reads: Reads,
) -> ReadServices:
    """Return what the handlers of streams and nodes use.

    Args:
        settings: of the service.
        streams: the streams of the log.
        credentials: the tokens that may read restricted streams.
        clock: decides which tokens have expired.
        reader: the log.
        metrics: counts requests.
        reads: the threads that read the log.
    """
    hypermedia = HypermediaWriter(f"{settings.public_url}/context.jsonld")
    pages = Pages(reader, hypermedia, PageCache(settings.http.page_cache_bytes))
    return ReadServices(
        public_url=settings.public_url,
        streams={stream.name: stream for stream in streams},
        access=StreamAccess(
            streams,
            credentials,
            signed_tokens(settings, list(settings.streams.by_name()), clock),
            clock,
            time.monotonic,
        ),
        guesses=Guesses(
            Rates(time.monotonic),
            settings.access.wrong_tokens_per_minute,
            settings.access.trusted_proxies,
        ),
        audit=Audit(Path(settings.access.audit_file)),
        clock=clock,
        reader=reader,
        reads=reads,
        pages=Builds(CurrentNodes(reader.generation), pages, reads),
        hypermedia=hypermedia,
        html=HtmlRenderer(_site(settings)),
        retry_after_seconds=settings.ingest.retry_after_seconds,
        compress_min_bytes=settings.http.compress_min_bytes,
        metrics=metrics,
    )


def revealed(settings: Settings, secrets: ServiceSecrets) -> list[Credential]:
    """Return the tokens of the consumers of restricted streams, with their holders."""
    limit = settings.access.requests_per_minute
    found = [
        Credential(
            token.reveal(),
            TokenHolder(
                consumer.name,
                frozenset(consumer.streams),
                consumer.requests_per_minute or limit,
                None if consumer.expires is None else parse_instant(consumer.expires),
                number,
            ),
        )
        for consumer in settings.consumers
        for number, token in enumerate(secrets.consumer_tokens[consumer.name], start=1)
    ]
    streams: dict[str, list[str]] = {}
    for name, tokens in secrets.stream_tokens.items():
        for token in tokens:
            streams.setdefault(token.reveal(), []).append(name)
    found += [
        Credential(token, TokenHolder(f"token:{number}", frozenset(names), limit))
        for number, (token, names) in enumerate(streams.items(), start=1)
    ]
    return found


def signed_tokens(settings: Settings, streams: Sequence[str], clock: Clock) -> TokenReader:
    """Return what checks tokens of the external issuer.

    Raises:
        ConfigurationError: the file of the issuer's keys cannot be used.
    """
    access = settings.access
    if access.jwks_file is None:
        return NoSignedTokens()
    # Imported only where it is used: it loads OpenSSL.
    from ldes_shok.http.access.signed_tokens import Issuer, SignedTokens  # noqa: PLC0415

    issuer = Issuer(
        jwks_file=Path(access.jwks_file),
        issuer=access.issuer or "",
        audience=access.audience or "",
        algorithms=access.algorithms,
        scope_claim=access.scope_claim,
        scope_prefix=access.scope_prefix,
        consumer_claim=access.consumer_claim,
        leeway_seconds=access.leeway_seconds,
        requests_per_minute=access.requests_per_minute,
    )
    return SignedTokens(issuer, streams, clock)


def _site(settings: Settings) -> Site:
    return Site(
        title=settings.title,
        home_url=f"{settings.public_url}/",
        publisher=Link(settings.publisher.name, settings.publisher.iri),
        licence=Link(settings.licence, settings.licence),
        demo=settings.demo,
        version=__version__,
    )
