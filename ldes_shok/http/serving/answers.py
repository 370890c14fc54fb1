"""Sends documents as HTTP answers: validators, caching, content coding, conditional requests."""

from __future__ import annotations

import hashlib
import re
from http import HTTPStatus

from aiohttp import web

from ldes_shok.http.serving.headers import listed
from ldes_shok.http.serving.plain_urls import FORMAT
from ldes_shok.http.serving.problems import problem
from ldes_shok.http.serving.read_services import READING
from ldes_shok.representation.coding import Coded, Coding, encode
from ldes_shok.representation.media import Format, accepts_encoding, negotiate

IMMUTABLE_SECONDS = 604_800
"""A week: the value of the DCAT-AP Feeds profile; short enough for a new policy to reach caches."""

OPEN_SECONDS = 5
"""How long a cache may keep a page that still changes; well below the polling interval."""

VARY = "Accept, Accept-Encoding"

_TAGS = re.compile(r'(W/)?("[^"]*")')
_CONDITIONAL = frozenset({HTTPStatus.OK, HTTPStatus.NOT_MODIFIED})


def cache_control(*, sealed: bool, public: bool) -> str:
    """Return the Cache-Control of a page; comma and space, because a client splits on them."""
    scope = "public" if public else "private"
    if sealed:
        return f"{scope}, max-age={IMMUTABLE_SECONDS}, immutable"
    return f"{scope}, max-age={OPEN_SECONDS}"


def requested_format(request: web.Request) -> Format | web.Response:
    """Return the format from `?format=` or the Accept header; a problem if it does not exist."""
    wanted = request.query.get(FORMAT)
    if wanted is None:
        return negotiate(listed(request.headers, "Accept"))
    try:
        return Format(wanted)
    except ValueError:
        words = ", ".join(format_.value for format_ in Format)
        return problem(
            request, HTTPStatus.BAD_REQUEST, f"{FORMAT}: {wanted[:40]} is not one of {words}"
        )


def coding_for(request: web.Request) -> Coding:
    """The content coding that this request accepts."""
    return accepts_encoding(listed(request.headers, "Accept-Encoding"))


def answer(
    request: web.Request,
    coded: Coded,
    *,
    coding: Coding,
    content_type: str,
    label: str,
    caching: str,
    links: str = "",
) -> web.Response:
    """Answer 200 or 304 with a body that is already coded.

    In the ETag, `label` and the coding separate the representations of one URL.
    """
    etag = entity_tag(coded, label, coding)
    headers = {
        "ETag": etag,
        "Cache-Control": caching,
        "Vary": VARY,
    }
    if links:
        headers["Link"] = links
    if matches(listed(request.headers, "If-None-Match"), etag):
        return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
    headers["Content-Type"] = content_type
    if coding != "identity":
        headers["Content-Encoding"] = coding
    return web.Response(body=coded.body, headers=headers)


def document(
    request: web.Request, body: bytes, *, content_type: str, label: str, caching: str
) -> web.Response:
    """Answer 200 or 304 with a body that is small or the same for every reader."""
    coding = coding_for(request)
    if len(body) < request.app[READING].compress_min_bytes:
        coding = "identity"
    coded = Coded(encode(body, coding), hashlib.sha256(body).hexdigest()[:32], sealed=False)
    return answer(
        request, coded, coding=coding, content_type=content_type, label=label, caching=caching
    )


def entity_tag(coded: Coded, label: str, coding: Coding) -> str:
    """The strong ETag of one representation."""
    return f'"{coded.tag}-{label}-{coding}"'


def matches(if_none_match: str | None, etag: str) -> bool:
    """Whether an If-None-Match header names this tag (RFC 9110, section 13.1.2)."""
    if if_none_match is None:
        return False
    if if_none_match.strip() == "*":
        return True
    return any(tag == etag for _, tag in _TAGS.findall(if_none_match))


def unmet(request: web.Request, response: web.StreamResponse) -> web.Response | None:
    """Return 412 if the request has an If-Match that is false (RFC 9110, section 13.1.1), or None.

    If-Match comes before If-None-Match (13.2.2), so it also replaces a 304. An answer that is no
    success stays as it is (13.2.1). We send no Last-Modified, so conditions on dates are ignored
    (13.1.3, 13.1.4).
    """
    given = listed(request.headers, "If-Match")
    if given is None or given.strip() == "*" or response.status not in _CONDITIONAL:
        return None
    etag = response.headers.get("ETag")
    if any(tag == etag and not weak for weak, tag in _TAGS.findall(given)):
        return None
    return problem(
        request,
        HTTPStatus.PRECONDITION_FAILED,
        "If-Match: names no ETag of what is here now; leave it out, or ask for the ETag",
    )
