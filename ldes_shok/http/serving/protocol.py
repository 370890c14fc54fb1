"""aiohttp's protocol for one connection, and what RFC 9112 requires beyond it.

A client that closes its sending side gets its answers. Requests before one that cannot be read are
answered. Errors below the application have the form of all other errors.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

import structlog
from aiohttp import EMPTY_PAYLOAD, StreamReader, web
from aiohttp.http import HttpProcessingError, RawRequestMessage, WebSocketReader
from aiohttp.http_exceptions import BadHttpMethod, LineTooLong

from ldes_shok.clock import Clock
from ldes_shok.http.serving.plain_urls import OTHER_ROUTE
from ldes_shok.http.serving.problems import LastAnswer
from ldes_shok.observability import metric_table as table
from ldes_shok.observability.metrics import Metrics

_EVER_SECONDS: Final = 10.0 * 365 * 86_400
"""aiohttp must not close idle connections: it does not see all requests. We close them."""

_END: Final = b"\r\n\r\n"
_MOST_PIECES: Final = 64
"""The most pieces of one read: a body in chunks may consist of empty lines only."""

_LINE_BYTES: Final = 8_190
_UNREADABLE: Final = b"\x00"
_HEAD: Final = re.compile(rb"\s*HEAD ")
_TOKEN: Final = rb"\s*[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_METHOD: Final = re.compile(_TOKEN + rb"(?: [!-~]+ HTTP/1\.[01]\r\n|(?: [!-~]*){0,2}\Z)")
"""A request line, or the beginning of one: it may come in pieces."""


class RequestProtocol(web.RequestHandler):
    """Reads the requests of a connection, has them handled, and sends the answers in order."""

    __slots__ = (
        "_answered", "_clock", "_ended", "_head", "_incoming", "_is_socket", "_left_bytes",
        "_metrics",
    )  # fmt: skip

    def __init__(self, server: web.Server, clock: Clock, metrics: Metrics) -> None:
        super().__init__(
            server,
            loop=asyncio.get_running_loop(),
            access_log=None,  # type: ignore[arg-type] # as AppRunner gives it
            keepalive_timeout=_EVER_SECONDS,
        )
        self._clock = clock
        self._metrics = metrics
        self._answered = 0
        self._ended = False
        """Whether the client sends no more, or sent bytes that could not be read."""
        self._head = b""
        """The first bytes of a head that is not complete, if its start is known."""
        self._incoming: StreamReader = EMPTY_PAYLOAD
        """The body of the last request that was read."""
        self._left_bytes = 0
        """The bytes of that body that are still to come, if its request has a Content-Length."""
        self._is_socket = False

    @property
    def is_last(self) -> bool:
        """Whether the current request is the last one of this connection."""
        return self._ended and self._answered + 1 >= self._request_count

    def data_received(self, data: bytes) -> None:
        """Read each request by itself: aiohttp drops requests before one that it cannot read."""
        if self._is_socket or not (data or self._ended):
            super().data_received(data)
            return
        for _ in range(_MOST_PIECES):
            if not data or self._ended:
                return
            end = data.find(_END) + len(_END)
            size = self._left_bytes or (end if end >= len(_END) else len(data))
            self._left_bytes -= min(self._left_bytes, len(data))
            self._read(data[:size])
            data = data[size:]
        if data and not self._ended:
            self._read(data)

    def eof_received(self) -> bool:  # type: ignore[override] # aiohttp's closes always
        """Note that the client sends no more; True while it waits for answers (RFC 9112, 9.6)."""
        if self.ssl_context is not None or self._is_socket:
            return False  # TLS and WebSockets have no half-closed state
        self._ended = True
        self._cut_off()
        return self._answered < self._request_count

    def connection_lost(self, exc: BaseException | None) -> None:
        """End: the client is gone, so the rest of its body does not come."""
        super().connection_lost(exc)
        self._cut_off()

    def set_parser(
        self, parser: WebSocketReader, data_received_cb: Callable[[], None] | None = None
    ) -> None:
        """Switch to a WebSocket."""
        self._is_socket = True
        super().set_parser(parser, data_received_cb)

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """Send an answer; the last one to a client that sends no more closes the connection."""
        sent, is_lost = await super().finish_response(request, resp, start_time)
        if self.is_last:
            sent.force_close()
        self._answered += 1
        return sent, is_lost

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = HTTPStatus.INTERNAL_SERVER_ERROR,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002  exc says it
    ) -> web.StreamResponse:
        """Return the answer to a request without a handler, or to an error that we do not catch."""
        if request.writer.output_size > 0:
            raise ConnectionError("a part of another answer was sent")
        if isinstance(exc, HttpProcessingError):
            fault, detail = self._fault(exc)
            # Debug only: any client could fill the log, and a faulty line may hold a token.
            log = structlog.get_logger("ldes_shok.http")
            log.debug("request_unreadable", reason=type(exc).__name__, status=int(fault))
            head, path = _HEAD.match(self._head) is not None, None
        else:
            self.log_exception("request_failed", exc_info=exc)
            fault, detail = HTTPStatus(status), "this service failed; it is in its log"
            head, path = request.method == "HEAD", request.rel_url.raw_path
        self._metrics.add(table.REQUESTS, OTHER_ROUTE, str(int(fault)))
        return LastAnswer(fault, detail, self._clock.now(), path=path, head=head)

    def _read(self, data: bytes) -> None:
        """Read bytes that end at the end of a head or of a body, or before it."""
        if self._incoming.is_eof():
            self._head += data[: _LINE_BYTES - len(self._head)]
            line, is_whole, _ = self._head.lstrip(b"\r\n").partition(b"\r\n")
            if is_whole and line[-8:-3] != b"HTTP/":
                # aiohttp's parser takes RTSP and ICE for HTTP as well.
                data = _UNREADABLE
        before = len(self._messages)
        super().data_received(data)
        if len(self._messages) == before:
            return
        message, body = self._messages[-1]
        if isinstance(message, RawRequestMessage):
            self._incoming, self._head = body, b""
            self._left_bytes = int(message.headers.get("Content-Length", 0))
            return
        self._ended = True
        if not self._incoming.is_eof():
            # The body cannot be read: the answer to its request reports it.
            self._messages.pop()
            self._answered += 1
            self._cut_off()

    def _cut_off(self) -> None:
        """End a body that is not complete."""
        if self._incoming.is_eof():
            return
        if self._answered < self._request_count:
            self._incoming.set_exception(web.RequestPayloadError("the body is cut off"))
        self._incoming.feed_eof()

    def _fault(self, error: HttpProcessingError) -> tuple[HTTPStatus, str]:
        """Return what is wrong with a request that cannot be read, and what to do."""
        if isinstance(error, LineTooLong):
            if b"\r\n" in self._head.lstrip(b"\r\n"):
                status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
                return status, f"a header field has more than {_LINE_BYTES} bytes; send less"
            status = HTTPStatus.REQUEST_URI_TOO_LONG
            return status, f"the target has more than {_LINE_BYTES} bytes; our addresses are short"
        if error.message.startswith("Too many headers"):
            status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
            return status, "there are too many header fields; send fewer"
        if isinstance(error, BadHttpMethod) and _METHOD.match(self._head):
            return HTTPStatus.NOT_IMPLEMENTED, "nothing here knows this method"
        reason = " ".join(error.message.partition("\n\n")[0].split())[:100]
        return HTTPStatus.BAD_REQUEST, f"this is no request of HTTP/1.1 (RFC 9112): {reason}"
