"""Admits requests for restricted streams, counts them and writes them in the audit."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

import structlog
from aiohttp import web

from ldes_shok.http.access.policy import AccessVerdict
from ldes_shok.http.access.wrong_tokens import PROVED
from ldes_shok.http.serving.problems import BEARER, challenge, problem, try_again
from ldes_shok.http.serving.read_services import READING, ReadServices
from ldes_shok.ldes.stream import EventStream

READS: Final = web.RequestKey("READS", tuple)
"""The consumer that asks for a restricted stream, and the stream's name."""


def admit(request: web.Request, reading: ReadServices, stream: str) -> web.Response | None:
    """Return None if the request may read `stream`, otherwise the refusal.

    401 for an unknown consumer, 403 for a consumer without the scope (RFC 6750, 3.1), 429 above the
    rate. The audit gets each known consumer, also one whose token has expired. It gets no request
    above the rate, or one consumer could fill it.
    """
    access = reading.access
    if access.is_open(stream):
        return None
    asker = access.asker(request.headers.get("Authorization"))
    verdict = access.may_read(asker, stream)
    known = asker.consumer or asker.expired
    if known is None:
        return _unauthorized(request, verdict, reading.streams[stream], asker.reason)
    request[PROVED] = asker.consumer is not None
    wait_seconds = access.wait_seconds(known)
    if wait_seconds:
        detail = f"too many requests; try again in {wait_seconds} s"
        return try_again(request, HTTPStatus.TOO_MANY_REQUESTS, detail, wait_seconds)
    request[READS] = (known, stream)
    if asker.consumer is None:
        return _unauthorized(request, verdict, reading.streams[stream], asker.reason)
    if verdict is AccessVerdict.INSUFFICIENT:
        return problem(
            request,
            HTTPStatus.FORBIDDEN,
            f"this token does not read the stream {stream}; ask the publisher for one that does",
            {"WWW-Authenticate": f'{BEARER}, error="{verdict}", scope="{stream}"'},
        )
    return None


def readable(request: web.Request, reading: ReadServices) -> list[str]:
    """The streams that the request may read, in the order of the catalogue."""
    asker = reading.access.asker(request.headers.get("Authorization"))
    return [s for s in reading.streams if reading.access.may_read(asker, s) is AccessVerdict.MAY]


def written_down(request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    """Write in the audit who reads a restricted stream; if that fails, answer 503 instead."""
    if READS not in request:
        return response
    consumer, stream = request[READS]
    reading = request.app[READING]
    fields: dict[str, str | int] = {
        "consumer": consumer.name,
        "stream": stream,
        "path": request.path,
        "status": response.status,
    }
    if consumer.token:
        fields["token"] = consumer.token
    try:
        reading.audit.write("read", reading.clock.now(), fields)
    except OSError as error:
        structlog.get_logger("ldes_shok.access").error("audit_failed", reason=error.strerror)
        return try_again(
            request,
            HTTPStatus.SERVICE_UNAVAILABLE,
            "what is restricted is read on record only, and the record cannot be written now",
            reading.retry_after_seconds,
        )
    return response


def _unauthorized(
    request: web.Request, verdict: AccessVerdict, stream: EventStream, reason: str
) -> web.Response:
    """401; the error is given only if a token was sent (RFC 6750, 3.1)."""
    since = f"; what is published since is at {stream.replaced_by}" if stream.replaced_by else ""
    wrong = (str(verdict), reason) if verdict is AccessVerdict.INVALID else ("", "")
    return problem(
        request,
        HTTPStatus.UNAUTHORIZED,
        f"stream {stream.name} is read with a token: {reason}{since}",
        challenge(*wrong),
    )
