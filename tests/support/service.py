"""The real service for tests: as a process of its own, or in this one with a clock by hand.

`ServiceProcess` runs `python -m ldes_shok serve` on a free loopback port with its own folder, is
waited for, stopped and killed by its pid, and can be started again on the same log.
`LocalService` runs the same parts in a thread of the test, so that a `ManualClock` can put days,
year ends and clocks that go back behind it.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.support.forge import Forge, ForgedProcess
from tests.support.off_loop import MARK
from tests.support.patience import HANG_SECONDS, until
from tests.support.ports import free_port

ROOT: Final = Path(__file__).parents[2]
TENANT: Final = "voorbeeldstad"
PUSH_TOKEN: Final = "push-token-of-a-test"
STREAM_TOKEN: Final = "stream-token-of-a-test"
IDENTITY_SECRET: Final = "identity-secret-of-a-test"
STREAMS: Final = (
    "kasten",
    "techniek",
    "verbruik",
    "verbruik-beheer",
    "verbruik-individueel",
    "reservaties",
    "reservaties-open",
)

_POLL_SECONDS: Final = 0.02

Json = str | int | float | bool | None | Sequence["Json"] | Mapping[str, "Json"]
Tree = Mapping[str, Json]

SERVE: Final = ("-m", "ldes_shok", "serve", "--config")
"""The command itself."""

SECRETS: Final[Mapping[str, str]] = {
    "TEST_IDENTITY_SECRET": IDENTITY_SECRET,
    "TEST_PUSH_TOKEN": PUSH_TOKEN,
    "TEST_STREAM_TOKEN": STREAM_TOKEN,
}
"""What the settings of `settings_tree` read from the environment."""


def settings_tree(port: int, log: Path, overrides: Tree | None = None) -> Tree:
    """The settings of an invented city, all streams open, with `overrides` laid over them.

    Mappings are merged key by key; everything else, lists too, is replaced.
    """
    organisations = {slug: {"name": f"{slug} (verzonnen)"} for slug in ("stad", "beheer", "stroom")}
    tree: Tree = {
        "public_url": f"http://127.0.0.1:{port}",
        "title": "Voorbeeldstad",
        "publisher": {"name": "Voorbeeldstad", "iri": "https://voorbeeldstad.example/id/stad"},
        "licence": "https://creativecommons.org/publicdomain/zero/1.0/",
        "identity": {"secret_env": "TEST_IDENTITY_SECRET"},
        "http": {"host": "127.0.0.1", "port": port},
        "store": {
            "url": f"sqlite:///{log.absolute()}",
            "read_timeout_seconds": int(HANG_SECONDS),  # however slow the machine
        },
        "access": {"audit_file": f"{log.absolute()}.audit"},
        "privacy": {"pseudonyms": {"keys_directory": f"{log.absolute()}.keys"}},
        "logging": {"format": "json", "level": "info"},
        "derive": {"enabled": False},  # most tests count what they sent
        "tenants": {
            TENANT: {
                "organisations": organisations,
                "municipality": {
                    "name": "Voorbeeldstad",
                    "postcode": "9999",
                    "organisation": "stad",
                },
                "manager": "beheer",
                "supplier": "stroom",
                "authority": "stad",
                "network": {"id": "elektriciteit", "name": "Elektriciteitsnet (verzonnen)"},
                "valid_from": "2026-01-01T00:00:00Z",
            }
        },
        "sources": [
            {"name": "push", "type": "http", "tenant": TENANT, "token_env": "TEST_PUSH_TOKEN"}
        ],
        "streams": {name: {"access": "open"} for name in STREAMS},
    }
    return merged(tree, overrides or {})


def merged(tree: Tree, overrides: Tree) -> Tree:
    """`tree` with `overrides` laid over it, mappings key by key."""
    result = dict(tree)
    for key, value in overrides.items():
        old = result.get(key)
        both = isinstance(old, Mapping) and isinstance(value, Mapping)
        result[key] = merged(old, value) if both else value  # type: ignore[arg-type]
    return result


def write_settings(path: Path, tree: Tree) -> Path:
    """Write settings where the service reads them: JSON is YAML."""
    path.write_text(json.dumps(tree, indent=1))
    return path


def request(
    url: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    timeout_seconds: float = HANG_SECONDS,
) -> tuple[int, Mapping[str, str], bytes]:
    """One request on a connection of its own: status, headers by lower-case name, raw body.

    The path goes out as written; redirects are not followed, codings not undone.

    Raises:
        OSError, http.client.HTTPException: no whole answer came.
    """
    address, slash, target = url.removeprefix("http://").partition("/")
    connection = http.client.HTTPConnection(address, timeout=timeout_seconds)
    try:
        connection.request(method, slash + target or "/", body, dict(headers or {}))
        answer = connection.getresponse()
        content = answer.read()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, content
    finally:
        connection.close()


def ndjson(events: Sequence[bytes]) -> bytes:
    """Events as one body for `push`."""
    return b"\n".join(events) + b"\n"


def push(
    url: str,
    events: Sequence[bytes],
    *,
    token: str = PUSH_TOKEN,
    timeout_seconds: float = HANG_SECONDS,
) -> tuple[int, Mapping[str, str], bytes]:
    """`POST /ingest` of a service at `url`: status, headers, body (JSON when the status is 200)."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/x-ndjson"}
    return request(
        f"{url}/ingest",
        method="POST",
        headers=headers,
        body=ndjson(events),
        timeout_seconds=timeout_seconds,
    )


