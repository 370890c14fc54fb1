"""The sockets of a service: one port, one for each process, and never shared by mistake."""

from __future__ import annotations

import socket
from unittest import mock

import pytest

from ldes_shok.errors import ConfigurationError
from ldes_shok.processes.sockets import bound
from tests.support.ports import free_port

LOCAL = "127.0.0.1"


@pytest.mark.parametrize("processes", [1, 3])
def test_every_process_has_its_own_on_the_one_port(processes: int) -> None:
    port = free_port()
    with bound(LOCAL, port, processes) as sockets:
        assert [[s.getsockname() for s in group] for group in sockets] == [[(LOCAL, port)]] * (
            processes
        )
        for (listener,) in sockets:
            listener.listen()
    with bound(LOCAL, port, 1):
        pass


@pytest.mark.parametrize("theirs", [1, 2])
@pytest.mark.parametrize("ours", [1, 2])
def test_a_port_that_somebody_listens_on_is_refused(theirs: int, ours: int) -> None:
    port = free_port()
    with bound(LOCAL, port, theirs) as sockets:
        for (listener,) in sockets:
            listener.listen()
        refused = pytest.raises(ConfigurationError, match=rf"http\.port.*{LOCAL}:{port}, address")
        with refused, bound(LOCAL, port, ours):
            pass


def test_a_name_that_is_none_is_refused() -> None:
    unknown = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    with (
        mock.patch("socket.getaddrinfo", side_effect=unknown),
        pytest.raises(ConfigurationError, match="cannot listen on nowhere"),
        bound("nowhere", 8080, 1),
    ):
        pass


def test_a_name_with_two_addresses_is_listened_on_at_both() -> None:
    port = free_port()
    addresses = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
        for address in ("127.0.0.1", "127.0.0.2")
    ]
    with mock.patch("socket.getaddrinfo", return_value=addresses), bound("both", port, 2) as found:
        names = [[s.getsockname()[0] for s in group] for group in found]
    assert names == [["127.0.0.1", "127.0.0.2"]] * 2
