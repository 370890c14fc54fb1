"""The sockets that the service listens on: bound once, before anything answers."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from ldes_shok.errors import ConfigurationError

Sockets = tuple[socket.socket, ...]


@contextmanager
def bound(host: str, port: int, processes: int) -> Iterator[Sequence[Sockets]]:
    """Sockets for each of `processes`, all on one port; one for each address that `host` has.

    The kernel shares new connections out among them. They stay open here, so a process that is
    started again finds the connections that came meanwhile.

    Raises:
        ConfigurationError: nobody can listen there, or somebody else does.
    """
    opened: list[Sockets] = []
    try:
        try:
            # Sockets that share a port would also share it with another service of the same user.
            _close([_bind(host, port, shared=False)])
            opened.extend(_bind(host, port, shared=processes > 1) for _ in range(processes))
        except OSError as error:
            reason = os.strerror(error.errno).lower() if error.errno else str(error)
            raise ConfigurationError(
                f"http.port: cannot listen on {host}:{port}, {reason}; choose another port"
            ) from error
        yield opened
    finally:
        _close(opened)


def _bind(host: str, port: int, *, shared: bool) -> Sockets:
    opened: list[socket.socket] = []
    try:
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, kind, protocol, _, address in dict.fromkeys(addresses):
            opened.append(listener := socket.socket(family, kind, protocol))
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            if shared:
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            listener.bind(address)
            listener.setblocking(False)
    except OSError:
        _close([tuple(opened)])
        raise
    return tuple(opened)


def _close(opened: Sequence[Sockets]) -> None:
    for group in opened:
        for listener in group:
            listener.close()
