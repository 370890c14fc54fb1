"""Ports for what a test starts: nobody else gets them while this process lives."""

from __future__ import annotations

import fcntl
import os
import socket
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

_LOWEST: Final = 10_000
_RANGE: Final = Path("/proc/sys/net/ipv4/ip_local_port_range")
_LOWEST_EPHEMERAL: Final = 32_768
_STEP: Final = 97
"""Processes that start beside each other look at different ports."""


def free_port() -> int:
    """A port on the loopback interface, this process's own."""
    return _ports().take()


@cache
def _ports() -> Ports:
    return Ports()


class Ports:
    """Ports on the loopback interface, each reserved for this process as long as it lives.

    A port that the kernel gives out (by binding to port 0) is free for a moment only: a service
    that binds it later, such as a standby, may find a service of another test there, and whoever
    asks at that port is answered by the wrong one. So ports lie below those that the kernel gives
    out, and each is a byte that is locked in a file.
    """

    def __init__(self) -> None:
        path = Path(tempfile.gettempdir()) / f"ldes-shok-test-ports-{os.getuid()}"
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._candidates = self._from(os.getpid() * _STEP)

    def take(self) -> int:
        """A port that nobody listens on.

        Raises:
            RuntimeError: all are taken.
        """
        for port in self._candidates:
            if self._reserve(port) and _is_free(port):
                return port
        raise RuntimeError("no port is left: end the tests that were left running")

    @staticmethod
    def _from(start: int) -> Iterator[int]:
        size = _lowest_ephemeral() - _LOWEST
        return (_LOWEST + (start + number) % size for number in range(size))

    def _reserve(self, port: int) -> bool:
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
        except OSError:
            return False
        return True


def _lowest_ephemeral() -> int:
    """The lowest port that the kernel gives out by itself."""
    if not _RANGE.exists():
        return _LOWEST_EPHEMERAL
    lowest = int(_RANGE.read_text().split()[0])
    return lowest if lowest > 2 * _LOWEST else _LOWEST_EPHEMERAL


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
