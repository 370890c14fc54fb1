"""Handler of `/ocpp16/{source}/{station}`: OCPP 1.6J stations on a WebSocket (OCPP-J 1.6, 3)."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Final

import structlog
from aiohttp import WSCloseCode, WSMsgType, web

from ldes_shok.errors import ShuttingDown
from ldes_shok.http.access.wrong_tokens import PROVED
from ldes_shok.http.serving.plain_urls import no_parameters
from ldes_shok.http.serving.problems import problem
from ldes_shok.http.serving.services import SERVICES
from ldes_shok.sources.dialects.ocpp16.central import SUBPROTOCOL, CentralSystem, shown_by

_MAX_FRAME_BYTES: Final = 1_000_000
"""A frame that is too large for an event is kept, refused and answered; one above this is not."""

_PING_SECONDS: Final = 60.0
"""A dead connection is found within one and a half times this."""

_GOODBYE_SECONDS: Final = 2.0
"""How long a station may take to answer a close; often it is gone already."""


class StationHandler:
    """The connections of stations; a new connection of a station replaces the older one."""

    def __init__(self) -> None:
        self._sockets: dict[tuple[str, str], web.WebSocketResponse] = {}

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """Take frames one by one and answer each after its commit."""
        station, shown = request.match_info["station"], request.headers.get("Authorization")
        central = request.app[SERVICES].centrals.get(request.match_info["source"])
        admitted = shown_by((), shown) if central is None else central.admitted(station, shown)
        if central is None or admitted is None:
            # The same answer for every name: otherwise a client could find out which names exist.
            return problem(
                request,
                HTTPStatus.UNAUTHORIZED,
                "send Authorization: Basic with the identity of a station of this source, and its "
                "password",
                {"WWW-Authenticate": 'Basic realm="ldes-shok"'},
            )
        request[PROVED] = True
        refused = no_parameters(request)
        if refused is not None:
            return refused
        socket = web.WebSocketResponse(
            protocols=(SUBPROTOCOL,),
            heartbeat=_PING_SECONDS,
            max_msg_size=_MAX_FRAME_BYTES,
            timeout=_GOODBYE_SECONDS,
        )
        if not socket.can_prepare(request):
            return problem(
                request,
                HTTPStatus.UPGRADE_REQUIRED,
                f"connect with a WebSocket and the subprotocol {SUBPROTOCOL}",
                {"Upgrade": "websocket"},
            )
        await socket.prepare(request)
        await self._replace((central.name, station), socket)
        connection = _ServedSocket(socket)
        central.connected(station, admitted, connection)
        try:
            await _serve(socket, central, station)
        finally:
            central.disconnected(connection)
            await connection.closed()
            if self._sockets.get((central.name, station)) is socket:
                del self._sockets[central.name, station]
        return socket

    async def close(self, _: web.Application) -> None:
        """Close all connections because the service stops."""
        closes = [
            socket.close(code=WSCloseCode.GOING_AWAY, message=b"the service stops")
            for socket in self._sockets.values()
        ]
        await asyncio.gather(*closes)

    async def _replace(self, key: tuple[str, str], socket: web.WebSocketResponse) -> None:
        older = self._sockets.get(key)
        self._sockets[key] = socket
        if older is not None:
            await older.close(message=b"the station connected again")


class _ServedSocket:
    """A socket that other code than its reader can close."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self._socket = socket
        self._closing: asyncio.Task[bool] | None = None

    def refuse(self) -> None:
        """Close the socket, so that the station connects again with its new password."""
        if self._closing is None:
            close = self._socket.close(
                code=WSCloseCode.POLICY_VIOLATION, message=b"the password is not good any more"
            )
            self._closing = asyncio.create_task(close)

    async def closed(self) -> None:
        """Wait until a close in progress is done."""
        if self._closing is not None:
            await self._closing


async def _serve(socket: web.WebSocketResponse, central: CentralSystem, station: str) -> None:
    if socket.ws_protocol != SUBPROTOCOL:
        # OCPP-J 1.6, 3.1.2: without a common subprotocol, accept the connection and close it.
        await socket.close(code=WSCloseCode.PROTOCOL_ERROR, message=f"speak {SUBPROTOCOL}".encode())
        return
    log = structlog.get_logger("ldes_shok.sources")
    log.info("station_connected", source=central.name, station=station)
    async for message in socket:
        if message.type not in {WSMsgType.TEXT, WSMsgType.BINARY}:
            continue
        payload = message.data if isinstance(message.data, bytes) else message.data.encode()
        try:
            answer = await central.take(station, payload)
            if answer is not None:
                await socket.send_str(answer.decode())
        except ShuttingDown:
            await socket.close(code=WSCloseCode.GOING_AWAY, message=b"the service stops")
        except ConnectionError:
            break  # the station is gone; it repeats what was not answered
    log.info("station_disconnected", source=central.name, station=station)
