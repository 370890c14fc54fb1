"""A real nginx with one of our configurations, unprivileged, on free loopback ports."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from tests.support.patience import HANG_SECONDS
from tests.support.ports import free_port
from tests.support.service import ROOT

CONFIGURATIONS: Final = ROOT / "deploy" / "nginx"

_POLL_SECONDS: Final = 0.02
_MAIN: Final = """\
daemon off;
master_process on;
worker_processes 2;
pid {directory}/nginx.pid;
error_log {directory}/error.log info;
events {{ worker_connections 256; }}
http {{
    access_log {directory}/access.log;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    include {directory}/site.conf;
}}
"""


def nginx_binary() -> str:
    """The server's path; skips the test, by name, when it is not installed."""
    # Debian keeps it in /usr/sbin, which only root searches.
    path = os.environ.get("PATH", os.defpath) + os.pathsep + "/usr/sbin"
    found = shutil.which("nginx", path=path)
    if found is None:
        pytest.skip("suite 'nginx': the Debian package nginx-light is not installed")
    return found


class Nginx:
    """One that a test started.

    Attributes:
        port: where it listens.
        url: the same, as a URL.
    """

    def __init__(self, directory: Path, configuration: str, changes: Mapping[str, str]) -> None:
        """Write the configuration with `changes` made in it; start nothing.

        Raises:
            AssertionError: what is to be changed is not in it.
        """
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._directory = directory
        self._process: subprocess.Popen[bytes] | None = None
        text = (CONFIGURATIONS / configuration).read_text()
        for old, new in {"listen 80;": f"listen 127.0.0.1:{self.port};", **changes}.items():
            assert old in text, f"{configuration} has no {old}"
            text = text.replace(old, new)
        (directory / "site.conf").write_text(text)
        self._main = directory / "nginx.conf"
        main = _MAIN.format(directory=directory)
        # The workers of a master that is root would become nobody, who may not read here.
        self._main.write_text(f"user root;\n{main}" if os.geteuid() == 0 else main)

    def start(self) -> None:
        """Start, and wait until it listens.

        Raises:
            RuntimeError: it does not; holds what it said.
        """
        self._process = subprocess.Popen(
            [nginx_binary(), "-p", str(self._directory), "-c", str(self._main), "-e", "stderr"],
            stderr=subprocess.PIPE,
        )
        deadline = time.monotonic() + HANG_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                time.sleep(_POLL_SECONDS)
            else:
                return
        ended = self._process.poll() is not None
        said = self._process.communicate()[1].decode(errors="replace") if ended else ""
        self.stop()
        raise RuntimeError(f"nginx did not start:\n{said}{self.log()}")

    def stop(self) -> None:
        """End the process that was started, and only that one."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(HANG_SECONDS)
            if self._process.stderr is not None:
                self._process.stderr.close()
            self._process = None

    def log(self) -> str:
        """Its errors."""
        path = self._directory / "error.log"
        return path.read_text(errors="replace") if path.exists() else ""


@contextmanager
def running_nginx(
    directory: Path, configuration: str, changes: Mapping[str, str]
) -> Iterator[Nginx]:
    """nginx with `deploy/nginx/CONFIGURATION` for the time of a test."""
    nginx_binary()
    directory.mkdir(exist_ok=True)
    server = Nginx(directory, configuration, changes)
    server.start()
    try:
        yield server
    finally:
        server.stop()
