"""Set-up from the lock files alone, and the wheel: in environments that hold nothing else.

All in one file, because what is fetched and installed once serves every test here.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from zipfile import ZipFile

import pytest

from tests.support import events
from tests.support.graphs import logged_members
from tests.support.installation import ROOT, Environment, Packages, fresh_clone, run
from tests.support.ldes_client import replicate
from tests.support.oracle import check_service
from tests.support.patience import until
from tests.support.ports import free_port
from tests.support.service import STREAMS, ServiceProcess, push, request

pytestmark = [pytest.mark.integration, pytest.mark.registry]

OLDEST_PIP: Final = "23.0.1"
"""Of Debian 12, the oldest system that we run on."""

START: Final = datetime(2026, 5, 12, 8, tzinfo=UTC)
RUNTIME: Final = "ldes-shok[s3]"
DEVELOPMENT: Final = "ldes-shok[s3,dev]"
OUTSIDE_THE_LOCKS: Final = {"ldes-shok", "pip"}
BUILDS: Final = {"setuptools"}


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Packages:
    """All that the locks pin and two versions of pip: from here on, no registry is asked."""
    fetched = Packages(tmp_path_factory.mktemp("packages"))
    try:
        fetched.fetch("--retries", "0", f"pip=={OLDEST_PIP}")
    except AssertionError as error:
        pytest.skip(f"suite 'registry': there is no registry of packages: {error}")
    fetched.fetch("pip")
    fetched.fetch("--require-hashes", "--requirement", str(ROOT / "requirements-dev.lock"))
    return fetched


@pytest.fixture(scope="module")
def newest_pip(packages: Packages) -> str:
    versions = {path.name.split("-")[1] for path in packages.directory.glob("pip-*.whl")}
    return next(iter(versions - {OLDEST_PIP}), OLDEST_PIP)


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fresh_clone(tmp_path_factory.mktemp("clone") / "ldes-shok")


def install_and_judge(environment: Environment, clone: Path) -> None:
    """Both locks, as make installs them; each holds exactly what is needed."""
    for stamp, asked in ((".runtime", RUNTIME), (".development", DEVELOPMENT)):
        environment.make(clone, f"{environment.directory}/{stamp}")
        environment.pip("check")
        needed = environment.needed(asked) | BUILDS | OUTSIDE_THE_LOCKS
        assert set(environment.installed()) == needed, stamp


def test_the_oldest_pip_installs_both_locks(
    packages: Packages, clone: Path, tmp_path: Path
) -> None:
    """In a fresh clone, `make setup` installs what the locks hold, and looks nothing up."""
    install_and_judge(Environment(tmp_path / "env", packages, OLDEST_PIP), clone)


@pytest.fixture(scope="module")
def development(
    packages: Packages, newest_pip: str, clone: Path, tmp_path_factory: pytest.TempPathFactory
) -> Environment:
    """What a developer has on a machine with the newest pip."""
    directory = tmp_path_factory.mktemp("development") / "env"
    environment = Environment(directory, packages, newest_pip)
    install_and_judge(environment, clone)
    return environment


def test_the_newest_pip_installs_both_locks(development: Environment, newest_pip: str) -> None:
    assert newest_pip in development.pip("--version")


def test_the_command_for_one_test_works(development: Environment, clone: Path) -> None:
    """The one in CONTRIBUTING.md, after `make setup`."""
    text = (clone / "CONTRIBUTING.md").read_text()
    found = re.search(
        r"^One test, after `make setup`: `.venv/bin/python ([^`]+)`", text, re.MULTILINE
    )
    assert found is not None
    said = run([str(development.python), *found[1].split()], directory=clone)
    assert re.search(r"\b[1-9]\d* passed", said), said


@pytest.fixture(scope="module")
def wheel(development: Environment, clone: Path) -> Path:
    """Made by make, from the sdist, with nothing but what the lock holds."""
    development.make(clone, "dist")
    assert len(list(clone.glob("dist/*.tar.gz"))) == 1
    (made,) = clone.glob("dist/*.whl")
    return made


def _files_of_the_package() -> set[str]:
    """What lies in the package, where the links in it lead too."""
    package = ROOT / "ldes_shok"
    found = {
        str(Path(folder, name).relative_to(ROOT))
        for folder, _, names in os.walk(package, followlinks=True)
        for name in names
        if "__pycache__" not in folder
    }
    inputs = {"shipped/shapes/*.py", "shipped/shapes/*.csv", "shipped/shapes/*.md"}
    made_from = {str(path.relative_to(ROOT)) for text in inputs for path in package.glob(text)}
    assert made_from
    return found - made_from


def test_the_wheel_holds_all_that_lies_in_the_package(wheel: Path) -> None:
    """The shapes, the demo's city, the example, `py.typed`; not what the shapes are made from."""
    held = {name for name in ZipFile(wheel).namelist() if name.startswith("ldes_shok/")}
    assert held == _files_of_the_package()


