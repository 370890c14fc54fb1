"""The health document of a process."""

from __future__ import annotations

from http import HTTPStatus

import msgspec
from aiohttp import web


class Health(msgspec.Struct, frozen=True):
    """The status in one word, the problems, and the state of each source."""

    status: str
    problems: tuple[str, ...] = ()
    sources: dict[str, str] = {}


async def live(_: web.Request) -> web.StreamResponse:
    """Answer 200: the process runs."""
    return health_answer(HTTPStatus.OK, Health("ok"))


def health_answer(status: HTTPStatus, health: Health) -> web.Response:
    """Return the health document as JSON that no cache may keep."""
    return web.Response(
        status=status,
        body=msgspec.json.encode(health),
        headers={"Content-Type": "application/json", "Cache-Control": "no-store"},
    )
