"""Handler of `POST /ingest`: takes canonical events, answers one result each after the commit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from http import HTTPStatus

import msgspec
from aiohttp import web

from ldes_shok.cabinet.incoming import Delivery, Origin
from ldes_shok.cabinet.outcome import Outcome, OutcomeKind
from ldes_shok.clock import Clock
from ldes_shok.errors import (
    Overloaded,
    PayloadRejected,
    PayloadTooLarge,
    ShuttingDown,
    SignatureRejected,
    UnsupportedContentType,
    WrittenElsewhere,
)
from ldes_shok.http.access.policy import HOW_TO_SEND
from ldes_shok.http.access.wrong_tokens import PROVED
from ldes_shok.http.handlers.bodies import BodyRoom, expected_bytes, read_body
from ldes_shok.http.serving.headers import combined
from ldes_shok.http.serving.plain_urls import no_parameters
from ldes_shok.http.serving.problems import challenge, problem, try_again
from ldes_shok.http.serving.services import SERVICES, Services
from ldes_shok.observability import metric_table as table
from ldes_shok.sources.decoder import Message
from ldes_shok.sources.decoding import Decoding
from ldes_shok.sources.transports.http.cloudevents import (
    EventContent,
    as_delivery,
    as_messages,
    cloud_parts,
    is_cloudevent,
)
from ldes_shok.sources.transports.http.push import (
    basic_credentials,
    check_body,
    split_payload,
    token_of,
)
from ldes_shok.sources.transports.http.push_auth import Caller


class EventResult(msgspec.Struct, frozen=True, omit_defaults=True):
    """The outcome of one event of the request; `unused` is set only if something was dropped."""

    index: int
    key: str | None
    outcome: str
    members: tuple[str, ...]
    reason: str | None
    unused: tuple[str, ...] = ()


class Results(msgspec.Struct, frozen=True):
    """The whole answer: `members` counts members, all other counts count events."""

    received: int
    published: int
    duplicate: int
    quarantined: int
    rejected: int
    members: int
    results: tuple[EventResult, ...]


class IngestHandler:
    """Takes pushed events and bounds the sum of their bodies."""

    def __init__(self, clock: Clock, services: Services) -> None:
        self._clock = clock
        self._room = BodyRoom(
            services.body_limits,
            services.reading.retry_after_seconds,
            on_refused=services.reading.metrics.adding(table.REFUSED, "body"),
        )

    async def post(self, request: web.Request) -> web.Response:
        """Answer 200 after the commit; no event is acknowledged before."""
        services = request.app[SERVICES]
        name = request.match_info.get("source")
        shown = request.headers.get("Authorization")
        if basic_credentials(shown) and "Origin" in request.headers:
            return _from_a_page(request)
        caller = services.callers.caller(shown, name)
        if caller is None:
            return _unauthorized(request)
        request[PROVED] = caller.signing is None
        refused = no_parameters(request) or _conditional(request)
        if refused is not None:
            return refused
        try:
            if caller.signing is not None:
                caller.signing.check_headers(combined(request.headers), self._clock.now())
            async with self._room.place(expected_bytes(request, services.push_limits)):
                outcomes = await self._take(request, services, caller)
        except SignatureRejected as error:
            return _unsigned(request, error)
        except (PayloadRejected, Overloaded, ShuttingDown, WrittenElsewhere) as error:
            return _refusal(request, error, services.reading.retry_after_seconds)
        return web.Response(
            body=msgspec.json.encode(summarise(outcomes)),
            headers={"Content-Type": "application/json", "Cache-Control": "no-store"},
        )

    async def _take(
        self, request: web.Request, services: Services, caller: Caller
    ) -> Sequence[Outcome]:
        body = await read_body(request, services.body_limits.timeout_seconds)
        source, metrics = caller.origin.source, services.reading.metrics
        if caller.signing is not None:
            used = caller.signing.check(combined(request.headers), body)
            metrics.add(table.PUSHES, source, "signature", str(used))
        if caller.token:
            metrics.add(table.PUSHES, source, "token", str(caller.token))
        content_type = request.headers.get("Content-Type", "")
        origin, limits = caller.origin, services.push_limits
        decoding = services.decodings.get(origin.source)
        if is_cloudevent(content_type, request.headers):
            parts = cloud_parts(body, content_type, combined(request.headers), limits)
            del body
            return await self._take_parts(parts, services, origin, decoding)
        if decoding is not None:
            check_body(body, limits)
            message = Message(body, self._clock.now(), {"content_type": content_type})
            return await decoding.submit([message], services.sink)
        payloads = split_payload(body, content_type, limits)
        del body  # the payloads are copies: free the body while they wait for their commit
        now = self._clock.now()
        return await services.sink.submit([Delivery(p, origin, now) for p in payloads])

    async def _take_parts(
        self,
        parts: Sequence[EventContent],
        services: Services,
        origin: Origin,
        decoding: Decoding | None,
    ) -> Sequence[Outcome]:
        """Submit what CloudEvents hold: canonical events, or messages for the source's decoder."""
        now = self._clock.now()
        if decoding is None:
            deliveries = [as_delivery(part, origin, now) for part in parts]
            return await services.sink.submit(deliveries)
        return await decoding.submit(as_messages(parts, now), services.sink)


