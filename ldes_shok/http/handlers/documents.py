"""Handlers of the front page, of documents that are the same for every reader, health, metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from aiohttp import web

from ldes_shok.errors import LogUnavailable
from ldes_shok.http.handlers.health import Health, health_answer
from ldes_shok.http.handlers.node_pages import format_links
from ldes_shok.http.handlers.shape_pages import shape_page
from ldes_shok.http.serving.answers import OPEN_SECONDS, document, requested_format
from ldes_shok.http.serving.problems import not_found
from ldes_shok.http.serving.read_services import ReadServices
from ldes_shok.http.serving.services import SERVICES, Services
from ldes_shok.ldes.member import FIRST_POSITION
from ldes_shok.ldes.stream import Access
from ldes_shok.log.records import Tally
from ldes_shok.observability import metric_table as table
from ldes_shok.observability.metrics import Metrics
from ldes_shok.representation.html.pages import CataloguePage, StreamCard
from ldes_shok.representation.media import FORM_OF, Format, content_type

_DOCUMENT_SECONDS: Final = 3600


async def catalogue(request: web.Request) -> web.StreamResponse:
    """`GET /`: HTML for people, DCAT for machines."""
    services = request.app[SERVICES]
    format_ = requested_format(request)
    if isinstance(format_, web.Response):
        return format_
    if format_ is Format.HTML:
        body = await services.reading.reads.run(_catalogue_page, services)
    else:
        body = services.catalogue.document(format_.value)
    return document(
        request,
        body,
        content_type=content_type(format_, profile=False),
        label=format_.value,
        caching=f"public, max-age={OPEN_SECONDS}",
    )


async def context(request: web.Request) -> web.StreamResponse:
    """Answer with our JSON-LD context."""
    return _fixed(
        request, request.app[SERVICES].documents.context, "application/ld+json", "context"
    )


async def openapi(request: web.Request) -> web.StreamResponse:
    """Answer with the OpenAPI description of this interface."""
    return _fixed(request, request.app[SERVICES].documents.openapi, "application/json", "openapi")


async def stylesheet(request: web.Request) -> web.StreamResponse:
    """Answer with the stylesheet of all pages."""
    return _fixed(
        request, request.app[SERVICES].documents.stylesheet, "text/css; charset=utf-8", "css"
    )


async def shape(request: web.Request) -> web.StreamResponse:
    """Answer with the SHACL shape of a stream's members; public for every stream."""
    services = request.app[SERVICES]
    format_ = requested_format(request)
    if isinstance(format_, web.Response):
        return format_
    name = request.match_info["stream"]
    found, stream = services.documents.shapes.get(name), services.reading.streams.get(name)
    if found is None or stream is None:
        return not_found(request, "no stream has this shape; the catalogue at / lists them")
    if format_ is Format.HTML:
        page = shape_page(services.reading.public_url, stream, found)
        body = services.reading.html.render_shape(page)
    else:
        body = found.texts[FORM_OF[format_]]
    return document(
        request,
        body,
        content_type=content_type(format_, profile=False),
        label=format_.value,
        caching=f"public, max-age={_DOCUMENT_SECONDS}",
    )


async def ready(request: web.Request) -> web.StreamResponse:
    """Answer if the service works: the log takes writes, the queue is not full.

    The answer stays 200 for a source that is stuck, a clock in doubt or a writer elsewhere that
    does not report. A person must look at these, but readers and other sources can go on.
    """
    services = request.app[SERVICES]
    readiness = services.readiness()
    sources = services.sources()
    stuck = tuple(f"source {s.name}: {s.stuck}" for s in sources if s.stuck)
    status = HTTPStatus.OK if readiness.ready else HTTPStatus.SERVICE_UNAVAILABLE
    remarks = (*readiness.remarks, *stuck)
    word = "not ready" if not readiness.ready else "degraded" if remarks else "ready"
    states = {s.name: s.state.value for s in sources}
    return health_answer(status, Health(word, (*readiness.problems, *remarks), states))


async def metrics(request: web.Request) -> web.StreamResponse:
    """Answer with Prometheus text; `LOG_READABLE` is 0 if the log's figures are old."""
    services = request.app[SERVICES]
    await services.gather()
    counted = services.reading.metrics
    try:
        log = await services.reading.reads.run(_log_figures, services.reading)
    except LogUnavailable:
        counted.set(table.LOG_READABLE, 0)
    else:
        _count_log(counted, log)
    for source in services.sources():
        counted.source_is(source.name, source.state.value)
        counted.set(table.SOURCE_STUCK, bool(source.stuck), source.name)
    return web.Response(
        body=counted.render(),
        headers={"Content-Type": counted.content_type, "Cache-Control": "no-store"},
    )


@dataclass(frozen=True, slots=True)
class _LogFigures:
    """Figures of the log: members by stream, events by source and outcome."""

    members: Mapping[str, int]
    tallies: Sequence[Tally]
    size_bytes: int
    quarantined_events: int


def _log_figures(reading: ReadServices) -> _LogFigures:
    reader = reading.reader
    return _LogFigures(
        {name: reader.stream(name).members for name in reading.streams},
        reader.tallies(),
        reader.size_bytes(),
        reader.quarantined_count(),
    )


def _count_log(counted: Metrics, log: _LogFigures) -> None:
    for name, members in log.members.items():
        counted.set(table.LOG_MEMBERS, members, name)
    counted.log_events((t.source, t.outcome, t.events) for t in log.tallies)
    counted.set(table.LOG_SIZE, log.size_bytes)
    counted.set(table.QUARANTINED, log.quarantined_events)
    counted.set(table.LOG_READABLE, 1)


def _fixed(request: web.Request, body: bytes, media_type: str, label: str) -> web.Response:
    return document(
        request,
        body,
        content_type=media_type,
        label=label,
        caching=f"public, max-age={_DOCUMENT_SECONDS}",
    )


def _catalogue_page(services: Services) -> bytes:
    reading = services.reading
    url = reading.public_url
    cards: list[StreamCard] = []
    for name, stream in reading.streams.items():
        if not reading.access.is_open(name):
            continue  # The machine-readable catalogue lists it, with its access rights.
        record = reading.reader.stream(name)
        # The record's own time also moves when nodes are sealed: take the newest member's time.
        last_position = FIRST_POSITION + record.members - 1
        latest = reading.reader.rows(name, last_position, 1) if record.members else ()
        cards.append(
            StreamCard(
                title=stream.title_nl,
                description=stream.description_nl,
                url=stream.iri,
                root_url=stream.view_iri,
                shape_url=stream.shape_iri,
                open_access=stream.access is Access.OPEN,
                members=record.members,
                last_published_ms=latest[0].published_ms if latest else None,
            )
        )
    page = CataloguePage(
        description=services.catalogue_text,
        canonical_url=f"{url}/",
        streams=tuple(cards),
        formats=format_links(f"{url}/"),
        context_url=f"{url}/context.jsonld",
        health_url=f"{url}/health/ready",
        openapi_url=f"{url}/openapi.json",
        metrics_url=f"{url}/metrics",
    )
    return reading.html.render_catalogue(page)
