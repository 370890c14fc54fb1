"""One address for everything, also where the public URL has a path of its own."""

from __future__ import annotations

import pytest
from aiohttp import HttpVersion10, HttpVersion11, web
from aiohttp.http import HttpVersion
from aiohttp.test_utils import make_mocked_request

from ldes_shok.http.addresses import refusal


async def found(_: web.Request) -> web.Response:
    return web.Response()


async def answered(path: str, version: HttpVersion = HttpVersion11) -> int:
    application = web.Application()
    application.add_routes([web.get("/een%20stad/{stream}", found), web.get("/{stream}", found)])
    request = make_mocked_request("GET", path, version=version)
    request._match_info = await application.router.resolve(request)
    refused = refusal(request)
    return 200 if refused is None else refused.status


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/kasten", 200),
        ("/k%23", 404),
        ("/kasten%2F", 404),
        ("/een%20stad/kasten", 200),
        ("/een%20stad/k%2Fasten", 404),
        ("/%", 404),
    ],
)
async def test_nothing_is_encoded_but_what_must_be(path: str, status: int) -> None:
    assert await answered(path) == status


async def test_an_answer_needs_headers() -> None:
    assert await answered("/kasten", HttpVersion10) == 200
    assert await answered("/kasten", HttpVersion(0, 9)) == 505
