"""How a process says that it is well."""

from __future__ import annotations

from http import HTTPStatus

import msgspec
from aiohttp import web


class Health(msgspec.Struct, frozen=True):
    """One word, what is wrong, and the state of each source."""

    status: str
    problems: tuple[str, ...] = ()
    sources: dict[str, str] = {}


async def live(_: web.Request) -> web.StreamResponse:
    """The process answers."""
    return health_answer(HTTPStatus.OK, Health("ok"))


def health_answer(status: HTTPStatus, health: Health) -> web.Response:
    """As JSON, for nobody to keep."""
    return web.Response(
        status=status,
        body=msgspec.json.encode(health),
        headers={"Content-Type": "application/json", "Cache-Control": "no-store"},
    )
