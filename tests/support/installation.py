"""Environments that hold what a lock file pins and nothing else, as on another machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.patience import HANG_SECONDS

ROOT: Final = Path(__file__).parents[2]
_NOT_OURS: Final = (
    ".git", ".venv", "node_modules", "var", "build", "dist", "results", "*.egg-info", "__pycache__",
    ".*_cache", ".hypothesis", ".coverage*",
)  # fmt: skip
_OF_AN_OUTER_MAKE: Final = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "MAKEFILES")


def run(
    command: list[str],
    *,
    environment: Mapping[str, str] | None = None,
    directory: Path | None = None,
) -> str:
    """Run a command to its end; returns what it said.

    Raises:
        AssertionError: it failed; holds what it said.
    """
    kept = {name: value for name, value in os.environ.items() if name not in _OF_AN_OUTER_MAKE}
    done = subprocess.run(
        command,
        cwd=directory,
        env={**kept, **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=HANG_SECONDS,
    )
    assert done.returncode == 0, f"{' '.join(command)}:\n{done.stdout}"
    return done.stdout


def fresh_clone(directory: Path) -> Path:
    """The checkout without anything that was made in it."""
    return shutil.copytree(
        ROOT, directory, symlinks=True, ignore=shutil.ignore_patterns(*_NOT_OURS)
    )


@dataclass(frozen=True, slots=True)
class Packages:
    """Packages in a folder, which pip takes instead of asking a registry."""

    directory: Path

    @property
    def only(self) -> Mapping[str, str]:
        """The variables that make pip look nowhere else."""
        return {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.directory)}

    def fetch(self, *what: str) -> None:
        """Download without looking up what else would be needed.

        Raises:
            AssertionError: pip failed.
        """
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        run([*command, "--dest", str(self.directory), *what])


class Environment:
    """A virtual environment of its own with one version of pip in it."""

    def __init__(self, directory: Path, packages: Packages, pip: str) -> None:
        """Make it.

        Args:
            directory: where; must not exist.
            packages: all that it may install.
            pip: the version.
        """
        self.directory = directory
        self.python = directory / "bin" / "python"
        self._packages = packages
        run([sys.executable, "-m", "venv", "--without-pip", str(directory)])
        (wheel,) = packages.directory.glob(f"pip-{pip}-*.whl")
        run(
            [str(self.python), f"{wheel}/pip", "install", "--quiet", "--no-deps", f"pip=={pip}"],
            environment=packages.only,
        )

    def pip(self, *arguments: str) -> str:
        """Run pip; returns what it said."""
        return run([str(self.python), "-m", "pip", *arguments], environment=self._packages.only)

    def make(self, checkout: Path, target: str) -> str:
        """Run make in a checkout with this environment in the place of `.venv`."""
        command = ["make", "-C", str(checkout), f"VENV={self.directory}", target]
        return run(command, environment=self._packages.only)

    def installed(self) -> dict[str, Distribution]:
        """What is in it, by name."""
        (site,) = self.directory.glob("lib/python*/site-packages")
        found = distributions(path=[str(site)])
        return {canonicalize_name(one.metadata["Name"]): one for one in found}

    def needed(self, *requirements: str) -> set[str]:
        """The names of all that the requirements and what is installed for them ask for.

        Raises:
            AssertionError: something of it is not there, or has another version.
        """
        installed = self.installed()
        todo = [Requirement(text) for text in requirements]
        seen: set[str] = set()
        while todo:
            wanted = todo.pop()
            if str(wanted) in seen:
                continue
            seen.add(str(wanted))
            found = installed.get(canonicalize_name(wanted.name))
            assert found is not None, f"{wanted} is not installed"
            assert wanted.specifier.contains(found.version, prereleases=True), wanted
            extras = wanted.extras or {""}
            for text in found.requires or ():
                further = Requirement(text)
                if further.marker is None or any(
                    further.marker.evaluate({"extra": extra}) for extra in extras
                ):
                    todo.append(further)
        return {canonicalize_name(Requirement(text).name) for text in seen}
