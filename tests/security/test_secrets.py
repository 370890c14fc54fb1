"""No secret stands anywhere but where it was put."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from ldes_shok.bootstrap.callers import build_callers
from ldes_shok.settings.load import load_settings
from ldes_shok.settings.secrets import resolve_secrets
from tests.security.conftest import CABINET, NOON, PLANTED, settings
from tests.support.events import status
from tests.support.patience import HANG_SECONDS
from tests.support.raw import ask, get, post
from tests.support.service import ROOT, SECRETS, STREAMS, ServiceProcess, push, request

pytestmark = pytest.mark.integration

PUSH: Final = PLANTED["TEST_PUSH_TOKEN"]
READ: Final = PLANTED["TEST_STREAM_TOKEN"]
EVENT: Final = status(CABINET, NOON)
STORE_URL: Final = f"postgresql://shok:{PLANTED['TEST_STORE_PASSWORD']}@127.0.0.1:1/shok"
COMMANDS: Final = (
    ("config", "show"),
    ("config", "check"),
    ("config", "schema"),
    ("quarantine", "list"),
    ("quarantine", "rejected"),
    ("quarantine", "show", "1"),
    ("--help",),
    ("--version",),
    ("diagnostics",),
)


def found_in(text: str) -> list[str]:
    """Which of the planted secrets are in a text."""
    return [name for name, secret in PLANTED.items() if secret in text]


def use_every_secret(service: ServiceProcess) -> None:
    """Well, badly and in the wrong place: as header, in an address, in a body, cut, doubled."""
    for secret in PLANTED.values():
        push(service.url, [EVENT], token=secret)
        for target in (f"/ingest?token={secret}", f"/kasten?{secret}=1", f"/{secret}", "/techniek"):
            request(f"{service.url}{target}", headers={"Authorization": f"Bearer {secret}"})
        malformed = (
            get("/techniek", {"Authorization ": f"Bearer {secret}"}),
            get("/techniek", {"Authorization": f"Bearer {secret}\x00"}),
            get("/techniek", {"Authorization": f"Bearer {secret}" * 1_000}),
            get("/techniek", {"X": "y"}).replace(
                b"X:", b"Authorization\n Bearer " + secret.encode()
            ),
            post(b"zz", secret, {"Content-Length": "", "Transfer-Encoding": "chunked"}),
            post(b"x", secret, {"Content-Encoding": "gzip"}),
            post(b"x", secret, {"Content-Length": "5"})[:-1],
            b"Bearer " + secret.encode() + b"\r\n\r\n",
        )
        for bytes_ in malformed:
            ask(service.port, bytes_, 0.5)


def test_no_secret_is_in_the_logs(service: ServiceProcess) -> None:
    """At level debug, after every secret was used well, badly and in the wrong place."""
    use_every_secret(service)
    said = service.output()
    assert '"level": "debug"' in said
    assert found_in(said) == []


def test_no_secret_is_in_an_answer(service: ServiceProcess) -> None:
    """Pages, metrics, health, errors, headers: none says what a token is."""
    use_every_secret(service)
    reading = {"Authorization": f"Bearer {READ}"}
    paths = ["/", "/metrics", "/health/ready", "/health/live", "/openapi.json", "/context.jsonld"]
    paths += [f"/{stream}" for stream in STREAMS]
    paths += [f"/{stream}/by-time" for stream in STREAMS]
    for path in paths:
        for accept in ("text/html", "text/turtle"):
            _, headers, body = request(
                f"{service.url}{path}", headers={"Accept": accept, **reading}
            )
            assert found_in(f"{headers}{body.decode()}") == []


def test_no_secret_is_in_the_log_on_disk(service: ServiceProcess) -> None:
    """What is published, kept or archived: the database holds payloads, and no token."""
    use_every_secret(service)
    files = [file for file in service.directory.rglob("ldes-shok.db*") if file.is_file()]
    assert files
    assert found_in("".join(file.read_bytes().decode("latin-1") for file in files)) == []


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_no_secret_is_in_what_a_command_says(
    service: ServiceProcess, command: tuple[str, ...]
) -> None:
    with_config = [] if command[0].startswith("--") or command[1:] == ("schema",) else [
        "--config", str(service.config),
    ]  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "ldes_shok", *command, *with_config],
        cwd=ROOT,
        env={**os.environ, **SECRETS, **PLANTED},
        capture_output=True,
        text=True,
        timeout=HANG_SECONDS,
        check=False,
    )
    assert found_in(done.stdout + done.stderr) == []
    if command[0] == "config":
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("command", ["show", "check"])
def test_a_password_in_the_address_of_the_store_is_hidden(
    service: ServiceProcess, command: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ldes_shok", "config", command, "--config", str(service.config)],
        cwd=ROOT,
        env={**os.environ, **SECRETS, **PLANTED, "LDES_SHOK__STORE__URL": STORE_URL},
        capture_output=True,
        text=True,
        timeout=HANG_SECONDS,
        check=False,
    )
    assert found_in(done.stdout + done.stderr) == []


@pytest.mark.parametrize(
    "spoilt",
    [
        {"sources": "nonsense"},
        {"identity": {"secret": PLANTED["TEST_IDENTITY_SECRET"]}},
        {"identity": {"secret_env": "TEST_IDENTITY_SECRET", "secret_file": "x"}},
        {"store": {"url": "sqlite:////proc/nowhere.db"}},
        {"store": {"url": STORE_URL}},
        {"http": {"host": "127.0.0.1 "}},
        {"streams": {"techniek": {"access": "token", "token_file": ["/nowhere"]}}},
    ],
)
def test_no_secret_is_in_what_a_service_says_that_cannot_start(
    tmp_path: Path, spoilt: dict[str, object]
) -> None:
    """Messages and tracebacks of a start that fails, at level debug."""
    broken = ServiceProcess(
        tmp_path,
        overrides={**settings(), **spoilt},  # type: ignore[dict-item]
        environment=PLANTED,
    )
    broken.launch()
    assert broken.wait() != 0
    assert broken.output()
    assert found_in(broken.output()) == []


def test_no_secret_is_in_a_repr(service: ServiceProcess) -> None:
    """Whoever prints an object, prints no secret: settings, secrets, tables, errors."""
    loaded = load_settings(service.config, {})
    secrets = resolve_secrets(loaded, PLANTED)
    callers = build_callers(loaded, secrets)
    signed = callers.caller(None, "webhook")
    shown = [loaded, secrets, secrets.identity, secrets.source_tokens, callers, signed]
    assert signed is not None
    for each in shown:
        assert found_in(f"{each!r}{each!s}") == []
    with pytest.raises(TypeError) as caught:
        json.dumps(secrets.identity)
    assert found_in(str(caught.value)) == []


def test_no_secret_can_be_read_from_outside_the_process(service: ServiceProcess) -> None:
    """Tokens come from the environment or files, never from the command line, which all can see."""
    command_line = Path(f"/proc/{service.pid}/cmdline").read_bytes().decode()
    assert found_in(command_line) == []
