"""Connections to the server, and the translation of its errors."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

import psycopg
from psycopg import conninfo

from ldes_shok.errors import LogUnavailable

Connection = psycopg.Connection[tuple[Any, ...]]
Parameters = Sequence[object] | Mapping[str, object]
Select = Callable[[str, Parameters], Sequence[Any]]
"""Runs a query; raises LogUnavailable."""

_APPLICATION: Final = "ldes-shok"
_CONNECT_TIMEOUT_SECONDS: Final = 3
_KEEPALIVE: Final = {"keepalives_idle": 2, "keepalives_interval": 1, "keepalives_count": 3}
_UNANSWERED_MILLISECONDS: Final = 5_000
_LARGEST_NAME_BYTES: Final = 63

_COMMON: Final = {
    # The same on the server's side: it must drop a client whose machine is gone within 10 s.
    "tcp_keepalives_idle": 2,
    "tcp_keepalives_interval": 1,
    "tcp_keepalives_count": 3,
    "tcp_user_timeout": _UNANSWERED_MILLISECONDS,
    "client_connection_check_interval": 1_000,
    "timezone": "UTC",
    "jit": "off",
}
_WRITER: Final = {"synchronous_commit": "on", "idle_in_transaction_session_timeout": 5_000}
_READER: Final = {"default_transaction_read_only": "on", "statement_timeout": 30_000}


def connect_writer(url: str) -> Connection:
    """A connection that commits durably.

    Raises:
        LogUnavailable: the server cannot be reached or refuses.
    """
    return _connect(url, "writer", _WRITER)


def connect_reader(url: str) -> Connection:
    """A connection that cannot write.

    Raises:
        LogUnavailable: the server cannot be reached or refuses.
    """
    return _connect(url, "reader", _READER)


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Translate every error of the server or the network to LogUnavailable.

    Args:
        what: what cannot be done with the log: `read`, `written`, `opened`.
    """
    try:
        yield
    except psycopg.Error as error:
        raise LogUnavailable(f"the log cannot be {what}: {first_line(error)}") from error


def first_line(error: psycopg.Error) -> str:
    """The first line of a server's error; the lines after it quote statements."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def _connect(url: str, role: str, session: dict[str, Any]) -> Connection:
    with translated("opened"):
        given = conninfo.conninfo_to_dict(url)
        options = [str(given.pop("options", "") or "")]
        options += [f"-c {name}={value}" for name, value in {**_COMMON, **session}.items()]
        parameters: dict[str, Any] = {
            "connect_timeout": _CONNECT_TIMEOUT_SECONDS,
            "tcp_user_timeout": _UNANSWERED_MILLISECONDS,
            **_KEEPALIVE,
            **given,
            "application_name": own_name(role),
            "options": " ".join(options).strip(),
        }
        return psycopg.connect(**parameters, autocommit=True)


def own_name(role: str) -> str:
    """The name of this process for an operator. The server cuts it at 63 bytes."""
    name = f"{_APPLICATION} {role}: pid {os.getpid()} on {socket.gethostname()}"
    return name.encode("ascii", "replace")[:_LARGEST_NAME_BYTES].decode()
