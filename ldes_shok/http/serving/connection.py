"""One client's connection: `Express` answers what it can, aiohttp gets all other requests.

Answers leave in the order of their requests. So a connection is *free* only while aiohttp has
nothing of it: no request in progress, no part of a request, no body that is still to come. While a
page is built for its last request, nothing is read from the connection. In doubt (a pipelined
request, a body, a request in pieces) the connection stays with aiohttp for good.
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
    """How long a client may keep a connection and do nothing with it, in seconds.

    Attributes:
        head_seconds: from the first byte of a request, or from the start, to the end of its head.
        idle_seconds: between two requests.
        stalled_seconds: while it takes nothing of an answer.
    """

    head_seconds: float = 20.0
    idle_seconds: float = 75.0
    stalled_seconds: float = 60.0


class Connections:
    """All connections of a server.

    Attributes:
        now_seconds: the loop's time at the last `look`; exact enough for timeouts.
        making: the pages that connections wait for.
        settling: whether aiohttp gets all requests that wait for a page.
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
        """Return the protocol of a new connection, around aiohttp's own protocol."""
        return ClientConnection(self, inner)

    def look(self, now_seconds: float) -> None:
        """Close the connections of clients that are too slow."""
        self.now_seconds = now_seconds
        for connection in tuple(self._open):
            connection.look(now_seconds)

    async def settle(self, within_seconds: float) -> None:
        """Send the answers whose pages are being built; from now on aiohttp gets these requests.

        Call this before aiohttp stops: aiohttp closes connections on which it sees no request.
        """
        self.settling = True
        if self.making:
            await asyncio.wait(self.making, timeout=within_seconds)

    async def leave(self, within_seconds: float) -> None:
        """Close each connection when its client has taken what was written; aiohttp is done by now.

        After `within_seconds` cut off the clients that are slower.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(within_seconds):
                while self._open:
                    # Repeated: a socket that was just accepted becomes a connection only now.
                    for connection in tuple(self._open):
                        connection.leave()
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._empty.wait(), _LEAVE_SECONDS)
        for connection in tuple(self._open):
            connection.abort()

    def opened(self, connection: ClientConnection) -> None:
        """Add a connection."""
        self._open.add(connection)
        self._empty.clear()

    def closed(self, connection: ClientConnection) -> None:
        """Remove a connection."""
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
        """The header lines of the only request that aiohttp has; None if aiohttp may have more."""
        self._failure: BaseException | None = None
        self._working = False
        self._paused = False
        self._held = False
        self._seen_seconds = self._receiving_since_seconds = connections.now_seconds
        self._unsent_bytes = 0

    @classmethod
    def of(cls, request: web.Request) -> Self | None:
        """Return the connection of a request; None if it has no such connection."""
        transport = request.transport
        protocol = None if transport is None else transport.get_protocol()
        return protocol if isinstance(protocol, cls) else None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start: a client connected."""
        self._transport = cast(asyncio.Transport, transport)
        self._connections.opened(self)
        self._inner.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """Take bytes: a request, several requests, or a part of one."""
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
        """Note that aiohttp handles a request; return why its page could not be built.

        None if no build was tried. A request that waited once does not wait again.
        """
        self._working = True
        self._receiving_since_seconds = 0.0
        failure, self._failure = self._failure, None
        return failure

    def finished(self, request: web.Request, response: web.StreamResponse) -> None:
        """Note that aiohttp has written the whole answer."""
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
        """Stop reading: the client takes its answers more slowly than it sends requests."""
        self._paused = True
        self._hold()
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        """Read again: the client has taken most of its answers."""
        self._paused = False
        if self._held and self._transport is not None:
            self._held = False
            self._transport.resume_reading()
        self._inner.resume_writing()

    def eof_received(self) -> bool | None:
        """Pass on that the client sends no more."""
        return self._inner.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        """End: the connection is closed."""
        self._transport = None
        self._free = False
        self._connections.closed(self)
        self._inner.connection_lost(exc)

    def look(self, now_seconds: float) -> None:
        """Close the connection if its client is too slow."""
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
        """Close the connection if the client has taken everything."""
        if self._transport is not None and not self._transport.get_write_buffer_size():
            self._transport.close()

    def abort(self) -> None:
        """Close the connection and drop what the client has not taken."""
        if self._transport is not None:
            self._transport.abort()

    def _hand_over(self, data: bytes) -> None:
        if not self._working and not self._receiving_since_seconds:
            self._receiving_since_seconds = self._seen_seconds
        self._inner.data_received(data)

    def _wait(self, data: bytes, answer: Making) -> None:
        """Read nothing until the answer to `data` is ready."""
        self._free = False
        self._working = True
        self._receiving_since_seconds = 0.0
        if self._transport is not None:
            self._transport.pause_reading()
        self._connections.making.add(answer.building)
        answer.building.add_done_callback(partial(self._made, data, answer))

    def _made(self, data: bytes, answer: Making, building: Building) -> None:
        """Send the answer to `data`; if its page was not built, let aiohttp answer why."""
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
        """Stop reading while the client is slow; while aiohttp works, aiohttp does this itself."""
        transport = self._transport
        if self._paused and self._free and transport is not None and not transport.is_closing():
            self._held = True
            transport.pause_reading()


def _is_one_request(data: bytes) -> bool:
    """Whether `data` is certainly one whole request without a body, and nothing else."""
    if not data.startswith((b"GET ", b"HEAD ")) or data.find(_END) != len(data) - len(_END):
        return False
    lines = data.count(b"\r\n")
    return data.count(b"\r") == lines and data.count(b"\n") == lines
