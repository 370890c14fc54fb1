"""What may not change under a log is refused at the start, with the way out."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from ldes_shok.bootstrap.core import build_core
from ldes_shok.clock import ManualClock
from ldes_shok.errors import LogMismatch
from ldes_shok.sections.secret import Secret
from tests.support.city import START
from tests.support.command import run_command
from tests.support.events import status
from tests.support.postgres import Postgres, new_database
from tests.support.service import ROOT, SECRETS, TENANT
from tests.support.small_log import SmallLog, fill, small_log

pytestmark = pytest.mark.integration

SECRET = Secret(SECRETS["TEST_IDENTITY_SECRET"])
ANOTHER = Secret("another invented secret")
REFUSED = "the secret is not the one that this log was written with"


@pytest.fixture
def log(tmp_path: Path) -> SmallLog:
    return small_log(tmp_path)


def run_with_another(log: SmallLog, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command by somebody who set another identity secret."""
    return subprocess.run(
        [sys.executable, "-m", "ldes_shok", *arguments, "--config", str(log.config)],
        cwd=ROOT,
        env={**os.environ, **SECRETS, "TEST_IDENTITY_SECRET": ANOTHER.reveal()},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    "command",
    [
        ("serve",),
        ("ingest", "{events}", "--source", "push"),
        ("validate", "{events}"),
        ("quarantine", "retry"),
        ("fsck", "--repair"),
    ],
    ids=lambda command: command[0],
)
def test_another_identity_secret_is_refused(
    log: SmallLog, tmp_path: Path, command: tuple[str, ...]
) -> None:
    """P2: with another secret, meters and observations would get other IRIs, in silence."""
    events = tmp_path / "events.ndjson"
    events.write_bytes(status("VBS-001", START) + b"\n")
    before = log.path.read_bytes()
    done = run_with_another(log, *(part.format(events=events) for part in command))
    if command[0] == "validate":  # it judges, and neither opens the log nor makes a member
        assert done.returncode in {0, 1}
    else:
        assert done.returncode != 0
        assert REFUSED in done.stderr + done.stdout
        assert "set the secret that it had" in done.stderr + done.stdout
    assert log.path.read_bytes() == before


def test_a_check_with_another_secret_says_so(log: SmallLog) -> None:
    done = run_with_another(log, "fsck")
    assert done.returncode == 1
    assert REFUSED in done.stdout


def test_a_check_without_the_secret_says_what_it_cannot_find(log: SmallLog) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ldes_shok", "fsck", "--config", str(log.config)],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name not in SECRETS},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "0 findings\n")
    assert "the identity secret is not given" in done.stderr


@pytest.mark.postgres
def test_another_identity_secret_is_refused_in_postgresql_too(
    postgres_server: Postgres, tmp_path: Path
) -> None:
    log = small_log(tmp_path)
    url = new_database(postgres_server.url("postgres"))
    store = msgspec.structs.replace(log.settings.store, url=url)
    settings = msgspec.structs.replace(log.settings, store=store)
    fill(settings).close()
    with pytest.raises(LogMismatch, match=REFUSED):
        build_core(settings, ANOTHER, ManualClock(START))
    build_core(settings, SECRET, ManualClock(START)).close()
    tenant = settings.tenants[TENANT]
    renamed = msgspec.structs.replace(settings, tenants={"anders": tenant}, sources=())
    with pytest.raises(LogMismatch, match=f"this log has events of {TENANT}"):
        build_core(renamed, SECRET, ManualClock(START))


def test_a_tenant_that_was_renamed_is_refused(log: SmallLog) -> None:
    """P2: its name stands in the IRIs of its cabinets."""
    tenant = log.settings.tenants[TENANT]
    renamed = msgspec.structs.replace(log.settings, tenants={"anders": tenant}, sources=())
    with pytest.raises(LogMismatch, match=f"call it {TENANT} again, or if it left, set former_ten"):
        build_core(renamed, SECRET, ManualClock(START))
    left = msgspec.structs.replace(renamed, former_tenants=(TENANT,))
    build_core(left, SECRET, ManualClock(START)).close()


def test_a_tenant_may_come(log: SmallLog) -> None:
    tenants = {**log.settings.tenants, "buurstad": log.settings.tenants[TENANT]}
    more = msgspec.structs.replace(log.settings, tenants=tenants)
    build_core(more, SECRET, ManualClock(START)).close()
    assert run_command(log, "fsck").exit_code == 0
