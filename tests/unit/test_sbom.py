"""The bill of materials says what the lock files say."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import sbom

from ldes_shok import __version__

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = tmp_path_factory.mktemp("sbom") / "dist" / "sbom.json"
    sbom.main(path)
    return path


@pytest.fixture(scope="module")
def document(written: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(written.read_bytes())
    return read


def _digests(lock_file: str) -> dict[str, set[str]]:
    """Name and version to digests, of each package."""
    blocks = re.split(r"^(?=[a-z])", (ROOT / lock_file).read_text(), flags=re.MULTILINE)[1:]
    found = {}
    for block in blocks:
        name, version = re.match(r"([^[=]+)(?:\[.+?])?==([^ ]+)", block).groups()  # type: ignore[union-attr]
        found[f"{name}@{version}"] = set(re.findall("sha256:([0-9a-f]+)", block))
    return found


def test_it_holds_every_package_of_the_locks_with_its_digests(document: dict[str, Any]) -> None:
    components = {
        component["purl"].removeprefix("pkg:pypi/"): {
            digest["content"]
            for reference in component["externalReferences"]
            for digest in reference["hashes"]
        }
        for component in document["components"]
    }
    assert components == _digests("requirements-dev.lock")
    served = {
        component["purl"].removeprefix("pkg:pypi/")
        for component in document["components"]
        if component["scope"] != "excluded"
    }
    assert served == set(_digests("requirements.lock"))


def test_it_says_who_needs_whom(document: dict[str, Any]) -> None:
    needs = {
        re.sub(r"^pkg:pypi/|@.*", "", each["ref"]): {
            re.sub(r"^pkg:pypi/|@.*", "", ref) for ref in each["dependsOn"]
        }
        for each in document["dependencies"]
    }
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    ours = [*project["dependencies"], *extras["s3"], *extras["dev"]]
    names = {re.split(r"[<>=\[ ]", text)[0].lower().replace("_", "-") for text in ours}
    assert needs["ldes-shok"] == names | {"setuptools"}
    assert needs["aiomqtt"] == {"paho-mqtt"}
    assert set().union(*needs.values()) | {"ldes-shok"} == set(needs), "somebody needs each"


def test_what_is_needed_in_some_places_only_says_where(document: dict[str, Any]) -> None:
    (zipp,) = (c for c in document["components"] if c["name"] == "zipp")
    assert zipp["scope"] == "optional"
    assert "python_full_version" in zipp["properties"][0]["value"]


def test_the_same_locks_give_the_same_bytes(written: Path, tmp_path: Path) -> None:
    sbom.main(tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == written.read_bytes()


def test_it_is_about_this_version(document: dict[str, Any]) -> None:
    assert document["metadata"]["component"]["version"] == __version__


def test_a_lock_that_leaves_something_open_is_refused() -> None:
    with pytest.raises(ValueError, match="aiohttp>=3"):
        sbom.packages("aiohttp>=3\n")
