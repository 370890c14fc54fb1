"""The routes of a process that only reads: streams and nodes are its own, the rest is passed on."""

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
    """An aiohttp application over `reading` that passes on to `forwarder` what it cannot answer.

    Those are the catalogue, code lists and shapes, which take an RDF library, single members,
    metrics and readiness, and all that is sent to us.
    """
    application = new_application(reading, max_body_bytes)
    prefix = urlsplit(reading.public_url).path
    passed_on = ("", "metrics", "openapi.json", "context.jsonld", "static/ldes-shok.css",
                 "shapes/{stream}", "id/{tail:.+}")  # fmt: skip

    async def ready(request: web.Request) -> web.StreamResponse:
        """The process that writes says it, unless this one cannot read."""
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
    """Routes, and what is answered to all that is none of them: nobody else asks for a body."""
    for path, group in groupby(routes, lambda route: route.path):
        of_path = list(group)
        methods = {route.method for route in of_path}
        _add(application, [*of_path, web.route("*", path, _other_methods(methods))])
    _add(application, [web.route("*", "/{tail:.*}", _nothing, name=OTHER_ROUTE)])


def plain(handler: Handler) -> Handler:
    """For an address that has one form only: it takes no query parameter."""

    async def handle(request: web.Request) -> web.StreamResponse:
        return no_parameters(request) or await handler(request)

    return handle


def _add(application: web.Application, routes: Sequence[web.RouteDef]) -> None:
    for route in routes:
        route.kwargs["expect_handler"] = no_expectations
    application.add_routes(routes)


def _other_methods(methods: set[str]) -> Handler:
    allowed = methods | ({"HEAD"} if "GET" in methods else set())

    async def say(request: web.Request) -> web.StreamResponse:
        if request.method == "OPTIONS":
            return allowing(allowed)
        raise web.HTTPMethodNotAllowed(request.method, allowed)

    return say


async def _nothing(request: web.Request) -> web.StreamResponse:
    if request.method == "OPTIONS":
        # A browser asks first, and then must be able to read that there is nothing.
        return allowing({"GET", "HEAD"})
    raise web.HTTPNotFound


def new_application(reading: ReadServices, max_body_bytes: int) -> web.Application:
    """An application without routes."""
    application = web.Application(middlewares=[outermost], client_max_size=max_body_bytes)
    application[READING] = reading
    application.on_response_prepare.append(add_headers)
    return application


def stream_routes(reading: ReadServices) -> list[web.RouteDef]:
    """Event streams and their nodes; after all other routes, for they take any first segment."""
    prefix = urlsplit(reading.public_url).path
    streams = StreamHandlers(NodePages(reading.public_url, reading.reader, reading.html))
    return [
        web.get(f"{prefix}/{{stream}}", streams.stream),
        web.get(f"{prefix}/{{stream}}/{{view}}", streams.node),
        web.get(f"{prefix}/{{stream}}/{{view}}/{{path:.+}}", streams.node),
    ]
