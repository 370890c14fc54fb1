"""One address for everything: what no handler need ever see."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import HttpVersion10, web

from ldes_shok.http.problems import not_found, problem


def refusal(request: web.Request) -> web.Response | None:
    """The answer to a request that is not put plainly; None if it is.

    No address of ours needs percent-encoding. `/%6detrics` would be a second name of `/metrics`,
    which a rule of the proxy in front may not know. HTTP/0.9 has no headers, so nobody between
    could tell where its answer ends.
    """
    if request.version < HttpVersion10:
        return problem(
            request, HTTPStatus.HTTP_VERSION_NOT_SUPPORTED, "ask with HTTP/1.1 or HTTP/1.0"
        )
    if "%" in request.rel_url.raw_path:
        return not_found(request, "our addresses hold no percent-encoding")
    return None
