"""Messages between the writing process and its readers, over a pair of sockets.

The writing process sends: start, use other credentials, or only give the counts. A reader answers
each message with the requests that it has counted since its last answer.
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
    """Start; the reader answers when it serves. Holds secrets: only for the private pair.

    Attributes:
        number: of the reader, from 1.
        settings: of the service.
        credentials: the tokens that may read restricted streams.
        log_path: the log, if it is a file.
        socket_path: where the writing process listens for requests that readers pass on.
        listeners: descriptors of the sockets to listen on.
        pulse: descriptor of the pulse that signals commits, if the log has one.
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
    """Use these credentials from now on. Holds secrets: only for the private pair."""

    credentials: list[Credential]

    def __repr__(self) -> str:
        return "Renew()"


class Count(msgspec.Struct, frozen=True, tag=True):
    """Give the counts, and do nothing else."""


class RequestCounts(msgspec.Struct, frozen=True, tag=True):
    """The answer: requests by route and status since the last answer. Also sent at the end."""

    requests: list[tuple[str, str, int]]


Message = ReaderStart | Renew | Count | RequestCounts


class Channel:
    """One end of the pair. When the other end dies, the messages end."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def over(cls, end: socket.socket) -> Channel:
        """Return a channel that owns `end`."""
        return cls(*await asyncio.open_unix_connection(sock=end, limit=_MAX_LINE_BYTES))

    async def send(self, message: Message) -> None:
        """Send a message; it is lost if the other end does not read any more.

        Raises:
            ConnectionError: the other end is gone.
        """
        self._writer.write(msgspec.json.encode(message) + b"\n")
        await self._writer.drain()

    async def messages(self) -> AsyncIterator[Message]:
        """Yield the messages of the other end until it is gone."""
        while True:
            try:
                line = await self._reader.readline()
            except ConnectionError:
                return
            if not line.endswith(b"\n"):
                return
            yield msgspec.json.decode(line, type=Message)

    def close(self) -> None:
        """Close this end."""
        self._writer.close()
