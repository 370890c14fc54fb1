"""Cuts the TCP stream of a serial-to-network bridge into messages.

A bridge sends the bytes of its serial line; TCP has no acknowledgement for it. If this process is
killed, bytes that the bridge had sent and that were not committed are lost: the incomplete telegram
and those in the buffers of the sockets. Most bridges keep nothing while no client is connected. No
energy is lost: the next telegram has the registers. For a cabinet that must not miss a peak or a
move of the breaker, a gateway with MQTT is better.

There is no encryption either: a bridge belongs on the loopback interface, a wire of its own or a
VPN.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from ldes_shok.errors import SourceError
from ldes_shok.sources.common.running import RetryingSource
from ldes_shok.sources.common.tools import RunningTools
from ldes_shok.sources.decoder import Message
from ldes_shok.sources.transports.tcp.section import TcpSource

Frames = Callable[[bytes], tuple[list[bytes], bytes]]
"""Cuts the bytes so far into whole messages and the rest. Bounds the rest."""

_READ_BYTES: Final = 65_536


class TcpReader(RetryingSource):
    """Connects to a bridge, submits message by message, and reconnects by itself.

    While the pipeline takes no events, nothing is read, so that the bridge has to wait.

    Args:
        section: where to connect.
        frames: how messages are cut.
        tools: of a source.

    Raises:
        ValueError: the tools have no decoding.
    """

    def __init__(
        self,
        section: TcpSource,
        frames: Frames,
        tools: RunningTools,
    ) -> None:
        if tools.decoding is None:
            raise ValueError("a stream has no messages of its own: a dialect must read it")
        super().__init__(
            section.name, "tcp", tools.rng, stuck_after=tools.stuck_after, sleep=tools.sleep
        )
        self._section = section
        self._frames = frames
        self._decoding = tools.decoding
        self._sink = tools.sink
        self._clock = tools.clock

    async def _once(self) -> None:
        try:
            await self._listen()
        except TimeoutError as error:
            if str(error):
                raise  # of the system: it says what was waited for
            silence_seconds = self._section.silence_seconds
            raise SourceError(f"not a byte for {silence_seconds} s") from error

    async def _listen(self) -> None:
        silence_seconds = self._section.silence_seconds
        async with asyncio.timeout(silence_seconds):
            reader, writer = await asyncio.open_connection(
                self._section.host, self._section.port, limit=_READ_BYTES
            )
        try:
            with self._standing():
                self._progress.connected(host=self._section.host, port=self._section.port)
                rest = b""
                while True:
                    async with asyncio.timeout(silence_seconds):
                        data = await reader.read(_READ_BYTES)
                    if not data:
                        raise SourceError("the bridge closed the connection")
                    messages, rest = self._frames(rest + data)
                    for message in messages:
                        await self._hand_over(message)
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _hand_over(self, payload: bytes) -> None:
        message = Message(payload, self._clock.now())
        await self._retry.until_taken(lambda: self._decoding.submit([message], self._sink))
        self._progress.done()
