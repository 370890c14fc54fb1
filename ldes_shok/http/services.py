"""What the handlers work with: built once by the composition root, never changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from ldes_shok.http.access import StreamAccess
from ldes_shok.http.bodies import BodyLimits
from ldes_shok.ldes.stream import EventStream
from ldes_shok.log.base import LogReader
from ldes_shok.metadata.concepts import ConceptDocuments
from ldes_shok.metadata.dcat import Catalogue
from ldes_shok.observability.metrics import Metrics
from ldes_shok.representation.html.renderer import HtmlRenderer
from ldes_shok.representation.hypermedia import HypermediaWriter
from ldes_shok.representation.pages import Pages
from ldes_shok.sources.base import Sink, SourceStatus
from ldes_shok.sources.push import PushLimits, TokenTable


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether the service can do its work, and what is wrong if not."""

    ready: bool
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Documents:
    """Documents that are the same for everybody, ready as bytes."""

    context: bytes
    openapi: bytes
    shapes: Mapping[str, Mapping[str, bytes]]
    stylesheet: bytes


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that the handlers need.

    Attributes:
        public_url: base of every IRI, no slash at the end.
        streams: the event streams by name, in the order of the catalogue.
        access: who may read which stream.
        reader: the log.
        pages: nodes as bytes.
        hypermedia: the stream documents.
        html: pages for people.
        catalogue: DCAT.
        catalogue_text: one or two sentences for the front page.
        concepts: the coined code lists.
        documents: context, OpenAPI, shapes, stylesheet.
        sink: where pushed events go.
        tokens: whose bearer token is whose.
        push_limits: how large a push may be.
        body_limits: how large all bodies under way may be together.
        retry_after_seconds: what Retry-After says.
        compress_min_bytes: smaller bodies are sent as they are.
        metrics: what is counted.
        readiness: asked by `/health/ready`.
        sources: the state of the running sources.
        pool: threads that read the log and compress.
    """

    public_url: str
    streams: Mapping[str, EventStream]
    access: StreamAccess
    reader: LogReader
    pages: Pages
    hypermedia: HypermediaWriter
    html: HtmlRenderer
    catalogue: Catalogue
    catalogue_text: str
    concepts: ConceptDocuments
    documents: Documents
    sink: Sink
    tokens: TokenTable
    push_limits: PushLimits
    body_limits: BodyLimits
    retry_after_seconds: int
    compress_min_bytes: int
    metrics: Metrics
    readiness: Callable[[], Readiness]
    sources: Callable[[], Sequence[SourceStatus]]
    pool: Executor


SERVICES: Final = web.AppKey("SERVICES", Services)
