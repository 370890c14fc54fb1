"""The limit of serving: nginx with `gzip_static` answers with the same bytes from a file."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.support.ports import free_port
from tests.support.service import request

_READY_SECONDS: Final = 10.0
_CONFIGURATION: Final = """
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
daemon off;
{user}
events {{ worker_connections 256; }}
http {{
    access_log off;
    sendfile on;
    keepalive_requests 1000000000;
    open_file_cache max=100;
    types {{ application/n-quads nq; }}
    client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
    uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
    server {{
        listen 127.0.0.1:{port};
        root {folder};
        gzip_static on;
        gzip_http_version 1.1;
    }}
}}
"""


def nginx_command() -> str | None:
    """Where nginx is; Debian keeps it where only root looks for commands."""
    return shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


@contextmanager
def static_page(folder: Path, gzip_body: bytes) -> Iterator[str]:
    """nginx, one worker, with one page that is coded already; gives its URL.

    Raises:
        RuntimeError: nginx is not installed, or does not start.
    """
    command = nginx_command()
    if command is None:
        raise RuntimeError("nginx is missing: install the Debian package nginx-light")
    folder.mkdir()
    (folder / "page.nq").write_bytes(b"")
    (folder / "page.nq.gz").write_bytes(gzip_body)
    port, path = free_port(), folder / "nginx.conf"
    user = "user root;" if os.geteuid() == 0 else ""
    path.write_text(_CONFIGURATION.format(folder=folder.absolute(), port=port, user=user))
    process = subprocess.Popen([command, "-c", str(path.absolute()), "-p", str(folder.absolute())])
    url = f"http://127.0.0.1:{port}/page.nq"
    try:
        _wait(url, process)
        yield url
    finally:
        process.terminate()
        process.wait(_READY_SECONDS)


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline_seconds = time.monotonic() + _READY_SECONDS
    while process.poll() is None and time.monotonic() < deadline_seconds:
        try:
            request(url)
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"nginx did not answer at {url}")
