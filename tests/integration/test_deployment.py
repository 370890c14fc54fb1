"""The commands that deploy/README.md tells operators to run, run as they stand there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.events import configuration, measurement
from tests.support.patience import HANG_SECONDS
from tests.support.service import ROOT, SECRETS, ServiceProcess, push, request, running_service
from tests.support.vertical import NOON

pytestmark = pytest.mark.integration


def commands_of(section: str) -> list[str]:
    """The blocks of commands below a heading."""
    text = (ROOT / "deploy" / "README.md").read_text()
    (found,) = re.findall(rf"^## {section}\n(.*?)(?=^## |\Z)", text, re.DOTALL | re.MULTILINE)
    return re.findall(r"^```sh\n(.*?)^```$", found, re.DOTALL | re.MULTILINE)


def run(commands: str, service: ServiceProcess, directory: Path) -> None:
    """Run them on this service; what starts and stops it is the test's own."""
    environment = directory / "secrets.env"
    environment.write_text("".join(f"{name}={value}\n" for name, value in SECRETS.items()))
    places = {
        "/opt/ldes-shok/.venv/bin/ldes-shok": f"{sys.executable} -m ldes_shok",
        "/etc/ldes-shok/ldes-shok.yaml": str(service.config),
        "/etc/ldes-shok/secrets.env": str(environment),
        "/var/backups/ldes-shok": str(directory),
        "/var/lib/ldes-shok": str(service.directory),
    }
    for place, here in places.items():
        commands = commands.replace(place, here)
    lines = [line for line in commands.splitlines() if not line.startswith("systemctl")]
    subprocess.run(
        ["/bin/bash", "-euc", "\n".join(lines)],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        timeout=HANG_SECONDS,
        check=True,
    )


def test_a_copy_is_made_and_put_back_as_the_handbook_says(tmp_path: Path) -> None:
    copies = tmp_path / "copies"
    copies.mkdir()
    backup, restore = commands_of("Copies")
    assert restore.startswith("systemctl stop")
    assert restore.endswith("systemctl start ldes-shok\n")
    page = "/techniek/by-time?format=nt"
    with running_service(tmp_path) as service:
        assert push(service.url, [configuration("VBS-001", NOON)])[0] == 200
        run(backup, service, copies)
        kept = request(f"{service.url}{page}")[2]
        assert push(service.url, [measurement("VBS-001", NOON)])[0] == 200
        service.stop()
        run(restore, service, copies)
        service.start()
        assert request(f"{service.url}{page}")[2] == kept
