"""A serial-to-network bridge on a loopback port: sends what a test tells it, to one client."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from tests.support.patience import HANG_SECONDS

_RESET: Final = struct.pack("ii", 1, 0)


class Bridge:
    """Listens while it is up, on the same port after each start.

    Attributes:
        port: where.
    """

    def __init__(self) -> None:
        self._listener: socket.socket | None = None
        self._client: socket.socket | None = None
        self.port = 0
        self.start()

    def start(self) -> None:
        """Listen, on the port of the first start."""
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.settimeout(HANG_SECONDS)
        listener.bind(("127.0.0.1", self.port))
        listener.listen()
        self.port = listener.getsockname()[1]
        self._listener = listener

    def accept(self) -> None:
        """Wait for the client.

        Raises:
            TimeoutError: none came.
        """
        assert self._listener is not None, "the bridge is down"
        self._client, _ = self._listener.accept()

    def send(self, data: bytes) -> None:
        """To the client, in one go."""
        assert self._client is not None, "nobody is connected"
        self._client.sendall(data)

    def kill(self) -> None:
        """As when its power is cut and it comes back: the client gets a reset."""
        if self._client is not None:
            self._client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            self._client.close()
            self._client = None
        if self._listener is not None:
            self._listener.close()
            self._listener = None


@contextmanager
def running_bridge() -> Iterator[Bridge]:
    """A bridge for the time of a test."""
    bridge = Bridge()
    try:
        yield bridge
    finally:
        bridge.kill()
