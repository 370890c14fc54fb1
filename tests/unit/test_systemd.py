"""The units say what systemd understands, run commands that exist, and are all hardened."""

from __future__ import annotations

import configparser
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from ldes_shok.cli.exits import USAGE
from ldes_shok.cli.main import command
from ldes_shok.client.limits import DEFAULTS

ROOT = Path(__file__).parents[2]
UNITS = sorted((ROOT / "deploy" / "systemd").iterdir())
SERVICES = [unit for unit in UNITS if unit.suffix == ".service"]
INSTALLED = "/opt/ldes-shok/.venv/bin/ldes-shok"
PROCESS_BYTES = 200 * 1024**2
NEIGHBOURS_BYTES = 160 * 1024**2 + 2 * (
    2 * DEFAULTS.max_page_bytes + 3 * DEFAULTS.max_remembered_bytes
)
EVERYWHERE = {
    "NoNewPrivileges": "yes",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateDevices": "yes",
    "PrivateTmp": "yes",
    "MemoryDenyWriteExecute": "yes",
    "RestrictNamespaces": "yes",
    "SystemCallArchitectures": "native",
}


def _named(path: Path) -> str:
    return path.name


def _service(unit: Path) -> dict[str, str]:
    parser = configparser.RawConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(unit.read_text().replace("\\\n", ""))
    return dict(parser["Service"])


@pytest.mark.parametrize("unit", UNITS, ids=_named)
def test_systemd_understands_it(unit: Path, tmp_path: Path) -> None:
    """Unknown keys and wrong values; what it starts is not installed here."""
    verify = shutil.which("systemd-analyze")
    if verify is None:
        pytest.skip("systemd-analyze is not installed")
    for each in UNITS:
        text = each.read_text().replace(INSTALLED, "/bin/true")
        (tmp_path / each.name).write_text(text)
    done = subprocess.run(
        [verify, "verify", "--man=no", "--generators=no", str(tmp_path / unit.name)],
        capture_output=True,
        text=True,
        check=False,
    )
    said = [line for line in done.stderr.splitlines() if "ldes-shok" in line]
    assert not said


@pytest.mark.parametrize("unit", SERVICES, ids=_named)
def test_its_command_exists(unit: Path) -> None:
    program, name, *options = shlex.split(_service(unit)["ExecStart"])
    assert program == INSTALLED
    known = {option for parameter in command.commands[name].params for option in parameter.opts}
    assert {option for option in options if option.startswith("--")} <= known


@pytest.mark.parametrize("unit", [u for u in SERVICES if "export" not in u.name], ids=_named)
def test_it_comes_back_after_any_end_that_nobody_asked_for(unit: Path) -> None:
    """Killed, out of memory, a clean end: always, however often, and not in a tight loop.

    What was refused with the way out ends with `USAGE` and waits for somebody. A reload is SIGHUP.
    """
    service = _service(unit)
    assert service["Restart"] == "always"
    assert int(service["RestartSec"]) >= 1
    assert service["RestartPreventExitStatus"] == str(USAGE)
    assert "StartLimitIntervalSec=0\n" in unit.read_text().partition("[Service]")[0]
    assert service["ExecReload"] == "/bin/kill -HUP $MAINPID"


@pytest.mark.parametrize("unit", SERVICES, ids=_named)
def test_what_it_may_take_of_the_machine_is_limited(unit: Path) -> None:
    """More than what it holds by its settings, of which deploy/README.md has the sum."""
    service = _service(unit)
    size, scale = service["MemoryMax"][:-1], {"M": 1024**2, "G": 1024**3}
    limit_bytes = int(size) * scale[service["MemoryMax"][-1]]
    is_reader = "reader" in unit.name
    assert limit_bytes >= 2 * (PROCESS_BYTES if is_reader else PROCESS_BYTES + NEIGHBOURS_BYTES)
    assert 64 <= int(service["TasksMax"]) <= 1024


@pytest.mark.parametrize("unit", SERVICES, ids=_named)
def test_it_is_hardened(unit: Path) -> None:
    service = _service(unit)
    assert service.items() >= EVERYWHERE.items()
    assert service["CapabilityBoundingSet"] in ("", "CAP_DAC_READ_SEARCH")
    assert "ldes-shok" in service["EnvironmentFile"]
    assert not re.search(r"(?i)(token|secret|password)=", unit.read_text().replace("# ", ""))
