"""The threat model names tests: each of them exists, and every test of security is in it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "deploy" / "THREAT_MODEL.md").read_text()
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py(?:::\w+)?)`", TEXT)))


def functions_of(file: Path) -> set[str]:
    tree = ast.parse(file.read_text())
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {n.name for n in ast.walk(tree) if isinstance(n, kinds) and n.name.startswith("test_")}


@pytest.mark.parametrize("name", NAMED)
def test_every_test_that_is_named_exists(name: str) -> None:
    file, _, function = name.partition("::")
    assert (ROOT / file).is_file()
    assert not function or function in functions_of(ROOT / file)


def test_every_file_of_the_security_suite_is_named() -> None:
    files = {name.partition("::")[0] for name in NAMED}
    for file in (ROOT / "tests" / "security").glob("test_*.py"):
        assert f"tests/security/{file.name}" in files


def test_every_threat_has_what_stops_it_and_a_test() -> None:
    rows = re.findall(r"^\| [STRIDE] \|(.*)\|$", TEXT, flags=re.MULTILINE)
    assert len(rows) > 20
    for row in rows:
        threat, stopped_by, test = (cell.strip() for cell in row.split(" | "))
        assert threat
        assert stopped_by
        assert "`tests/" in test or test == "by review"


def test_all_of_stride_is_there() -> None:
    assert {letter for letter in "STRIDE" if f"\n| {letter} |" in TEXT} == set("STRIDE")
