"""Writes what is installed as a CycloneDX document: `.ci/sbom.py FILE`.

All of it stands in the lock files: names, versions, digests, who needs whom (the comments of uv),
and where a package is not needed (its marker). Written here, because the well-kept writer
(cyclonedx-bom) would bring some thirty packages into the lock, and of a lock file it takes neither
who needs whom nor what is for developers only. The form: https://cyclonedx.org/docs/1.6/json/. The
same locks give the same bytes: no time, no serial number.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import ldes_shok

ROOT: Final = Path(__file__).parents[1]
US: Final = "ldes-shok"
_PINNED: Final = re.compile(
    r"^(?P<name>[a-z0-9._-]+)(?:\[[^]]*])?==(?P<version>[^ ;]+)(?: ; (?P<marker>.+?))? \\$"
)
_DIGEST: Final = re.compile(r"^    --hash=sha256:([0-9a-f]{64})")
_NEEDED_BY: Final = re.compile(r"^    #   (?:via )?([a-z0-9._-]+)|^    # via ([a-z0-9._-]+)")


@dataclass(frozen=True, slots=True)
class Package:
    """A package of a lock file.

    Attributes:
        marker: where it is needed (PEP 508); empty: everywhere.
        digests: SHA-256 of each file that may be installed for it.
        needed_by: names of packages, or `ldes-shok`.
    """

    name: str
    version: str
    marker: str
    digests: tuple[str, ...]
    needed_by: tuple[str, ...]

    @property
    def purl(self) -> str:
        """Its address, by the rules of package-url for PyPI."""
        return f"pkg:pypi/{self.name}@{self.version}"


def packages(lock: str) -> dict[str, Package]:
    """The packages of a lock file by name, in its order.

    Raises:
        ValueError: a line of it cannot be read.
    """
    found: dict[str, Package] = {}
    block: list[str] = []
    for line in [*lock.splitlines(), ""]:
        if block and not line.startswith(" "):
            package = _package(block)
            found[package.name] = package
            block = []
        if line:
            block.append(line)
    return found


def _package(block: list[str]) -> Package:
    pinned = _PINNED.match(block[0])
    if pinned is None:
        raise ValueError(f"a lock file pins each package with ==, and digests: {block[0]!r}")
    needed_by = [found[1] or found[2] for line in block if (found := _NEEDED_BY.match(line))]
    digests = [found[1] for line in block if (found := _DIGEST.match(line))]
    return Package(
        pinned["name"], pinned["version"], pinned["marker"] or "", tuple(digests), tuple(needed_by)
    )


def document(runtime: dict[str, Package], all_: dict[str, Package], version: str) -> dict[str, Any]:
    """The document about the service and those who develop it.

    Args:
        runtime: what the service needs.
        all_: that, and what developers need.
        version: of the service.
    """
    licence = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["license"]
    refs = {US: US, **{package.name: package.purl for package in all_.values()}}
    needs: dict[str, list[str]] = {ref: [] for ref in refs.values()}
    for package in all_.values():
        for name in package.needed_by:
            if name in refs:
                needs[refs[name]].append(package.purl)
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "lifecycles": [{"phase": "pre-build"}],
            "component": {
                "type": "application",
                "bom-ref": US,
                "name": US,
                "version": version,
                "licenses": [{"license": {"id": licence}}],
            },
        },
        "components": [_component(p, is_runtime=p.name in runtime) for p in all_.values()],
        "dependencies": [
            {"ref": ref, "dependsOn": sorted(set(those))} for ref, those in needs.items()
        ],
    }


def _component(package: Package, *, is_runtime: bool) -> dict[str, Any]:
    scope = "optional" if package.marker else "required"
    component: dict[str, Any] = {
        "type": "library",
        "bom-ref": package.purl,
        "name": package.name,
        "version": package.version,
        "purl": package.purl,
        "scope": scope if is_runtime else "excluded",
        "externalReferences": [
            {
                "type": "distribution",
                "url": package.purl,
                "hashes": [{"alg": "SHA-256", "content": digest}],
            }
            for digest in package.digests
        ],
    }
    if package.marker:
        component["properties"] = [{"name": f"{US}:marker", "value": package.marker}]
    return component


def main(target: Path) -> None:
    """Write it."""
    runtime, all_ = (
        packages((ROOT / name).read_text())
        for name in ("requirements.lock", "requirements-dev.lock")
    )
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(document(runtime, all_, ldes_shok.__version__), indent=1) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
