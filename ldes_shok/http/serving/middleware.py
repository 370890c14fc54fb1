"""Middleware of every request: CORS, security headers, counting, errors as problems."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from http import HTTPStatus

import structlog
from aiohttp import web

from ldes_shok.errors import LogUnavailable, PseudonymKeyUnavailable, ValidationUnavailable
from ldes_shok.http.access.admission import written_down
from ldes_shok.http.handlers.bodies import waits_to_be_asked
from ldes_shok.http.serving.answers import unmet
from ldes_shok.http.serving.connection import ClientConnection
from ldes_shok.http.serving.forward import PASSED_ON
from ldes_shok.http.serving.headers import ALWAYS, PREFLIGHT, SERVER
from ldes_shok.http.serving.plain_urls import OTHER_ROUTE, refusal
from ldes_shok.http.serving.problems import problem, try_again
from ldes_shok.http.serving.protocol import RequestProtocol
from ldes_shok.http.serving.read_services import READING
from ldes_shok.observability import metric_table as table

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_DETAILS = {
    HTTPStatus.NOT_FOUND: "there is nothing here; the catalogue at / lists what there is",
    HTTPStatus.METHOD_NOT_ALLOWED: "this method does nothing here",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "the body is larger than http.max_body_bytes allows: "
    "send fewer events at once",
}


def allowing(methods: Iterable[str]) -> web.Response:
    """Answer OPTIONS, as a preflight or not, with the methods of an address."""
    allowed = ", ".join(sorted({*methods, "OPTIONS"}))
    headers = {**PREFLIGHT, "Access-Control-Allow-Methods": allowed, "Allow": allowed}
    return web.Response(status=HTTPStatus.NO_CONTENT, headers=headers)


async def add_headers(_: web.Request, response: web.StreamResponse) -> None:
    """Add the headers of every answer, errors included: browsers must be able to read them."""
    for name, value in ALWAYS:
        response.headers.setdefault(name, value)
    response.headers["Server"] = SERVER


@web.middleware
async def outermost(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn errors into problems, check preconditions, count, and inform the connection."""
    connection = ClientConnection.of(request)
    failure = None if connection is None else connection.begun()
    guesses = request.app[READING].guesses
    response: web.StreamResponse | None = refusal(request, request.app[READING].clock)
    if response is None:
        answered = guesses.refusal(request) or await _guarded(request, handler, failure)
        response = guesses.counted(request, written_down(request, answered))
    is_last = isinstance(request.protocol, RequestProtocol) and request.protocol.is_last
    if is_last or (waits_to_be_asked(request) and not response.prepared):
        # The client sends no more; or we did not ask for its body, and it may come next.
        response.force_close()
    resource = request.match_info.route.resource
    route = OTHER_ROUTE if resource is None else resource.name or resource.canonical
    if PASSED_ON not in response:
        request.app[READING].metrics.add(table.REQUESTS, route, str(int(response.status)))
    if connection is not None:
        await _finish(connection, request, response)
    return response


async def _finish(
    connection: ClientConnection, request: web.Request, response: web.StreamResponse
) -> None:
    """Send the answer now, so that the connection knows when it is free again."""
    try:
        await response.prepare(request)
        await response.write_eof()
    except ConnectionError:
        # The client is gone; aiohttp tries to send once more and handles that.
        return
    connection.finished(request, response)


async def _guarded(
    request: web.Request, handler: Handler, failure: BaseException | None
) -> web.StreamResponse:
    """Return the handler's answer or a problem; raise `failure` instead of calling the handler."""
    try:
        if failure is not None:
            raise failure  # noqa: TRY301  answered below, like any other failure
        response = await handler(request)
        return unmet(request, response) or response
    except web.HTTPException as error:
        if request.method == "OPTIONS":
            return allowing({"GET", "HEAD", "POST"})  # of the target `*`
        status = HTTPStatus(error.status)
        if status < HTTPStatus.BAD_REQUEST:
            raise
        headers: dict[str, str] = {}
        if isinstance(error, web.HTTPMethodNotAllowed):
            headers["Allow"] = ", ".join(sorted({*error.allowed_methods, "OPTIONS"}))
        return problem(request, status, _DETAILS.get(status, error.reason), headers)
    except (LogUnavailable, PseudonymKeyUnavailable, ValidationUnavailable) as error:
        retry_after_seconds = request.app[READING].retry_after_seconds
        return try_again(request, HTTPStatus.SERVICE_UNAVAILABLE, str(error), retry_after_seconds)
    except (ConnectionError, TimeoutError):
        raise
    except Exception:  # noqa: BLE001  a defect is logged whole and answered without detail
        structlog.get_logger().exception("request_failed", path=request.path)
        return problem(
            request, HTTPStatus.INTERNAL_SERVER_ERROR, "this service failed; it is in its log"
        )