@pytest.fixture(scope="module")
def installed(
    packages: Packages, wheel: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Environment]:
    """The wheel on what the runtime lock holds, far from any checkout, and never written into."""
    directory = tmp_path_factory.mktemp("installed") / "env"
    environment = Environment(directory, packages, OLDEST_PIP)
    lock = str(ROOT / "requirements.lock")
    environment.pip("install", "--quiet", "--no-deps", "--require-hashes", "--requirement", lock)
    environment.pip("install", "--quiet", "--no-deps", str(wheel))
    before = _state(directory)
    yield environment
    assert _state(directory) == before


def _state(directory: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in directory.rglob("*")}


def test_the_wheel_needs_what_the_runtime_lock_holds(installed: Environment) -> None:
    installed.pip("check")
    assert installed.needed(RUNTIME) <= set(installed.installed())


def _command(installed: Environment) -> list[str]:
    return [str(installed.python.with_name("ldes-shok"))]


def test_an_installed_command_says_where_the_example_lies(
    installed: Environment, tmp_path: Path
) -> None:
    command = [*_command(installed), "config", "check"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    example = next(word for word in done.stderr.split() if word.endswith("example.yaml"))
    assert Path(example).is_relative_to(installed.directory)
    run([*command, "--without-secrets", "--config", example])


def test_the_installed_command_judges_members(installed: Environment, tmp_path: Path) -> None:
    """The shapes and the process of pyshacl are those of the wheel."""
    good = ROOT / "tests" / "fixtures" / "worked_members" / "kast-kasten.ttl"
    bad = tmp_path / "bad.ttl"
    bad.write_text(good.read_text().replace("us:currentStatus", "us:otherStatus"))
    for file, verdict in ((good, "1 judged, 0 wrong"), (bad, "1 judged, 1 wrong")):
        done = subprocess.run(
            [*_command(installed), "validate", "--stream", "kasten", str(file)],
            cwd=tmp_path,
            env={**os.environ, "LDES_SHOK__PUBLIC_URL": "http://shok.test"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert verdict in done.stdout, done


@contextmanager
def _demo(installed: Environment, directory: Path, port: int) -> Iterator[Path]:
    """`ldes-shok demo` without a word of where; the file holds what it says."""
    said = directory / "said"
    command = [*_command(installed), "demo", "--days", "1", "--cabinets", "2", "--port", str(port)]
    with said.open("wb") as output:
        process = subprocess.Popen(command, cwd=directory, stdout=output, stderr=output)
    try:
        until(
            lambda: "Ctrl-C" in said.read_text(),
            said.read_text,
            alive=lambda: process.poll() is None,
        )
        yield said
    finally:
        process.kill()
        process.wait()


def test_the_installed_demo_runs(installed: Environment, tmp_path: Path) -> None:
    """After `pip install`, `ldes-shok demo` needs no checkout, and writes where it stands."""
    port = free_port()
    with _demo(installed, tmp_path, port):
        for path in (
            "/",
            "/kasten",
            "/kasten/by-time",
            "/shapes/kasten",
            "/id/conceptscheme/kasttype",
        ):
            assert request(f"http://127.0.0.1:{port}{path}")[0] == 200, path
    assert (tmp_path / "var" / "demo").is_dir()


@pytest.fixture(scope="module")
def service(
    installed: Environment, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServiceProcess]:
    """The installed service, with an hour of a cabinet behind it."""
    running = ServiceProcess(
        tmp_path_factory.mktemp("service"),
        python=installed.python,
        overrides={"fragmentation": {"leaf_members": 5}, "http": {"workers": 2}},
    )
    running.start()
    try:
        payloads = [events.configuration("K1", START), *events.measurements("K1", START, 20)]
        assert push(running.url, payloads)[0] == 200
        yield running
    finally:
        running.kill()


def test_the_installed_service_publishes(service: ServiceProcess) -> None:
    """P3, P4, P5, P6, P9, P12 of what the wheel serves."""
    reports = check_service(service.url, service.log_path, forms_every=3)
    assert sum(len(report.members) for report in reports.values()) > 20


@pytest.mark.client
def test_the_installed_service_is_replicated(service: ServiceProcess) -> None:
    """P5, seen by a client that people use: every member once, with exactly its quads."""
    for stream in STREAMS:
        stored = logged_members(service.log_path, service.url, stream)
        replica = replicate(f"{service.url}/{stream}")
        assert replica.twice == []
        assert replica.graphs == {iri: member.graph for iri, member in stored.items()}
