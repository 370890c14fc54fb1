"""Request bodies: how much memory all bodies together may take, and how long one may take to come.

`PushLimits` bounds one request; this module bounds their sum. A body holds its place from before
the first byte is read until its request is answered, so bytes that wait for a commit count too.
Large bodies share half of the room, so a flood of backlogs leaves the other half for new reports.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from aiohttp import HttpVersion11, web

from ldes_shok.errors import Overloaded, PayloadRejected, PayloadTooLarge, UnsupportedContentType
from ldes_shok.http.serving.headers import listed
from ldes_shok.sources.transports.http.push import PushLimits

CUT_OFF: Final = "the body is cut off, or not coded as its Content-Encoding says"

_SMALL_BYTES: Final = 65_536
"""A delivery of new events is smaller than this: about a hundred events."""

_CONTINUED: Final = web.RequestKey("CONTINUED", bool)
"""Set on a request after `100 Continue` was sent for it."""

_CONTINUE: Final = "100-continue"
_CODINGS: Final = frozenset({"", "identity", "gzip", "deflate"})


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """How much all bodies together may take.

    Attributes:
        max_bytes: the sum of all bodies in progress.
        timeout_seconds: the time for one body, from its first byte to its last.
        wait_seconds: how long a request waits for a place.
    """

    max_bytes: int
    timeout_seconds: float
    wait_seconds: float


@dataclass(slots=True, eq=False)
class _ReservedBytes:
    size_bytes: int
    is_large: bool
    given: asyncio.Future[None]


class BodyRoom:
    """Places for bodies, for one event loop: first come, first served; small and large apart."""

    def __init__(
        self,
        limits: BodyLimits,
        retry_after_seconds: int,
        on_refused: Callable[[], None] = lambda: None,
    ) -> None:
        """`on_refused` is called for each body that got no place."""
        self._limits = limits
        self._retry_after_seconds = retry_after_seconds
        self._on_refused = on_refused
        self._taken_bytes = 0
        self._large_bytes = 0
        self._small: deque[_ReservedBytes] = deque()
        self._large: deque[_ReservedBytes] = deque()

    @property
    def taken_bytes(self) -> int:
        """The bytes that are taken now."""
        return self._taken_bytes

    @asynccontextmanager
    async def place(self, size_bytes: int) -> AsyncIterator[None]:
        """Hold a place of this size.

        Raises:
            Overloaded: no place became free within `wait_seconds`.
        """
        place = await self._enter(size_bytes)
        try:
            yield
        finally:
            self._leave(place)

    async def _enter(self, size_bytes: int) -> _ReservedBytes:
        given = asyncio.get_running_loop().create_future()
        place = _ReservedBytes(size_bytes, size_bytes > _SMALL_BYTES, given)
        line = self._line(place)
        line.append(place)
        self._give()
        if given.done():
            return place
        try:
            await asyncio.wait({given}, timeout=self._limits.wait_seconds)
        except asyncio.CancelledError:
            if given.done():
                self._leave(place)
            else:
                line.remove(place)
            raise
        if not given.done():
            line.remove(place)
            self._on_refused()
            raise Overloaded(self._retry_after_seconds, "requests")
        return place

    def _leave(self, place: _ReservedBytes) -> None:
        self._taken_bytes -= place.size_bytes
        self._large_bytes -= place.size_bytes if place.is_large else 0
        self._give()

    def _give(self) -> None:
        for line in (self._small, self._large):
            while line and self._fits(line[0]):
                place = line.popleft()
                self._taken_bytes += place.size_bytes
                self._large_bytes += place.size_bytes if place.is_large else 0
                place.given.set_result(None)

    def _fits(self, place: _ReservedBytes) -> bool:
        if place.is_large and 2 * (self._large_bytes + place.size_bytes) > self._limits.max_bytes:
            return False
        return self._taken_bytes + place.size_bytes <= self._limits.max_bytes

    def _line(self, place: _ReservedBytes) -> deque[_ReservedBytes]:
        return self._large if place.is_large else self._small


def expected_bytes(request: web.Request, limits: PushLimits) -> int:
    """Return the bytes that a body may need, before any of it is read.

    Raises:
        PayloadTooLarge: its Content-Length is larger than a request may be.
        UnsupportedContentType: its Content-Encoding is not supported.
    """
    coding = (listed(request.headers, "Content-Encoding") or "").lower()
    if coding not in _CODINGS:
        raise UnsupportedContentType(f"{coding[:40]}: code the body with gzip, or not at all")
    length_bytes = request.content_length
    if length_bytes is not None and length_bytes > limits.max_body_bytes:
        raise PayloadTooLarge(
            f"the body has {length_bytes} bytes; at most {limits.max_body_bytes} are taken at once"
        )
    if length_bytes is None or coding not in {"", "identity"}:
        return limits.max_body_bytes
    return length_bytes


async def no_expectations(_: web.Request) -> None:
    """Do nothing about `Expect` before the handler of a route.

    aiohttp would answer `100 Continue` before the handler checks the token. `ask_for_body` sends it
    when the body is read.
    """


def waits_to_be_asked(request: web.Request) -> bool:
    """Whether the sender waits for `100 Continue` before its body (RFC 9110, section 10.1.1)."""
    if request.version < HttpVersion11 or request.get(_CONTINUED, False):
        return False
    expected = (listed(request.headers, "Expect") or "").lower()
    return _CONTINUE in (expectation.strip() for expectation in expected.split(","))


async def ask_for_body(request: web.Request) -> None:
    """Send `100 Continue` to a sender that waits for it; token and size are checked by now."""
    if waits_to_be_asked(request):
        request[_CONTINUED] = True
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # these bytes are not part of the answer


async def read_body(request: web.Request, timeout_seconds: float) -> bytes:
    """Read the body and undo its coding.

    Raises:
        PayloadRejected: it was cut off, or its coding is broken.
        web.HTTPRequestTimeout: it came too slowly.
        web.HTTPRequestEntityTooLarge: it is larger than a request may be.
    """
    try:
        async with asyncio.timeout(timeout_seconds):
            await ask_for_body(request)
            return await request.read()
    except (web.RequestPayloadError, ConnectionError) as error:
        raise PayloadRejected(CUT_OFF) from error
    except TimeoutError as error:
        raise web.HTTPRequestTimeout(
            reason=f"{HTTPStatus.REQUEST_TIMEOUT.phrase}: the body took longer than "
            f"{timeout_seconds:g} s"
        ) from error
