"""Binds the sockets that the service listens on, once, before anything answers."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from ldes_shok.errors import ConfigurationError

Sockets = tuple[socket.socket, ...]


@contextmanager
def bound(host: str, port: int, processes: int) -> Iterator[Sequence[Sockets]]:
    """Yield sockets for each of `processes`, all on one port; one for each address of `host`.

    The kernel distributes new connections among them. They stay open in this process, so a process
    that is restarted finds the connections that came in the meantime.

    Raises:
        ConfigurationError: the address cannot be bound, or another process listens there.
    """
    opened: list[Sockets] = []
    try:
        try:
            # Shared sockets would also share the port with another service of the same user.
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
