"""HTTP as bytes on one connection: what a client library would tidy up."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Self

from tests.support.patience import HANG_SECONDS

_CHUNK_BYTES: Final = 65_536


class RawConnection:
    """Sends bytes as they are and takes answers one by one."""

    def __init__(self, opened: socket.socket) -> None:
        self._socket = opened
        self._buffer = b""

    @classmethod
    @contextmanager
    def to(cls, port: int) -> Iterator[Self]:
        """A connection to a server on this machine."""
        with socket.create_connection(("127.0.0.1", port), timeout=HANG_SECONDS) as opened:
            yield cls(opened)

    def send(self, data: bytes) -> None:
        """Send now, in one segment if it is small."""
        self._socket.sendall(data)

    def end(self) -> None:
        """Send no more, and go on listening."""
        self._socket.shutdown(socket.SHUT_WR)

    def answer(self, *, head: bool = False) -> bytes:
        """The next whole answer; `head` if it was asked with HEAD.

        Raises:
            EOFError: the server closed before it was whole.
        """
        at = self._until(b"\r\n\r\n")
        length = re.search(rb"\r\nContent-Length: (\d+)\r\n", self._buffer[:at])
        size = at + (int(length[1]) if length and not head else 0)
        while len(self._buffer) < size:
            self._more()
        answer, self._buffer = self._buffer[:size], self._buffer[size:]
        return answer

    def closed(self) -> bool:
        """Whether the server closes without another byte; waits for it."""
        try:
            return self._buffer == b"" and self._socket.recv(1) == b""
        except ConnectionResetError:
            return True

    def _until(self, end: bytes) -> int:
        while end not in self._buffer:
            self._more()
        return self._buffer.index(end) + len(end)

    def _more(self) -> None:
        data = self._socket.recv(_CHUNK_BYTES)
        if not data:
            raise EOFError(self._buffer)
        self._buffer += data


def undated(answer: bytes) -> bytes:
    """An answer without the value of its Date header."""
    return re.sub(rb"\r\nDate: [^\r]+", b"\r\nDate: ", answer, count=1)
