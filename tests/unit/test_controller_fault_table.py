"""The table of controllers' faults says what is tested: each row, each dialect, each code."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from tests.controllers.catalogue import faults
from tests.controllers.ends import Kind

ROOT: Final = Path(__file__).parents[2]
README: Final = ROOT / "tests" / "controllers" / "README.md"
COUNT: Final = 47
NOT_YET: Final[set[int]] = set()
NO_ADAPTER: Final = {21}


@dataclass(frozen=True, slots=True)
class _Row:
    number: int
    outcome: str
    reaches: str
    dialects: frozenset[str]
    elsewhere: tuple[str, ...]


def _rows() -> list[_Row]:
    found = []
    for line in README.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if len(cells) == 5 and cells[0].isdecimal():
            number, _, outcome, reaches, tests = cells
            named = tests.split("; ")[0]
            dialects = () if named == "none" or "::" in named else named.split(", ")
            elsewhere = tuple(re.findall(r"`(tests/[\w/]+\.py::test_\w+)`", tests))
            found.append(_Row(int(number), outcome, reaches, frozenset(dialects), elsewhere))
    return found


ROWS: Final = _rows()


def _shown() -> dict[int, set[str]]:
    """The dialects in which each fault is shown."""
    found: dict[int, set[str]] = defaultdict(set)
    for fault in faults():
        found[fault.number].add(fault.adapter.name)
    return found


def _words() -> dict[int, set[str]]:
    """The codes and flags that each fault ends with, of events and of what follows from them."""
    found: dict[int, set[str]] = defaultdict(set)
    for fault in faults():
        for end in fault.expected:
            found[fault.number] |= end.flags
            if end.kind is Kind.QUARANTINED:
                found[fault.number].add(end.code)
        for _, flags in fault.derived or ():
            found[fault.number].update(flags)
    return found


def test_every_fault_has_one_row() -> None:
    assert [row.number for row in ROWS] == list(range(1, COUNT + 1))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row.number))
def test_a_row_names_the_dialects_in_which_it_is_shown(row: _Row) -> None:
    assert row.dialects == _shown().get(row.number, set())
    reached = set(row.reaches.split(", "))
    assert row.reaches == "all" or row.dialects <= reached


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row.number))
def test_a_test_that_a_row_names_is_there(row: _Row) -> None:
    for name in row.elsewhere:
        path, _, test = name.partition("::")
        tree = ast.parse((ROOT / path).read_text())
        functions = {
            item.name
            for item in tree.body
            if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef)
        }
        assert test in functions, name


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row.number))
def test_a_row_names_the_codes_and_flags_of_its_outcome(row: _Row) -> None:
    said = set(re.findall(r"`([a-z_]+)`", row.outcome)) - {"historical"}
    found = _words().get(row.number, set())
    if row.outcome.startswith("as "):
        said = set()  # the words of another row
    elif row.number not in {29, 22}:
        assert found <= said
    assert said <= found


def test_what_is_not_there_is_said_and_counted() -> None:
    untested = {row.number for row in ROWS if not row.dialects and not row.elsewhere}
    assert {row.number for row in ROWS if "not yet" in row.outcome.lower()} == NOT_YET
    assert {row.number for row in ROWS if "no adapter" in row.outcome} == NO_ADAPTER
    assert untested <= NOT_YET | NO_ADAPTER
