"""Refuses second URLs of one resource, and requests that RFC 9112 forbids, before any handler."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Final

from aiohttp import HttpVersion, HttpVersion10, HttpVersion11, web

from ldes_shok.clock import Clock
from ldes_shok.http.serving.headers import listed
from ldes_shok.http.serving.problems import LastAnswer, not_found, problem

OTHER_ROUTE: Final = "other"
"""The route under which requests for unknown addresses are counted."""

FORMAT: Final = "format"
"""The only query parameter."""

_NAME: Final = r"A-Za-z0-9\-._~!$&'()*+,;="
_ESCAPE: Final = r"%[0-9A-Fa-f]{2}"
_AUTHORITY: Final = rf"(?:[{_NAME}]*(?:{_ESCAPE}[{_NAME}]*)*|\[[0-9A-Fa-f:.]+\])(?::[0-9]*)?"
_PATH: Final = rf"[{_NAME}:/@]*(?:{_ESCAPE}[{_NAME}:/@]*)*"
_QUERY: Final = rf"[{_NAME}:/@?]*(?:{_ESCAPE}[{_NAME}:/@?]*)*"
_HOST: Final = re.compile(_AUTHORITY)
"""RFC 9110, section 7.2."""

_TARGET: Final = re.compile(
    rf"(?:(?:[Hh][Tt][Tt][Pp][Ss]?://{_AUTHORITY})?(?:/{_PATH})?(?:\?{_QUERY})?|\*)"
)
"""RFC 9112, section 3.2: no fragment, no user, no character that a URI cannot hold."""


def refusal(request: web.Request, clock: Clock) -> web.Response | None:
    """Return the refusal of a request whose URL is not the only one of its resource, or None.

    No address of ours needs percent-encoding. `/%6detrics` would be a second URL of `/metrics`, and
    a rule of the proxy in front may not know it. `?x=1` would be a second URL of any page; its
    sender must learn that it has no meaning here.

    Args:
        request: any request that aiohttp could read.
        clock: for the Date header of the refusal.
    """
    fault = _fault(request)
    if fault is not None:
        status, detail = fault
        path, head = request.rel_url.raw_path, request.method == "HEAD"
        return LastAnswer(status, detail, clock.now(), path=path, head=head)
    if "%" in request.rel_url.raw_path:
        return not_found(request, "our addresses hold no percent-encoding")
    if request.query_string and (len(request.query) != 1 or FORMAT not in request.query):
        unknown = next((name for name in request.query if name != FORMAT), FORMAT)
        detail = f"{unknown[:40]}: the only query parameter is {FORMAT}, once"
        return problem(request, HTTPStatus.BAD_REQUEST, detail)
    return None


def no_parameters(request: web.Request) -> web.Response | None:
    """Return 400 if the request has a query and its address has only one format; otherwise None."""
    if not request.query_string:
        return None
    detail = f"{FORMAT}: what is at this address has one form; leave the parameter out"
    return problem(request, HTTPStatus.BAD_REQUEST, detail)


def _fault(request: web.Request) -> tuple[HTTPStatus, str] | None:
    """Return what RFC 9112 forbids and aiohttp accepts; the connection ends after it."""
    version, headers = request.version, request.headers
    if HttpVersion11 != version != HttpVersion10:
        # HTTP/0.9 has no headers, so a proxy could not find the end of its answer.
        return HTTPStatus.BAD_REQUEST, (
            f"version {version.major}.{version.minor}: ask with HTTP/1.1 or HTTP/1.0"
        )
    if request.method != "CONNECT" and not _TARGET.fullmatch(request.raw_path):
        return HTTPStatus.BAD_REQUEST, (
            "the target is no path or address of http: percent-encode what a URI cannot hold, and "
            "leave out a fragment and a user"
        )
    if not _HOST.fullmatch(headers.get("Host", "")):
        return HTTPStatus.BAD_REQUEST, "Host: is a name or address, and a port if need be"
    if len(headers.getall("Authorization", ())) > 1:
        return HTTPStatus.BAD_REQUEST, "Authorization: send one line of it"
    coding = listed(headers, "Transfer-Encoding")
    return None if coding is None else _framing_fault(version, coding)


def _framing_fault(version: HttpVersion, coding: str) -> tuple[HTTPStatus, str] | None:
    """Return the fault of a body's transfer coding (RFC 9112, section 6.1)."""
    if version == HttpVersion10:
        return HTTPStatus.BAD_REQUEST, "Transfer-Encoding: HTTP/1.0 has none; send Content-Length"
    if coding.lower() != "chunked":
        return HTTPStatus.NOT_IMPLEMENTED, (
            "Transfer-Encoding: only chunked is understood; code a body with Content-Encoding"
        )
    return None
