"""The application of a process that only reads: answers streams and nodes, forwards the rest."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from itertools import groupby
from urllib.parse import urlsplit

from aiohttp import web

from ldes_shok.http.handlers import health
from ldes_shok.http.handlers.bodies import no_expectations
from ldes_shok.http.handlers.node_pages import NodePages
from ldes_shok.http.handlers.streams import StreamHandlers
from ldes_shok.http.serving.forward import Forwarder
from ldes_shok.http.serving.middleware import Handler, add_headers, allowing, outermost
from ldes_shok.http.serving.plain_urls import OTHER_ROUTE, no_parameters
from ldes_shok.http.serving.read_services import READING, ReadServices


def create_reader_app(
    reading: ReadServices, forwarder: Forwarder, max_body_bytes: int
) -> web.Application:
    """Return an aiohttp application over `reading`; `forwarder` answers the other addresses.

    Those are the catalogue, code lists and shapes (they need an RDF library), single members,
    metrics, readiness, and everything that is sent to us.
    """
    application = new_application(reading, max_body_bytes)
    prefix = urlsplit(reading.public_url).path
    passed_on = ("", "metrics", "openapi.json", "context.jsonld", "static/ldes-shok.css",
                 "shapes/{stream}", "id/{tail:.+}")  # fmt: skip

    async def ready(request: web.Request) -> web.StreamResponse:
        """Forward to the process that writes, unless this process cannot read."""
        if reading.reads.are_stuck:
            problems = (reading.reads.problem,)
            return health.health_answer(
                HTTPStatus.SERVICE_UNAVAILABLE, health.Health("not ready", problems)
            )
        return await forwarder.handle(request)

    add_routes(
        application,
        [
            web.get(f"{prefix}/health/live", plain(health.live)),
            web.get(f"{prefix}/health/ready", plain(ready)),
            web.post(f"{prefix}/ingest", forwarder.handle),
            web.post(f"{prefix}/ingest/{{source}}", forwarder.handle),
            *(web.get(f"{prefix}/{path}", forwarder.handle) for path in passed_on),
            *stream_routes(reading),
        ],
    )
    return application


def add_routes(application: web.Application, routes: Sequence[web.RouteDef]) -> None:
    """Add the routes and the answers to all other requests; none of them asks for a body."""
    for path, group in groupby(routes, lambda route: route.path):
        of_path = list(group)
        methods = {route.method for route in of_path}
        _add(application, [*of_path, web.route("*", path, _other_methods(methods))])
    _add(application, [web.route("*", "/{tail:.*}", _nothing, name=OTHER_ROUTE)])


def plain(handler: Handler) -> Handler:
    """Wrap the handler of an address with one format: it takes no query parameter."""

    async def handle(request: web.Request) -> web.StreamResponse:
        return no_parameters(request) or await handler(request)

    return handle


def _add(application: web.Application, routes: Sequence[web.RouteDef]) -> None:
    for route in routes:
        route.kwargs["expect_handler"] = no_expectations
    application.add_routes(routes)


def _other_methods(methods: set[str]) -> Handler:
    allowed = methods | ({"HEAD"} if "GET" in methods else set())

    async def answer_other(request: web.Request) -> web.StreamResponse:
        if request.method == "OPTIONS":
            return allowing(allowed)
        raise web.HTTPMethodNotAllowed(request.method, allowed)

    return answer_other


async def _nothing(request: web.Request) -> web.StreamResponse:
    if request.method == "OPTIONS":
        # A browser sends a preflight first, and must be able to read the 404 after it.
        return allowing({"GET", "HEAD"})
    raise web.HTTPNotFound


def new_application(reading: ReadServices, max_body_bytes: int) -> web.Application:
    """Return an application without routes."""
    application = web.Application(middlewares=[outermost], client_max_size=max_body_bytes)
    application[READING] = reading
    application.on_response_prepare.append(add_headers)
    return application


def stream_routes(reading: ReadServices) -> list[web.RouteDef]:
    """Return the routes of streams and nodes; add them last: they match any first segment."""
    prefix = urlsplit(reading.public_url).path
    streams = StreamHandlers(NodePages(reading.public_url, reading.reader, reading.html))
    return [
        web.get(f"{prefix}/{{stream}}", streams.stream),
        web.get(f"{prefix}/{{stream}}/{{view}}", streams.node),
        web.get(f"{prefix}/{{stream}}/{{view}}/{{path:.+}}", streams.node),
    ]
