"""What every test may count on.

A suite whose tool is missing is skipped by name and said aloud; no test sees the settings of the
machine it runs on; no test leaves the loopback interface; generated examples are the same ones in
every run.
"""

from __future__ import annotations

import ipaddress
import os
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from functools import wraps
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.support import off_loop
from tests.support.postgres import (
    SERVER_VARIABLE,
    Postgres,
    postgres_binaries,
    running_postgres,
)

CLIENTS = Path(__file__).parent / "compliance" / "clients"
TOOLS = Path(__file__).parents[1] / ".venv" / "bin"

settings.register_profile(
    "house",
    derandomize=True,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],  # it measures the machine
)
settings.register_profile("nightly", max_examples=5_000, deadline=None, print_blob=True)
settings.load_profile("house")


def _command(name: str) -> bool:
    # Debian keeps servers in /usr/sbin, which only root searches.
    places = (os.environ.get("PATH", os.defpath), "/usr/sbin", str(TOOLS))
    return shutil.which(name, path=os.pathsep.join(places)) is not None


def _missing_tools() -> dict[str, str]:
    """What each suite (marker) lacks on this machine, and what to do about it."""
    missing = {}
    if not _command("mosquitto"):
        missing["mqtt"] = "the Debian package mosquitto is not installed"
    if not _command("nginx"):
        missing["nginx"] = "the Debian package nginx-light is not installed"
    if not _command("versitygw"):
        missing["s3"] = "the S3 server versitygw is not installed: make s3, with Go"
    if not _command("node"):
        missing["client"] = "Node (the Debian package nodejs) is not installed"
    elif not (CLIENTS / "node_modules" / "ldes-client").is_dir():
        missing["client"] = "the LDES client is not installed: make setup"
    if postgres_binaries() is None:
        missing["postgres"] = "the Debian package postgresql is not installed"
    return missing


def _is_loopback(host: object) -> bool:
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if host is None or host == "localhost" or not isinstance(host, str):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _refuse_other_machines() -> None:
    """A test that looks up, connects or binds beyond loopback fails.

    Not by an audit hook: Python before 3.12 calls those while it installs a trace function, so that
    another thread may come in between, and fails to start under coverage (CPython issue 98257).
    """

    def on_loopback(
        function: Callable[..., Any], host_of: Callable[..., object]
    ) -> Callable[..., Any]:
        @wraps(function)
        def call(*arguments: Any, **named: Any) -> Any:
            if not _is_loopback(host := host_of(*arguments, **named)):
                message = f"a test left the loopback interface: {function.__name__} {host!r}"
                raise RuntimeError(message)
            return function(*arguments, **named)

        return call

    def of_address(_socket: object, address: object) -> object:
        return address[0] if isinstance(address, tuple) else None

    for name in ("connect", "connect_ex", "bind"):
        guarded = on_loopback(getattr(socket.socket, name), of_address)
        setattr(socket.socket, name, guarded)
    socket.getaddrinfo = on_loopback(socket.getaddrinfo, lambda host, *_, **__: host)


def pytest_configure() -> None:
    for name in [name for name in os.environ if name.startswith("LDES_SHOK")]:
        del os.environ[name]
    # Small matrices: threads of one solver that wait for each other, on processors that others use.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    _refuse_other_machines()
    off_loop.watch(exempt=threading.main_thread())


@pytest.fixture(autouse=True)
def _no_log_on_the_event_loop() -> Iterator[None]:
    yield
    found = list(off_loop.FOUND)
    off_loop.FOUND.clear()
    assert not found, found[0]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for marker, reason in _missing_tools().items():
        skip = pytest.mark.skip(reason=f"suite '{marker}': {reason}")
        for item in items:
            if item.get_closest_marker(marker) is not None:
                item.add_marker(skip)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for marker, reason in _missing_tools().items():
        terminalreporter.section(f"SKIPPED SUITE '{marker}'", yellow=True, bold=True)
        terminalreporter.line(reason, yellow=True)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    """One PostgreSQL for all tests that share one; each has a database of its own."""
    with running_postgres(durable=False) as server:
        os.environ[SERVER_VARIABLE] = server.url("postgres")
        yield server
        del os.environ[SERVER_VARIABLE]
