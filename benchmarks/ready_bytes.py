"""The floor of serving: `python -m benchmarks.ready_bytes FILE PORT` answers all with one file."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec
from aiohttp import web


class Answer(msgspec.Struct, frozen=True):
    """Headers and body to answer with."""

    headers: dict[str, str]
    body: bytes


def main(path: str, port: str) -> None:
    """Serve on the loopback interface until it is stopped."""
    answer = msgspec.msgpack.decode(Path(path).read_bytes(), type=Answer)

    async def handler(_: web.Request) -> web.Response:
        return web.Response(body=answer.body, headers=answer.headers)

    application = web.Application()
    application.add_routes([web.get("/", handler)])
    web.run_app(
        application, host="127.0.0.1", port=int(port), access_log=None, print=lambda _: None
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