class ServiceProcess:
    """`ldes-shok serve` in a process of its own; may be started again on the same log.

    Attributes:
        port: where it listens, on 127.0.0.1.
        url: its public URL.
        directory: holds its settings, its log and what it said.
        log_path: its SQLite log.
        config: its settings file; rewrite it with `configure` between two starts.
    """

    def __init__(
        self,
        directory: Path,
        *,
        overrides: Tree | None = None,
        environment: Mapping[str, str] | None = None,
        command: Sequence[str] = (),
        program: Sequence[str] = (),
        python: Path | None = None,
        forge: Forge | None = None,
    ) -> None:
        """Write the settings; start nothing.

        Args:
            directory: an existing folder of its own.
            overrides: laid over `settings_tree`.
            environment: variables beside `SECRETS` and the test's own environment.
            command: put before the interpreter, such as `("prlimit", "--fsize=4000000")`.
            program: what the interpreter runs; the settings file is put behind it. By default
                `tests.support.serving`, or `SERVE` with `python`.
            python: the interpreter of an environment that the service is installed in. It runs in
                `directory`, and finds nothing of the checkout.
            forge: fork it from there (`tests.support.serving`), in that process's environment and
                without `command`.
        """
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.directory = directory
        self.log_path = directory / "ldes-shok.db"
        self.config = directory / "ldes-shok.yaml"
        self._environment = dict(environment or {})
        self._command = tuple(command)
        self._program = tuple(program) or (SERVE if python else ("-m", "tests.support.serving"))
        self._python = python
        self._forge = forge
        self._process: subprocess.Popen[bytes] | ForgedProcess | None = None
        self.configure(overrides)

    def configure(self, overrides: Tree | None = None) -> None:
        """Write other settings for the next start."""
        write_settings(self.config, settings_tree(self.port, self.log_path, overrides))

    @property
    def pid(self) -> int:
        """The process that was started.

        Raises:
            RuntimeError: there is none.
        """
        if self._process is None:
            raise RuntimeError("the service was not started")
        return self._process.pid

    def launch(self) -> None:
        """Start, and do not wait."""
        output = self.directory / "service.log"
        if self._forge is not None:
            self._process = self._forge.start("tests.support.serving", self.config, output)
            return
        with output.open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *self._command,
                    str(self._python or sys.executable),
                    *self._program,
                    str(self.config),
                ],
                cwd=self.directory if self._python else ROOT,
                env={**os.environ, **SECRETS, **self._environment},
                stdout=log,
                stderr=subprocess.STDOUT,
            )  # fmt: skip

    def start(self) -> None:
        """Start, and wait until `/health/ready` says so.

        Raises:
            RuntimeError: it ended, or was not ready in time; holds what it said.
        """
        self.launch()
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        """Wait for `/health/ready`.

        Raises:
            RuntimeError: it ended, or was not ready in time.
        """
        deadline = time.monotonic() + HANG_SECONDS
        while time.monotonic() < deadline and self.running:
            try:
                if request(f"{self.url}/health/ready")[0] == 200:
                    return
            except (OSError, http.client.HTTPException):
                pass
            time.sleep(_POLL_SECONDS)
        self.kill()
        raise RuntimeError(f"the service did not get ready:\n{self.output()}")

    def until(self, holds: Callable[[], object]) -> None:
        """Wait for something that it brings about.

        Raises:
            AssertionError: it ended before, or it never came; holds what it said.
        """
        until(holds, self.output, alive=lambda: self.running)

    @property
    def running(self) -> bool:
        """Whether the process lives."""
        return self._process is not None and self._process.poll() is None

    def wait(self) -> int:
        """Wait for its end; returns the exit code.

        Raises:
            subprocess.TimeoutExpired: it lives on.
        """
        if self._process is None:
            raise RuntimeError("the service was not started")
        return self._process.wait(HANG_SECONDS)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Signal it and wait for its end; returns the exit code."""
        if self._process is None:
            return 0
        self._process.send_signal(how)
        try:
            code = self._process.wait(HANG_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        self._check_loop()
        return code

    def kill(self) -> None:
        """kill -9, and wait until it is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(HANG_SECONDS)
            self._check_loop()

    def _check_loop(self) -> None:
        said = self.output()
        assert MARK not in said, said[said.index(MARK) :]

    def output(self) -> str:
        """All that it said since its first start."""
        path = self.directory / "service.log"
        return path.read_text(errors="replace") if path.exists() else ""


@contextmanager
def running_service(
    directory: Path,
    *,
    overrides: Tree | None = None,
    environment: Mapping[str, str] | None = None,
) -> Iterator[ServiceProcess]:
    """A service process for the time of a test."""
    service = ServiceProcess(directory, overrides=overrides, environment=environment)
    service.start()
    try:
        yield service
    finally:
        service.kill()
