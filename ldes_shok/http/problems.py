"""Errors as RFC 9457 problem documents: what is wrong, and what to do."""

from __future__ import annotations

from http import HTTPStatus

import msgspec
from aiohttp import web

PROBLEM_TYPE = "application/problem+json"


class _Problem(msgspec.Struct, frozen=True):
    type: str
    title: str
    status: int
    detail: str
    instance: str


def problem(
    request: web.Request,
    status: HTTPStatus,
    detail: str,
    headers: dict[str, str] | None = None,
) -> web.Response:
    """A problem document for this request; `detail` names the field and what to do."""
    document = _Problem("about:blank", status.phrase, status.value, detail, request.path)
    return web.Response(
        status=status.value,
        body=msgspec.json.encode(document),
        headers={
            "Content-Type": PROBLEM_TYPE,
            "Cache-Control": "no-store",
            "Vary": "Accept, Accept-Encoding",
            **(headers or {}),
        },
    )


def not_found(request: web.Request, what: str) -> web.Response:
    """404, with a sentence."""
    return problem(request, HTTPStatus.NOT_FOUND, what)


def unauthorized(request: web.Request, detail: str) -> web.Response:
    """401 that names the scheme (RFC 9110, 11.6.1); of a token also that (RFC 6750, 3.1)."""
    challenge = 'Bearer realm="ldes-shok"'
    if request.headers.get("Authorization", "").strip().lower().startswith("bearer"):
        challenge += ', error="invalid_token"'
    return problem(request, HTTPStatus.UNAUTHORIZED, detail, {"WWW-Authenticate": challenge})


def try_again(
    request: web.Request, status: HTTPStatus, detail: str, retry_after_seconds: int
) -> web.Response:
    """429 or 503 with Retry-After."""
    return problem(request, status, detail, {"Retry-After": str(retry_after_seconds)})