def _unauthorized(request: web.Request) -> web.Response:
    detail = (
        f"{HOW_TO_SEND}: that of an http source; whoever signs its bodies posts to /ingest/ and "
        "the name of its source"
    )
    was_sent = token_of(request.headers.get("Authorization")) is not None
    return problem(
        request,
        HTTPStatus.UNAUTHORIZED,
        detail,
        challenge("invalid_token" if was_sent else ""),
    )


def _from_a_page(request: web.Request) -> web.Response:
    """403: a browser adds remembered Basic credentials for any page, also a foreign one."""
    detail = "a page in a browser sends Authorization: Bearer; Basic is for tools"
    return problem(request, HTTPStatus.FORBIDDEN, detail)


def _conditional(request: web.Request) -> web.Response | None:
    """412 for an If-Match: this address holds no representation (RFC 9110, section 13.1.1)."""
    if "If-Match" not in request.headers:
        return None
    detail = "If-Match: events are added, and nothing is replaced here; leave it out"
    return problem(request, HTTPStatus.PRECONDITION_FAILED, detail)


def _unsigned(request: web.Request, error: SignatureRejected) -> web.Response:
    return problem(
        request,
        HTTPStatus.UNAUTHORIZED,
        str(error),
        {"WWW-Authenticate": 'Signature realm="ldes-shok"'},
    )


def _refusal(
    request: web.Request,
    error: PayloadRejected | Overloaded | ShuttingDown | WrittenElsewhere,
    retry_after_seconds: int,
) -> web.Response:
    """Answer a request of which no event was taken: why, and a Retry-After where it helps."""
    match error:
        case PayloadTooLarge():
            return problem(request, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, str(error))
        case UnsupportedContentType():
            return problem(request, HTTPStatus.UNSUPPORTED_MEDIA_TYPE, str(error))
        case PayloadRejected():
            return problem(request, HTTPStatus.BAD_REQUEST, str(error))
        case Overloaded():
            status, wait_seconds = HTTPStatus.TOO_MANY_REQUESTS, error.retry_after_seconds
            return try_again(request, status, str(error), wait_seconds)
        case ShuttingDown():
            status = HTTPStatus.SERVICE_UNAVAILABLE
            return try_again(request, status, str(error), retry_after_seconds)
        case WrittenElsewhere():
            return problem(request, HTTPStatus.MISDIRECTED_REQUEST, str(error))


def summarise(outcomes: Sequence[Outcome]) -> Results:
    """Return the answer for these outcomes; payloads that held no event are left out."""
    outcomes = [outcome for outcome in outcomes if outcome.kind is not OutcomeKind.NOTED]
    counts = Counter(outcome.kind for outcome in outcomes)
    return Results(
        received=len(outcomes),
        published=counts[OutcomeKind.PUBLISHED],
        duplicate=counts[OutcomeKind.DUPLICATE],
        quarantined=counts[OutcomeKind.QUARANTINED],
        rejected=counts[OutcomeKind.REJECTED],
        members=sum(len(outcome.members) for outcome in outcomes),
        results=tuple(
            EventResult(index, o.key, o.kind.value, o.members, o.reason, o.unused)
            for index, o in enumerate(outcomes)
        ),
    )
