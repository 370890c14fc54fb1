"""Connects the demo's OCPP 1.6J station on a WebSocket: one request at a time, each answered."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import datetime
from itertools import count
from typing import Any, Final

import aiohttp

from ldes_shok.demo.devices.station import Station, StationCall
from ldes_shok.sources.dialects.ocpp16.central import SUBPROTOCOL

_LOOK_SECONDS: Final = 0.5
_HEARTBEAT_SECONDS: Final = 30.0
_CALL: Final = 2
_RESULT: Final = 3


class _StationSocket:
    """Sends requests, waits for answers, and keeps the number of the current transaction."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = count(1)
        self._transaction = 0

    async def ask(self, call: StationCall) -> None:
        """Send a request and wait for its answer."""
        payload = dict(call.payload)
        if call.needs_transaction:
            payload["transactionId"] = self._transaction
        unique_id = str(next(self._numbers))
        await self._socket.send_str(json.dumps([_CALL, unique_id, call.action, payload]))
        answer = await self._answer(unique_id)
        if call.action == "StartTransaction" and answer[0] == _RESULT:
            self._transaction = answer[2]["transactionId"]

    async def _answer(self, unique_id: str) -> list[Any]:
        async for message in self._socket:
            if message.type is not aiohttp.WSMsgType.TEXT:
                continue
            frame = json.loads(message.data)
            if frame[1] == unique_id:
                return list(frame)
        raise aiohttp.ClientConnectionError("the service hung up")


async def speak_ocpp(
    session: aiohttp.ClientSession,
    url: str,
    station: Station,
    password: str,
    now: Callable[[], datetime],
    spoke: Callable[[], None],
) -> None:
    """Connect, repeat the recent past, then send what happens until the connection is gone.

    Raises:
        aiohttp.ClientError: the connection is gone.
    """
    auth = aiohttp.BasicAuth(station.name, password)
    async with session.ws_connect(url, auth=auth, protocols=(SUBPROTOCOL,)) as socket:
        connection = _StationSocket(socket)
        await connection.ask(station.greeting())
        since = station.remembered_since(now())
        loop = asyncio.get_running_loop()
        spoke_seconds = loop.time()
        while True:
            until = now()
            for call in station.calls(since, until):
                await connection.ask(call)
                spoke_seconds = loop.time()
            spoke()
            since = max(since, until)
            if loop.time() - spoke_seconds > _HEARTBEAT_SECONDS:
                await connection.ask(StationCall("Heartbeat", {}))
                spoke_seconds = loop.time()
            await asyncio.sleep(_LOOK_SECONDS)
