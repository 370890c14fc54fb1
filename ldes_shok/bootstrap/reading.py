"""What it takes to read the log and serve it, built: no RDF library, nothing that writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor

from ldes_shok import __version__
from ldes_shok.bootstrap.values import event_streams
from ldes_shok.http.access import StreamAccess
from ldes_shok.http.reading import Reading
from ldes_shok.log.base import LogReader
from ldes_shok.observability.metrics import Metrics
from ldes_shok.representation.html.pages import Link, Site
from ldes_shok.representation.html.renderer import HtmlRenderer
from ldes_shok.representation.hypermedia import HypermediaWriter
from ldes_shok.representation.nodes import CurrentNodes
from ldes_shok.representation.pages import PageCache, Pages
from ldes_shok.settings.model import Settings
from ldes_shok.settings.secrets import ServiceSecrets

READING_THREADS = 2
"""They make the pages that are not at hand. More would only wait for each other."""


def build_reading(
    settings: Settings,
    tokens: Mapping[str, Sequence[str]],
    reader: LogReader,
    metrics: Metrics,
    pool: Executor,
) -> Reading:
    """What the handlers of streams and nodes work with.

    Args:
        settings: of the service.
        tokens: who may read each restricted stream.
        reader: the log.
        metrics: where requests are counted.
        pool: threads that make pages.
    """
    streams = event_streams(settings)
    hypermedia = HypermediaWriter(f"{settings.public_url}/context.jsonld")
    return Reading(
        public_url=settings.public_url,
        streams={stream.name: stream for stream in streams},
        access=StreamAccess(streams, tokens),
        reader=reader,
        nodes=CurrentNodes(reader),
        pages=Pages(reader, hypermedia, PageCache(settings.http.page_cache_bytes)),
        hypermedia=hypermedia,
        html=HtmlRenderer(_site(settings)),
        retry_after_seconds=settings.ingest.retry_after_seconds,
        compress_min_bytes=settings.http.compress_min_bytes,
        metrics=metrics,
        pool=pool,
    )


def revealed(secrets: ServiceSecrets) -> dict[str, list[str]]:
    """The tokens of the restricted streams, by stream."""
    return {
        name: [token.reveal() for token in tokens] for name, tokens in secrets.stream_tokens.items()
    }


def _site(settings: Settings) -> Site:
    return Site(
        title=settings.title,
        home_url=f"{settings.public_url}/",
        publisher=Link(settings.publisher.name, settings.publisher.iri),
        licence=Link(settings.licence, settings.licence),
        demo=settings.demo,
        version=__version__,
    )
