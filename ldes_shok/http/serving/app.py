"""The application of a whole service, with all routes."""

from __future__ import annotations

from urllib.parse import urlsplit

from aiohttp import web

from ldes_shok.clock import Clock
from ldes_shok.http.handlers import documents as site
from ldes_shok.http.handlers import entities as resources
from ldes_shok.http.handlers import health
from ldes_shok.http.handlers.ingest import IngestHandler
from ldes_shok.http.handlers.ocpp16 import StationHandler
from ldes_shok.http.serving.reader_app import add_routes, new_application, plain, stream_routes
from ldes_shok.http.serving.services import SERVICES, Services


def create_app(services: Services, clock: Clock) -> web.Application:
    """Return an aiohttp application over `services`; it starts nothing by itself.

    All routes are below the path of the public URL (`https://example.org/ldes`).
    """
    application = new_application(services.reading, services.push_limits.max_body_bytes)
    application[SERVICES] = services
    prefix = urlsplit(services.reading.public_url).path
    ingest = IngestHandler(clock, services)
    stations = StationHandler()
    application.on_shutdown.append(stations.close)
    add_routes(
        application,
        [
            web.get(f"{prefix}/", site.catalogue),
            web.get(f"{prefix}/health/live", plain(health.live)),
            web.get(f"{prefix}/health/ready", plain(site.ready)),
            web.get(f"{prefix}/metrics", plain(site.metrics)),
            web.get(f"{prefix}/openapi.json", plain(site.openapi)),
            web.get(f"{prefix}/context.jsonld", plain(site.context)),
            web.get(f"{prefix}/static/ldes-shok.css", plain(site.stylesheet)),
            web.get(f"{prefix}/shapes/{{stream}}", site.shape),
            web.post(f"{prefix}/ingest", ingest.post),
            web.post(f"{prefix}/ingest/{{source}}", ingest.post),
            web.get(f"{prefix}/ocpp16/{{source}}/{{station}}", stations.connect),
            web.get(f"{prefix}/id/{{tail:.+}}", resources.identified),
            *stream_routes(services.reading),
        ],
    )
    return application
