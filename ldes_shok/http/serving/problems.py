"""Errors as RFC 9457 problem documents: what is wrong and what to do."""

from __future__ import annotations

import re
from datetime import datetime
from http import HTTPStatus
from typing import Final
from urllib.parse import quote

import msgspec
from aiohttp import web
from aiohttp.abc import AbstractStreamWriter

from ldes_shok.http.serving.headers import ALWAYS, SERVER, http_date

PROBLEM_TYPE: Final = "application/problem+json"
REALM: Final = "ldes-shok"
BEARER: Final = f'Bearer realm="{REALM}"'

_NO_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_PATH: Final = "/%:@!$&'()*+,;="
"""Allowed in a path beside letters, digits and `-._~` (RFC 3986, section 3.3)."""


class _Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    type: str
    title: str
    status: int
    detail: str
    instance: str | None = None


def problem(
    request: web.Request,
    status: HTTPStatus,
    detail: str,
    headers: dict[str, str] | None = None,
) -> web.Response:
    """Return a problem document for this request; `detail` names the field and what to do."""
    return web.Response(
        status=status.value,
        body=_document(status, detail, instance_of(request.rel_url.raw_path)),
        headers={**_headers(), **(headers or {})},
    )


def instance_of(path: str) -> str:
    """Return a request's path as a URI reference (RFC 9457, section 3.1.5; RFC 3986, section 4.1).

    Characters that a URI cannot hold are percent-encoded. Two slashes at the start would
    name a host.
    """
    plain = quote(_NO_ESCAPE.sub("%25", path), safe=_PATH, errors="surrogateescape")
    return f"/.{plain}" if plain.startswith("//") else plain


def not_found(request: web.Request, what: str) -> web.Response:
    """Return 404 with a sentence."""
    return problem(request, HTTPStatus.NOT_FOUND, what)


def challenge(error: str = "", description: str = "") -> dict[str, str]:
    """Return the header of a 401: the two schemes of a token (RFC 6750, 3; RFC 7617, 2).

    Args:
        error: what is wrong with the token; empty if none was sent.
        description: the same as a sentence.
    """
    parameters = f', error="{error}"' if error else ""
    parameters += f', error_description="{description}"' if description else ""
    return {"WWW-Authenticate": f'{BEARER}{parameters}, Basic realm="{REALM}", charset="UTF-8"'}


def try_again(
    request: web.Request, status: HTTPStatus, detail: str, retry_after_seconds: int
) -> web.Response:
    """Return 429 or 503 with Retry-After."""
    return problem(request, status, detail, {"Retry-After": str(retry_after_seconds)})


class LastAnswer(web.Response):
    """A problem document that ends the connection.

    It writes itself whole: aiohttp would repeat the HTTP version of the request, also 2.0, and
    would leave out our headers if it could not read the request.
    """

    def __init__(
        self, status: HTTPStatus, detail: str, now: datetime, *, path: str | None, head: bool
    ) -> None:
        """Prepare the answer.

        Args:
            status: of the answer.
            detail: names what is wrong, and what to do.
            now: aware UTC, for the Date header.
            path: of the request; None if it could not be read.
            head: whether the method is HEAD: then no body is sent.
        """
        document = _document(status, detail, None if path is None else instance_of(path))
        super().__init__(
            status=status.value,
            headers={
                **_headers(),
                **dict(ALWAYS),
                "Server": SERVER,
                "Date": http_date(now).decode(),
                "Content-Length": str(len(document)),
                "Connection": "close",
            },
        )
        self._document = b"" if head else document
        self._written: AbstractStreamWriter | None = None
        self.force_close()

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        """Send the whole answer."""
        if self._written is None:
            self._written = request.writer
            await self._written.write_headers(f"HTTP/1.1 {self.status} {self.reason}", self.headers)
            await self._written.write_eof(self._document)
        return self._written

    async def write_eof(self, data: bytes = b"") -> None:
        """Do nothing: `prepare` sent it."""


def _document(status: HTTPStatus, detail: str, instance: str | None) -> bytes:
    return msgspec.json.encode(
        _Problem("about:blank", status.phrase, status.value, detail, instance)
    )


def _headers() -> dict[str, str]:
    return {
        "Content-Type": PROBLEM_TYPE,
        "Cache-Control": "no-store",
        "Vary": "Accept, Accept-Encoding",
    }
