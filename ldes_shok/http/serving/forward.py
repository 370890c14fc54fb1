"""Passes requests on to the process that writes, over its Unix socket, and answers back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Final

import aiohttp
from aiohttp import web
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from ldes_shok.http.handlers.bodies import CUT_OFF, ask_for_body
from ldes_shok.http.serving.problems import problem, try_again

PASSED_ON: Final = web.ResponseKey("PASSED_ON", bool)
"""Set on an answer that another process gave and counted."""

_CONNECT_SECONDS: Final = 5.0
_MAX_CONNECTIONS: Final = 64
_HOP_BY_HOP: Final = frozenset({
    "connection", "content-length", "date", "host", "keep-alive", "proxy-connection", "te",
    "trailer", "transfer-encoding", "upgrade",
})  # fmt: skip
"""Headers of one connection (RFC 9110, section 7.6.1), and headers that each hop sets itself."""


@asynccontextmanager
async def forwarding(socket_path: Path, retry_after_seconds: int) -> AsyncIterator[Forwarder]:
    """Yield a client of the process that listens on the Unix socket."""
    async with aiohttp.ClientSession(
        connector=aiohttp.UnixConnector(str(socket_path), limit=_MAX_CONNECTIONS),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS),
    ) as session:
        yield Forwarder(session, retry_after_seconds)


class Forwarder:
    """A client of the writing process."""

    def __init__(self, session: aiohttp.ClientSession, retry_after_seconds: int) -> None:
        self._session = session
        self._retry_after_seconds = retry_after_seconds

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Return the other process's answer; 503 if that process cannot be reached."""
        url = URL.build(
            scheme="http",
            host="writer",
            path=request.rel_url.raw_path,
            query_string=request.rel_url.raw_query_string,
            encoded=True,
        )
        # A body was decoded on its way in and is passed on as it comes. The other process checks
        # its sender and size. HEAD becomes GET, so that the answer has the length of a GET.
        headers = _kept(request.headers, "content-encoding")
        if request.remote:
            # As a proxy does: on a Unix socket the other process sees no client address.
            headers.add("X-Forwarded-For", request.remote)
        if request.content_length is not None and "Content-Encoding" not in request.headers:
            headers["Content-Length"] = str(request.content_length)
        method = "GET" if request.method == "HEAD" else request.method
        try:
            async with self._session.request(
                method, url, headers=headers, allow_redirects=False,
                data=_body(request) if request.body_exists else None,
                skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
            ) as answer:  # fmt: skip
                response = web.Response(
                    status=answer.status,
                    body=await answer.read(),
                    headers=_kept(answer.headers),
                )
        except (aiohttp.ClientError, OSError):
            if request.content.exception() is not None:
                return problem(request, HTTPStatus.BAD_REQUEST, CUT_OFF)
            return try_again(
                request,
                HTTPStatus.SERVICE_UNAVAILABLE,
                "the process that writes does not answer; send it again",
                self._retry_after_seconds,
            )
        response[PASSED_ON] = True
        return response


async def _body(request: web.Request) -> AsyncIterator[bytes]:
    """Yield the body as it comes; ask the sender for it when the other process asks for it."""
    await ask_for_body(request)
    async for piece in request.content.iter_any():
        yield piece


def _kept(headers: CIMultiDictProxy[str], *dropped: str) -> CIMultiDict[str]:
    return CIMultiDict(
        (name, value)
        for name, value in headers.items()
        if name.lower() not in _HOP_BY_HOP and name.lower() not in dropped
    )
