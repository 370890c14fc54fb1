"""The table of faults names every fault test that there is, and no other."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Final

FAULTS: Final = Path(__file__).parents[1] / "fault"


def _named() -> list[str]:
    table = (FAULTS / "README.md").read_text()
    return re.findall(r"`(test_\w+\.py::test_\w+)`", table)


def _written() -> list[str]:
    return [
        f"{path.name}::{item.name}"
        for path in sorted(FAULTS.glob("test_*.py"))
        for item in ast.parse(path.read_text()).body
        if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef) and item.name.startswith("test")
    ]


def test_every_fault_test_stands_in_the_table_once() -> None:
    assert sorted(_named()) == sorted(_written())
    assert len(_named()) > 20
