"""No row of the checklist is forgotten: each is shown by a test, or the README says why not."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.compliance

HERE = Path(__file__).parent
ROWS = range(1, 156)


def numbers(text: str) -> set[int]:
    """The rows in `1, 2`, `75 to 82`, `147-151`."""
    found: set[int] = set()
    for first, last in re.findall(r"\b(\d+)(?:(?:-| to )(\d+))?", text):
        found |= set(range(int(first), int(last or first) + 1))
    return found


def shown() -> dict[int, str]:
    """Rows by the test whose docstring names them."""
    found: dict[int, str] = {}
    for file in HERE.glob("test_*.py"):
        for item in ast.walk(ast.parse(file.read_text())):
            if isinstance(item, ast.FunctionDef) and item.name.startswith("test_"):
                text = ast.get_docstring(item) or ""
                for rows in re.findall(r"[Rr]ows? ((?:\d+(?:, | to |; (?=\d))?)+)", text):
                    found.update(dict.fromkeys(numbers(rows), f"{file.name}::{item.name}"))
    return found


def excused() -> set[int]:
    """Rows of the README's last table but one."""
    section = (HERE / "README.md").read_text().split("## What does not apply")[1].split("\n## ")[0]
    return {n for line in re.findall(r"(?m)^\| ([\d, -]+) \|", section) for n in numbers(line)}


def test_every_row_is_shown_or_excused() -> None:
    assert set(ROWS) - set(shown()) - excused() == set()


def test_no_row_is_both() -> None:
    assert set(shown()) & excused() == set()


def test_the_checklist_is_whole() -> None:
    table = (HERE / "README.md").read_text().split("## The checklist")[1]
    assert [int(n) for n in re.findall(r"(?m)^\| (\d+) \|", table)] == list(ROWS)


def test_the_readme_names_every_suite() -> None:
    readme = (HERE / "README.md").read_text()
    assert [f.name for f in HERE.glob("test_*.py") if f"`{f.name}`" not in readme] == []
