"""Ports of tests: a service that binds its port late still finds it free."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path
from typing import Final

from tests.support.ports import Ports, free_port

ROOT: Final = Path(__file__).parents[2]
_MANY: Final = 50
_TAKE: Final = f"""
import os
os.getpid = lambda: {{pid}}
from tests.support.ports import Ports
ports = Ports()
print(*(ports.take() for _ in range({_MANY})), flush=True)
input()
"""


def test_two_processes_that_look_at_the_same_ports_take_different_ones() -> None:
    """Also when the first one listens on none of them yet."""
    taken: list[int] = []
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", _TAKE.format(pid=7)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    try:
        for process in processes:
            assert process.stdout is not None
            taken += map(int, process.stdout.readline().split())
    finally:
        for process in processes:
            process.communicate("\n")
    assert len(set(taken)) == 2 * _MANY


def test_a_port_is_never_one_that_the_kernel_gives_out() -> None:
    """What binds to port 0, or connects, does not get it meanwhile."""
    with socket.socket() as given:
        given.bind(("127.0.0.1", 0))
        assert free_port() < given.getsockname()[1]


def test_a_port_that_somebody_listens_on_is_passed_over() -> None:
    with socket.socket() as other:
        port = Ports().take()
        other.bind(("127.0.0.1", port))
        other.listen()
        # The same process looks from the same place on, and may have what it has reserved.
        again = Ports()
        assert port not in [again.take() for _ in range(_MANY)]
