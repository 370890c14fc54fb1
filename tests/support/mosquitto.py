"""A real mosquitto on a free loopback port, with its own configuration and its own memory."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import aiomqtt
import pytest

from tests.support.patience import HANG_SECONDS, until
from tests.support.ports import free_port

_POLL_SECONDS: Final = 0.02
_CONFIGURATION: Final = """\
listener {port} 127.0.0.1
allow_anonymous true
persistence true
persistence_location {directory}/
max_queued_messages 0
max_inflight_messages {max_inflight}
log_dest file {directory}/mosquitto.log
log_type all
{extra}
"""


def mosquitto_binary() -> str:
    """The broker's path; skips the test, by name, when it is not installed."""
    # Debian keeps it in /usr/sbin, which only root searches.
    path = os.environ.get("PATH", os.defpath) + os.pathsep + "/usr/sbin"
    found = shutil.which("mosquitto", path=path)
    if found is None:
        pytest.skip("suite 'mqtt': the Debian package mosquitto is not installed")
    return found


def mqtt_client(port: int) -> aiomqtt.Client:
    """A client of a broker on this machine, as patient as a test."""
    return aiomqtt.Client("127.0.0.1", port, bind_address="127.0.0.1", timeout=HANG_SECONDS)


class Mosquitto:
    """A broker that a test starts, stops and starts again; it remembers its sessions."""

    def __init__(self, directory: Path, *, max_inflight: int = 100, extra: str = "") -> None:
        self.port = free_port()
        self._binary = mosquitto_binary()
        self._directory = directory
        self._process: subprocess.Popen[bytes] | None = None
        if os.geteuid() == 0:
            # Started as root it would become the user mosquitto, who may not write here.
            extra = f"user root\n{extra}"
        self._configuration = directory / "mosquitto.conf"
        self._configuration.write_text(
            _CONFIGURATION.format(
                port=self.port, directory=directory, max_inflight=max_inflight, extra=extra
            )
        )

    def start(self) -> None:
        """Start, and wait until it listens."""
        self._process = subprocess.Popen([self._binary, "-c", str(self._configuration)])
        deadline = time.monotonic() + HANG_SECONDS
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                break
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                time.sleep(_POLL_SECONDS)
            else:
                return
        self.stop()
        raise RuntimeError(f"mosquitto did not start:\n{self.log()}")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End the process that was started, and only that one."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(timeout=HANG_SECONDS)
            self._process = None

    def acknowledgements(self, client_id: str) -> int:
        """How many messages this client has acknowledged since the broker's first start."""
        return self.log().count(f"Received PUBACK from {client_id} ")

    def wait_for_subscriber(self, client_id: str) -> None:
        """Return when this client has subscribed: what is sent before that is for nobody."""
        until(
            lambda: f"Sending SUBACK to {client_id}" in self.log(),
            lambda: f"{client_id} does not subscribe",
        )

    def log(self) -> str:
        """What it wrote about itself."""
        path = self._directory / "mosquitto.log"
        return path.read_text(errors="replace") if path.exists() else ""


@contextmanager
def running_mosquitto(
    directory: Path, *, max_inflight: int = 100, extra: str = ""
) -> Iterator[Mosquitto]:
    """A broker for the time of a test."""
    broker = Mosquitto(directory, max_inflight=max_inflight, extra=extra)
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()
