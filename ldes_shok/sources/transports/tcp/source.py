"""What a serial-to-network bridge streams over TCP, cut into messages.

A bridge sends what its serial line gives and hears nothing back: nothing is acknowledged on TCP.
What is lost when this process is killed is what the bridge had sent and was not committed yet:
the telegram under way and those in the buffers of the sockets. Most bridges keep nothing while
nobody is connected. No energy is lost with them: the next telegram has the registers. A cabinet
that must not miss a peak or a breaker that moved is better read by a gateway that speaks MQTT.

There is no encryption either: a bridge belongs on the loopback interface, a wire of its own or a
VPN.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from typing import Final

from ldes_shok.clock import Clock
from ldes_shok.errors import SourceError
from ldes_shok.sources.base import Sink
from ldes_shok.sources.common.progress import STUCK_AFTER_FAILURES
from ldes_shok.sources.common.retry import Sleep
from ldes_shok.sources.common.running import RetryingSource
from ldes_shok.sources.decoder import Message
from ldes_shok.sources.decoding import Decoding

Frames = Callable[[bytes], tuple[list[bytes], bytes]]
"""Cuts what has come so far: the messages that are whole, and the rest. Bounds the rest."""

_READ_BYTES: Final = 65_536


@dataclass(frozen=True, slots=True)
class TcpSettings:
    """Where to connect.

    Attributes:
        name: of the source.
        host: the bridge's address.
        port: its TCP port.
        silence_seconds: after this long without a byte the connection is given up for dead.
        stuck_after: so many failures in a row make it stuck.
    """

    name: str
    host: str
    port: int
    silence_seconds: float
    stuck_after: int = STUCK_AFTER_FAILURES


class TcpSource(RetryingSource):
    """Connects to a bridge, hands over message by message, and comes back by itself.

    While the pipeline takes nothing, nothing is read, so that the bridge has to wait.

    Args:
        settings: where to connect.
        frames: how messages are cut.
        decoding: how they are read.
        sink: takes the events.
        clock: stamps the moment of receipt.
        rng: spreads the retries.
        sleep: how to wait; a test passes its own.
    """

    def __init__(
        self,
        settings: TcpSettings,
        frames: Frames,
        decoding: Decoding,
        sink: Sink,
        clock: Clock,
        rng: Random,
        *,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        super().__init__(settings.name, "tcp", rng, stuck_after=settings.stuck_after, sleep=sleep)
        self._settings = settings
        self._frames = frames
        self._decoding = decoding
        self._sink = sink
        self._clock = clock

    async def _once(self) -> None:
        try:
            await self._listen()
        except TimeoutError as error:
            if str(error):
                raise  # of the system: it says what was waited for
            silence_seconds = self._settings.silence_seconds
            raise SourceError(f"not a byte for {silence_seconds} s") from error

    async def _listen(self) -> None:
        silence_seconds = self._settings.silence_seconds
        async with asyncio.timeout(silence_seconds):
            reader, writer = await asyncio.open_connection(
                self._settings.host, self._settings.port, limit=_READ_BYTES
            )
        try:
            with self._standing():
                self._progress.connected(host=self._settings.host, port=self._settings.port)
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
