"""One client's connection: what `Express` answers is answered here, and aiohttp gets all the rest.

Answers leave in the order of their requests. So a connection is *free* only while aiohttp has
nothing of it: not a request under way, not half a request, not a body that is still to come; and
while a page is made for its last request nothing is read from it at all. What is in doubt (a
pipelined request, a body, a request in pieces) leaves the connection to aiohttp for good.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Final, Self, cast

from aiohttp import web

from ldes_shok.http.serving.known_requests import Express, Making
from ldes_shok.http.serving.page_builds import Building

_END: Final = b"\r\n\r\n"
_LEAVE_SECONDS: Final = 0.1


@dataclass(frozen=True, slots=True)
class ConnectionTimeouts:
    """How long a client may keep a connection without doing anything with it, in seconds.

    Attributes:
        head_seconds: from the first byte of a request, or from the start, to the end of its head.
        idle_seconds: between two requests.
        stalled_seconds: with an answer of which it takes nothing.
    """

    head_seconds: float = 20.0
    idle_seconds: float = 75.0
    stalled_seconds: float = 60.0


class Connections:
    """All connections of a server.

    Attributes:
        now_seconds: the loop's time at the last `look`; fine enough for whoever waits.
        making: the pages that connections wait for.
        settling: whether aiohttp has all requests that wait for a page.
    """

    def __init__(self, express: Express, patience: ConnectionTimeouts, now_seconds: float) -> None:
        self.express: Final = express
        self.patience: Final = patience
        self.now_seconds = now_seconds
        self.making: Final[set[Building]] = set()
        self.settling = False
        self._open: set[ClientConnection] = set()
        self._empty = asyncio.Event()
        self._empty.set()

    def accept(self, inner: asyncio.Protocol) -> ClientConnection:
        """The protocol of a new connection, with aiohttp's own for it."""
        return ClientConnection(self, inner)

    def look(self, now_seconds: float) -> None:
        """Send away whoever makes us wait for too long."""
        self.now_seconds = now_seconds
        for connection in tuple(self._open):
            connection.look(now_seconds)

    async def settle(self, within_seconds: float) -> None:
        """Send the answers whose pages are being made; from now on aiohttp has those requests.

        Before it is told to stop, for it closes the connections on which it sees no request.
        """
        self.settling = True
        if self.making:
            await asyncio.wait(self.making, timeout=within_seconds)

    async def leave(self, within_seconds: float) -> None:
        """Close them all, each when its client has taken what was written; aiohttp is done.

        For whoever is slower than `within_seconds` it is cut off.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(within_seconds):
                while self._open:
                    # Again and again: one that was just accepted becomes a connection only now.
                    for connection in tuple(self._open):
                        connection.leave()
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._empty.wait(), _LEAVE_SECONDS)
        for connection in tuple(self._open):
            connection.abort()

    def opened(self, connection: ClientConnection) -> None:
        """One more."""
        self._open.add(connection)
        self._empty.clear()

    def closed(self, connection: ClientConnection) -> None:
        """One less."""
        self._open.discard(connection)
        if not self._open:
            self._empty.set()


class ClientConnection(asyncio.Protocol):
    """Stands between a transport and aiohttp's protocol for it."""

    __slots__ = (
        "_connections", "_express", "_failure", "_free", "_held", "_inner", "_lines", "_paused",
        "_receiving_since_seconds", "_seen_seconds", "_transport", "_unsent_bytes", "_working",
    )  # fmt: skip

    def __init__(self, connections: Connections, inner: asyncio.Protocol) -> None:
        self._connections = connections
        self._express = connections.express
        self._inner = inner
        self._transport: asyncio.Transport | None = None
        self._free = True
        self._lines: bytes | None = None
        """The header lines of the one request that aiohttp has; None if it may have more."""
        self._failure: BaseException | None = None
        self._working = False
        self._paused = False
        self._held = False
        self._seen_seconds = self._receiving_since_seconds = connections.now_seconds
        self._unsent_bytes = 0

    @classmethod
    def of(cls, request: web.Request) -> Self | None:
        """The connection that a request came by; None if aiohttp has it for itself."""
        transport = request.transport
        protocol = None if transport is None else transport.get_protocol()
        return protocol if isinstance(protocol, cls) else None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client came."""
        self._transport = cast(asyncio.Transport, transport)
        self._connections.opened(self)
        self._inner.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """Bytes came: a request, several, or a piece of one."""
        self._seen_seconds = self._connections.now_seconds
        if self._free:
            answer = self._express.answer(data)
            if isinstance(answer, Making):
                if not self._connections.settling:
                    self._wait(data, answer)
                    return
            elif answer is not None and self._transport is not None:
                self._receiving_since_seconds = 0.0
                self._transport.writelines(answer)
                return
            self._free = False
            self._lines = data[data.find(b"\r\n") :] if _is_one_request(data) else None
        else:
            self._lines = None
        self._hand_over(data)

    def begun(self) -> BaseException | None:
        """aiohttp has a whole head and handles the request; why its page could not be made here.

        None if nobody tried: who waited for it once does not wait again.
        """
        self._working = True
        self._receiving_since_seconds = 0.0
        failure, self._failure = self._failure, None
        return failure

    def finished(self, request: web.Request, response: web.StreamResponse) -> None:
        """aiohttp has written the whole answer."""
        self._working = False
        self._seen_seconds = self._connections.now_seconds
        if self._lines is None or request.body_exists or "Upgrade" in request.headers:
            return
        if request.keep_alive and response.keep_alive:
            self._express.learn(self._lines, request)
            self._lines = None
            self._free = True
            self._hold()

    def pause_writing(self) -> None:
        """The client takes its answers slower than it asks: ask no more of it."""
        self._paused = True
        self._hold()
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        """It has taken most of them."""
        self._paused = False
        if self._held and self._transport is not None:
            self._held = False
            self._transport.resume_reading()
        self._inner.resume_writing()

    def eof_received(self) -> bool | None:
        """The client sends no more."""
        return self._inner.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is closed."""
        self._transport = None
        self._free = False
        self._connections.closed(self)
        self._inner.connection_lost(exc)

    def look(self, now_seconds: float) -> None:
        """Close, if the client makes us wait for too long."""
        transport, patience = self._transport, self._connections.patience
        if transport is None:
            return
        unsent_bytes = transport.get_write_buffer_size()
        if unsent_bytes:
            if unsent_bytes != self._unsent_bytes:
                self._unsent_bytes, self._seen_seconds = unsent_bytes, now_seconds
            elif now_seconds - self._seen_seconds > patience.stalled_seconds:
                transport.abort()
            return
        self._unsent_bytes = 0
        if self._working:
            return
        since = self._receiving_since_seconds
        if since and now_seconds - since > patience.head_seconds:
            transport.abort()
        elif now_seconds - self._seen_seconds > patience.idle_seconds:
            transport.close()

    def leave(self) -> None:
        """Close, if nothing waits for the client to take it."""
        if self._transport is not None and not self._transport.get_write_buffer_size():
            self._transport.close()

    def abort(self) -> None:
        """Close, and drop what the client has not taken."""
        if self._transport is not None:
            self._transport.abort()

    def _hand_over(self, data: bytes) -> None:
        if not self._working and not self._receiving_since_seconds:
            self._receiving_since_seconds = self._seen_seconds
        self._inner.data_received(data)

    def _wait(self, data: bytes, answer: Making) -> None:
        """Read nothing until there is an answer to `data`."""
        self._free = False
        self._working = True
        self._receiving_since_seconds = 0.0
        if self._transport is not None:
            self._transport.pause_reading()
        self._connections.making.add(answer.building)
        answer.building.add_done_callback(partial(self._made, data, answer))

    def _made(self, data: bytes, answer: Making, building: Building) -> None:
        """Send the answer to `data`; without its page aiohttp says why there is none."""
        self._connections.making.discard(building)
        self._working = False
        self._seen_seconds = self._connections.now_seconds
        transport = self._transport
        failure = None if building.cancelled() else building.exception()
        if transport is None or transport.is_closing():
            return
        transport.resume_reading()
        built = None if building.cancelled() or failure is not None else building.result()
        if built is None:
            self._failure = failure
            self._hand_over(data)
            return
        self._free = True
        transport.writelines(answer.whole(built))
        self._hold()

    def _hold(self) -> None:
        """Read nothing while the client is behind; while aiohttp works that is its own matter."""
        transport = self._transport
        if self._paused and self._free and transport is not None and not transport.is_closing():
            self._held = True
            transport.pause_reading()


def _is_one_request(data: bytes) -> bool:
    """Whether this is a whole request without a body, and nothing else, beyond any doubt."""
    if not data.startswith((b"GET ", b"HEAD ")) or data.find(_END) != len(data) - len(_END):
        return False
    lines = data.count(b"\r\n")
    return data.count(b"\r") == lines and data.count(b"\n") == lines
