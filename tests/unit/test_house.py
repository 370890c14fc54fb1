"""The rules of the house that no other tool checks."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import tomllib
from pathlib import Path

import pytest
import yaml

from ldes_shok import __version__, errors

ROOT = Path(__file__).parents[2]
LOCK_FILES = ("requirements.lock", "requirements-dev.lock")
CLIENTS = ROOT / "tests" / "compliance" / "clients"


def _pinned(lock_file: str) -> dict[str, str]:
    text = (ROOT / lock_file).read_text()
    line = r"^([a-z0-9._-]+)(?:\[[a-z0-9,-]+\])?==([^ ;]+)"
    return dict(re.findall(line, text, flags=re.MULTILINE))


def _requirement_names(requirements: list[str]) -> list[str]:
    return [re.split(r"[<>=!~ \[]", requirement, maxsplit=1)[0] for requirement in requirements]


@pytest.mark.parametrize("lock_file", LOCK_FILES)
def test_lock_files_name_digests_and_no_hosts(lock_file: str) -> None:
    text = (ROOT / lock_file).read_text()
    assert "://" not in text
    assert text.count("--hash=sha256:") >= len(_pinned(lock_file))


def test_the_development_lock_holds_all_of_the_other() -> None:
    assert _pinned("requirements.lock").items() <= _pinned("requirements-dev.lock").items()


def test_no_installation_that_we_name_looks_anything_up() -> None:
    """A lock is whole: what is installed stands there, and pip finds nothing out by itself."""
    files = [
        ROOT / "Makefile",
        *ROOT.glob("*.md"),
        *ROOT.glob("[a-z]*/*.md"),
        *ROOT.glob("deploy/*/*"),
    ]
    lines = [line for file in files for line in file.read_text().splitlines()]
    installing = [line for line in lines if re.search(r"pip3? install|\(PIP\) install", line)]
    assert installing
    assert [line for line in installing if "--no-deps" not in line] == []


def test_the_client_is_pinned_with_a_digest_and_without_a_host() -> None:
    package = json.loads((CLIENTS / "package.json").read_text())
    locked = json.loads((CLIENTS / "package-lock.json").read_text())["packages"]
    wanted = package["dependencies"]["ldes-client"]
    assert locked["node_modules/ldes-client"]["version"] == wanted
    assert all("resolved" not in entry for entry in locked.values())
    assert all("integrity" in entry for path, entry in locked.items() if path)


def test_every_dependency_says_who_keeps_it_and_how_we_would_leave_it() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    contributing = (ROOT / "CONTRIBUTING.md").read_text()
    rows = re.findall(r"^\| (\S+)[^|]*\|(?:[^|]+\|){4}$", contributing, flags=re.MULTILINE)
    for name in _requirement_names(project["dependencies"]):
        assert name in rows
    for name in _requirement_names(project["optional-dependencies"]["dev"]):
        assert name in contributing


def test_the_citation_says_what_the_package_says() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert (cited["title"], cited["version"]) == (project["name"], __version__)
    assert (cited["license"], cited["abstract"]) == (project["license"], project["description"])
    assert (cited["authors"], cited["keywords"]) == (project["authors"], project["keywords"])


def test_every_error_stands_in_the_drawn_tree() -> None:
    line = r"^[│├└─ ]*([A-Z]\w+)(?: {2,}\S|$)"
    drawn = re.findall(line, errors.__doc__ or "", flags=re.MULTILINE)
    assert sorted(drawn) == sorted(errors.__all__)


@pytest.mark.parametrize("host", ["192.0.2.1", "cabinets.invalid"])
def test_a_test_cannot_leave_the_machine(host: str) -> None:
    with pytest.raises(RuntimeError, match="loopback"):
        socket.create_connection((host, 80), timeout=1)


async def test_a_coroutine_cannot_leave_the_machine() -> None:
    with pytest.raises(RuntimeError, match="loopback"):
        await asyncio.open_connection("192.0.2.1", 80)


def test_no_test_has_a_time_limit_of_its_own() -> None:
    """It would measure the machine: what is waited for has one limit, in tests/support/patience.py.

    Shorter than two seconds are what a test makes happen, such as a client that gives up.
    """
    limit = re.compile(
        r"mark\.timeout|\btimeout(?:_seconds)?=(?:[2-9]|\d\d)|asyncio\.timeout\(\d"
        r"|\.(?:wait|result|join|settimeout|acquire|get)\((?:timeout=)?(?:[2-9]|\d\d)[\d.]*\)"
        r"|monotonic\(\) \+ \d"
    )
    found = [
        f"{file.relative_to(ROOT)}:{number}: {line.strip()}"
        for file in sorted(ROOT.glob("tests/**/*.py"))
        for number, line in enumerate(file.read_text().splitlines(), 1)
        if limit.search(line) and file != Path(__file__)
    ]
    assert found == []


def test_no_audit_hook_makes_a_thread_fail_to_start() -> None:
    """Python 3.11 calls them while coverage installs its trace function in a new thread."""
    called = re.compile(r"\baddaudithook\(")
    files = [*ROOT.glob("tests/**/*.py"), *ROOT.glob("ldes_shok/**/*.py")]
    # A process of its own, with one thread and no coverage.
    files.remove(ROOT / "tests" / "support" / "dying.py")
    assert [str(file) for file in files if called.search(file.read_text())] == []


def test_a_test_cannot_listen_on_other_interfaces() -> None:
    with socket.socket() as listener, pytest.raises(RuntimeError, match="loopback"):
        listener.bind(("0.0.0.0", 0))  # noqa: S104 - what must be refused


def test_a_module_fits_in_400_lines() -> None:
    long = {
        str(file.relative_to(ROOT)): lines
        for file in (ROOT / "ldes_shok").rglob("*.py")
        if (lines := len(file.read_text().splitlines())) > 400
    }
    assert long == {}
