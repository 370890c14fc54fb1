"""What the writing process and its readers say to each other, over a pair of sockets.

The writing process asks: to begin, to use other credentials, or only how much was counted. A reader
answers each with the requests that it has counted since its last answer.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator

import msgspec

from ldes_shok.http.access.policy import Credential
from ldes_shok.settings.model import Settings

_MAX_LINE_BYTES = 4_000_000


class ReaderStart(msgspec.Struct, frozen=True, tag=True):
    """Begin; the answer says that it serves. Holds secrets: for the private pair only.

    Attributes:
        number: which reader it is, from 1.
        settings: of the service.
        credentials: who may read the restricted streams.
        log_path: the log, if it is a file.
        socket_path: where the writing process listens for what readers pass on.
        listeners: descriptors of the sockets to listen on.
        pulse: descriptor of what tells of commits, if this process does.
    """

    number: int
    settings: Settings
    credentials: list[Credential]
    log_path: str | None
    socket_path: str
    listeners: list[int]
    pulse: int | None

    def __repr__(self) -> str:
        return f"ReaderStart(number={self.number})"


class Renew(msgspec.Struct, frozen=True, tag=True):
    """From now on these may read. Holds secrets: for the private pair only."""

    credentials: list[Credential]

    def __repr__(self) -> str:
        return "Renew()"


class Count(msgspec.Struct, frozen=True, tag=True):
    """Nothing but the answer."""


class RequestCounts(msgspec.Struct, frozen=True, tag=True):
    """The answer: requests by route and status, since the last one. Given once more at the end."""

    requests: list[tuple[str, str, int]]


Message = ReaderStart | Renew | Count | RequestCounts


class Channel:
    """One end of the pair. The other end's death is the end of the messages."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def over(cls, end: socket.socket) -> Channel:
        """A channel that owns `end`."""
        return cls(*await asyncio.open_unix_connection(sock=end, limit=_MAX_LINE_BYTES))

    async def send(self, message: Message) -> None:
        """Send; what the other end does not read any more is lost.

        Raises:
            ConnectionError: it is gone.
        """
        self._writer.write(msgspec.json.encode(message) + b"\n")
        await self._writer.drain()

    async def messages(self) -> AsyncIterator[Message]:
        """What the other end says, until it is gone."""
        while True:
            try:
                line = await self._reader.readline()
            except ConnectionError:
                return
            if not line.endswith(b"\n"):
                return
            yield msgspec.json.decode(line, type=Message)

    def close(self) -> None:
        """Say no more."""
        self._writer.close()
