"""Fetches pages over HTTP, for a check from outside or for a followed stream.

It keeps one connection per server and caches nothing. It does not use urllib's own opener, which
would send a token along a redirect to another server.
"""

from __future__ import annotations

import http.client
import socket
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import SplitResult, urljoin, urlsplit

from yarl import URL

from ldes_shok.client.fetching import Response
from ldes_shok.client.reference import followed
from ldes_shok.errors import PositionRefused

MAX_PAGE_BYTES: Final = 256 * 1024 * 1024
TIMEOUT_SECONDS: Final = 60.0
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_MAX_REDIRECTS: Final = 5
_SHOWN_CHARACTERS: Final = 80


@dataclass(frozen=True, slots=True)
class Manners:
    """How to ask a server.

    Attributes:
        user_agent: our name.
        token: bearer token for `token_origin`, and for no other server; empty for none.
        token_origin: scheme and authority, `https://ldes.example`.
        timeout_seconds: for each read.
        max_page_bytes: of one page, without content coding.
        stays: whether a redirect to another server is refused.
    """

    user_agent: str
    token: str = ""
    token_origin: str = ""
    timeout_seconds: float = TIMEOUT_SECONDS
    max_page_bytes: int = MAX_PAGE_BYTES
    stays: bool = False


def origin_of(url: str) -> str:
    """Scheme and authority of an absolute URL.

    Raises:
        ValueError: it is not http or https, or names no host.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"{url}: must start with http:// or https:// and name a host")
    return f"{parts.scheme}://{parts.netloc}"


class HttpFetch:
    """Fetches pages, one at a time; use it from one thread."""

    def __init__(self, manners: Manners) -> None:
        self._manners = manners
        self._connections: dict[str, http.client.HTTPConnection] = {}
        self._aborted = False

    def renew(self, token: str) -> None:
        """Send this bearer token from the next request on."""
        self._manners = replace(self._manners, token=token)

    def __call__(self, url: str, accept: str, etag: str = "") -> Response:
        """Fetch a page, follow redirects and undo content coding.

        With the known ETag of the page, the answer may be an empty 304.

        Raises:
            OSError: no complete answer came.
        """
        for _ in range(_MAX_REDIRECTS + 1):
            status, headers, body = self._ask(url, accept, etag)
            if status not in _REDIRECTS or "location" not in headers:
                return Response(url, status, headers, self._plain(headers, body))
            url = self._sent_to(url, headers["location"])
        raise OSError(f"more than {_MAX_REDIRECTS} redirects, the last one to {url}")

    def close(self) -> None:
        """Close the connections."""
        for connection in self._connections.values():
            connection.close()
        self._connections.clear()

    def abort(self) -> None:
        """Abort for good, from another thread: a waiting caller gets an OSError now."""
        self._aborted = True
        for connection in tuple(self._connections.values()):
            if connection.sock is not None:
                with suppress(OSError):
                    connection.sock.shutdown(socket.SHUT_RDWR)

    def _sent_to(self, url: str, location: str) -> str:
        """The target of a redirect, checked by the rule of all sources if a stream is followed."""
        if not self._manners.stays:
            return urljoin(url, location)
        try:
            return str(followed(URL(url, encoded=True), location, "where it redirects to"))
        except PositionRefused as error:
            raise OSError(f"{url}: {error}") from error

    def _ask(self, url: str, accept: str, etag: str) -> tuple[int, dict[str, str], bytes]:
        try:
            origin = origin_of(url)
        except ValueError as error:
            raise OSError(str(error)) from error
        headers = {
            "Accept": accept,
            "Accept-Encoding": "gzip",
            "User-Agent": self._manners.user_agent,
        }
        if etag:
            headers["If-None-Match"] = etag
        if self._manners.token and origin == self._manners.token_origin:
            headers["Authorization"] = f"Bearer {self._manners.token}"
        target = _target(urlsplit(url))
        fresh = origin not in self._connections
        try:
            return self._exchange(origin, target, headers)
        except (OSError, http.client.HTTPException, ValueError) as error:
            self._drop(origin)
            # A server may close a kept connection; that is no answer about the page.
            if fresh or self._aborted:
                raise _as_os_error(error) from error
        try:
            return self._exchange(origin, target, headers)
        except (OSError, http.client.HTTPException, ValueError) as error:
            self._drop(origin)
            raise _as_os_error(error) from error

    def _exchange(
        self, origin: str, target: str, headers: dict[str, str]
    ) -> tuple[int, dict[str, str], bytes]:
        connection = self._connections.get(origin) or self._connect(origin)
        connection.request("GET", target, headers=headers)
        answer = connection.getresponse()
        body = answer.read(self._manners.max_page_bytes + 1)
        if len(body) > self._manners.max_page_bytes:
            self._drop(origin)
            raise OSError(_too_large(self._manners.max_page_bytes))
        if answer.length:  # http.client does not report it if a limit is given
            self._drop(origin)
            raise OSError(f"the answer is cut off, {answer.length} bytes are missing")
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, body

    def _connect(self, origin: str) -> http.client.HTTPConnection:
        scheme, _, authority = origin.partition("://")
        make: Callable[..., http.client.HTTPConnection] = (
            http.client.HTTPSConnection if scheme == "https" else http.client.HTTPConnection
        )
        host = authority.rpartition("@")[2]
        connection = make(host, timeout=self._manners.timeout_seconds)
        self._connections[origin] = connection
        return connection

    def _drop(self, origin: str) -> None:
        connection = self._connections.pop(origin, None)
        if connection is not None:
            connection.close()

    def _plain(self, headers: dict[str, str], body: bytes) -> bytes:
        coding = headers.get("content-encoding", "identity").strip().lower()
        if coding in {"", "identity"} or not body:
            return body
        if coding != "gzip":
            raise OSError(f"gzip was offered, the answer is coded with {_short(coding)}")
        limit = self._manners.max_page_bytes
        unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        try:
            plain = unpacker.decompress(body, limit + 1)
        except zlib.error as error:
            raise OSError(f"the answer is not the gzip that it says: {error}") from error
        if len(plain) > limit:
            raise OSError(_too_large(limit))
        if not unpacker.eof:
            raise OSError("the answer is cut off")
        if unpacker.unused_data:
            raise OSError("the answer goes on behind its gzip member")
        return plain


def _too_large(most_bytes: int) -> str:
    return f"the answer has more than {most_bytes} bytes, which is max_page_bytes"


def _target(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _as_os_error(error: Exception) -> OSError:
    if isinstance(error, OSError):
        return error
    return OSError(f"{type(error).__name__}: {_short(str(error))}")


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"
