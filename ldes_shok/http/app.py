"""The routes, put together."""

from __future__ import annotations

from urllib.parse import urlsplit

from aiohttp import web

from ldes_shok.clock import Clock
from ldes_shok.http import resources, site
from ldes_shok.http.ingest import IngestHandler, other_methods
from ldes_shok.http.middleware import add_headers, outermost
from ldes_shok.http.node_pages import NodePages
from ldes_shok.http.services import SERVICES, Services
from ldes_shok.http.streams import StreamHandlers


def create_app(services: Services, clock: Clock) -> web.Application:
    """An aiohttp application over `services`; starts nothing by itself.

    A path in the public URL (`https://example.org/ldes`) is where everything hangs.
    """
    application = web.Application(
        middlewares=[outermost], client_max_size=services.push_limits.max_body_bytes
    )
    application[SERVICES] = services
    application.on_response_prepare.append(add_headers)
    prefix = urlsplit(services.public_url).path
    streams = StreamHandlers(NodePages(services.public_url, services.reader, services.html))
    ingest = IngestHandler(clock, services)
    application.add_routes(
        [
            web.get(f"{prefix}/", site.catalogue),
            web.get(f"{prefix}/health/live", site.live),
            web.get(f"{prefix}/health/ready", site.ready),
            web.get(f"{prefix}/metrics", site.metrics),
            web.get(f"{prefix}/openapi.json", site.openapi),
            web.get(f"{prefix}/context.jsonld", site.context),
            web.get(f"{prefix}/static/ldes-shok.css", site.stylesheet),
            web.get(f"{prefix}/shapes/{{stream}}", site.shape),
            web.post(f"{prefix}/ingest", ingest.post),
            web.route("*", f"{prefix}/ingest", other_methods),
            web.get(f"{prefix}/id/{{tail:.+}}", resources.identified),
            web.get(f"{prefix}/{{stream}}", streams.stream),
            web.get(f"{prefix}/{{stream}}/{{view}}", streams.node),
            web.get(f"{prefix}/{{stream}}/{{view}}/{{path:.+}}", streams.node),
        ]
    )
    return application
