"""A real PostgreSQL: a private cluster on loopback, ended with the test session."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql

from tests.support.patience import HANG_SECONDS
from tests.support.ports import free_port

SERVER_VARIABLE: Final = "TEST_POSTGRES_URL"
"""Where the test session's server is, for processes that a test starts."""

_POLL_SECONDS: Final = 0.02
_USERS: Final = ("postgres", "nobody")
_CONFIGURATION: Final = """\
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = '{directory}'
max_connections = 60
shared_buffers = 64MB
autovacuum_naptime = 10s
log_min_messages = warning
"""
_MEMORY: Final = Path("/dev/shm")
_ROOM_BYTES: Final = 3_000_000_000
_FORGETFUL: Final = """\
fsync = off
full_page_writes = off
checkpoint_timeout = 1h
max_wal_size = 8GB
"""


def postgres_binaries() -> Path | None:
    """The folder of `initdb` and `postgres`, newest release first; None if it is not installed."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4])
    )
    if found:
        return found[-1].parent
    beside = shutil.which("initdb")
    return Path(beside).resolve().parent if beside else None


def new_database(server_url: str) -> str:
    """A fresh, empty database on the server that `server_url` reaches; returns its URL."""
    name = f"log_{secrets.token_hex(6)}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return urlsplit(server_url)._replace(path=f"/{name}").geturl()


class Postgres:
    """A server that a test starts, stops, kills and starts again; it keeps what it stored.

    Attributes:
        port: where it listens, on 127.0.0.1; also on a socket in `directory`.
        directory: holds its data and its log.
    """

    def __init__(self, directory: Path, *, durable: bool = True) -> None:
        """Make a cluster in an existing, empty folder that the server's user can reach.

        One that is not durable spares the disk what a hundred databases of a test run write.

        PostgreSQL refuses to run as root, so as root it becomes another user.
        """
        binaries = postgres_binaries()
        if binaries is None:
            pytest.skip("suite 'postgres': the Debian package postgresql is not installed")
        self.port = free_port()
        self.directory = directory
        self._binaries = binaries
        self._data = directory / "data"
        self._process: subprocess.Popen[bytes] | None = None
        self._as_user: tuple[str, ...] = ()
        if os.geteuid() == 0:
            self._as_user = _unprivileged(directory)
        self._run(
            "initdb", "-D", str(self._data), "-U", "shok", "--auth=trust", "--encoding=UTF8",
            "--locale=C.UTF-8", "--no-sync",
        )  # fmt: skip
        with (self._data / "postgresql.conf").open("a") as configuration:
            configuration.write(_CONFIGURATION.format(port=self.port, directory=directory))
            configuration.write("" if durable else _FORGETFUL)

    def start(self) -> None:
        """Start, and wait until it answers."""
        with (self.directory / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*self._as_user, str(self._binaries / "postgres"), "-D", str(self._data)],
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.directory,
            )
        deadline = time.monotonic() + HANG_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                psycopg.connect(self.url("postgres")).close()
            except psycopg.OperationalError:
                time.sleep(_POLL_SECONDS)
            else:
                return
        self.stop(signal.SIGQUIT)
        raise RuntimeError(f"PostgreSQL did not start:\n{self.log()}")

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End it: SIGINT ends its sessions, SIGQUIT is a crash (`immediate`)."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(timeout=HANG_SECONDS)
            self._process = None

    def url(self, database: str, *, socket: bool = False) -> str:
        """How to reach a database, over TCP or over the socket."""
        if socket:
            return f"postgresql://shok@/{database}?host={self.directory}&port={self.port}"
        return f"postgresql://shok@127.0.0.1:{self.port}/{database}"

    def log(self) -> str:
        """What it wrote about itself."""
        path = self.directory / "server.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def _run(self, command: str, *arguments: str) -> None:
        done = subprocess.run(
            [*self._as_user, str(self._binaries / command), *arguments],
            capture_output=True,
            text=True,
            check=False,
            cwd=self.directory,
        )
        if done.returncode:
            raise RuntimeError(f"{command} failed:\n{done.stdout}{done.stderr}")


def _unprivileged(directory: Path) -> tuple[str, ...]:
    """What comes before a command so that it runs as a user who owns `directory`."""
    for user in _USERS:
        try:
            shutil.chown(directory, user)
        except LookupError:
            continue
        # Ends with this process, even if that is killed.
        return (
            "setpriv", f"--reuid={user}", "--clear-groups", f"--regid={_group(user)}",
            "--pdeathsig=SIGQUIT", "--",
        )  # fmt: skip
    raise RuntimeError(f"PostgreSQL cannot run as root, and there is no user {_USERS}")


def _group(user: str) -> str:
    done = subprocess.run(["id", "--group", user], capture_output=True, text=True, check=True)  # noqa: S607
    return done.stdout.strip()


def _memory() -> Path | None:
    """A file system in memory with room for a hundred databases, if there is one."""
    if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOM_BYTES:
        return _MEMORY
    return None


@contextmanager
def running_postgres(*, durable: bool = True) -> Iterator[Postgres]:
    """A server; its folder is under the system's temporary one, which its user can enter."""
    memory = None if durable else _memory()
    with tempfile.TemporaryDirectory(prefix="ldes-shok-postgres-", dir=memory) as name:
        directory = Path(name)
        directory.chmod(0o755)
        server = Postgres(directory, durable=durable)
        server.start()
        try:
            yield server
        finally:
            server.stop(signal.SIGQUIT)
