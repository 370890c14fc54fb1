"""`make test` ends with the results of both its stages, and fails when either did."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from tests.support.patience import HANG_SECONDS

pytestmark = pytest.mark.integration

STAGES: Final = Path(__file__).parents[2] / ".ci" / "stages.py"
GOOD: Final = "def test_good():\n    pass\n"
BAD: Final = "def test_bad():\n    assert 1 == 2\n"
BROKEN: Final = "import nothing_of_the_kind\n"
UNTOUCHED: Final = "def not_called():\n    return 1\n"
FLOOR: Final = "[run]\nsource = thing\n[report]\nfail_under = 60\n"


@dataclass(frozen=True, slots=True)
class Ended:
    """How it ended, and what it said."""

    exit_code: int
    lines: list[str]


def staged(project: Path, unit: str, server: str) -> Ended:
    """Run both stages on a project with one file of tests in each."""
    for folder, text in (("unit", unit), ("integration", server)):
        (project / "tests" / folder).mkdir(parents=True)
        (project / "tests" / folder / f"test_{folder}.py").write_text(text)
    done = subprocess.run(
        [sys.executable, str(STAGES), "0"],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
        timeout=HANG_SECONDS,
    )
    return Ended(done.returncode, done.stdout.splitlines())


def test_both_good(tmp_path: Path) -> None:
    ended = staged(tmp_path, GOOD, GOOD)
    assert (ended.exit_code, ended.lines[-1]) == (0, "2 passed, 0 failed")


@pytest.mark.parametrize(
    ("unit", "server", "failed"),
    [
        (BAD, GOOD, "FAILED tests.unit.test_unit::test_bad"),
        (GOOD, BAD, "FAILED tests.integration.test_integration::test_bad"),
        (BROKEN, GOOD, "FAILED ::tests.unit.test_unit"),
    ],
    ids=["a unit", "a server", "a file that cannot be read"],
)
def test_the_other_stage_runs_and_the_end_names_what_failed(
    tmp_path: Path, unit: str, server: str, failed: str
) -> None:
    ended = staged(tmp_path, unit, server)
    assert (ended.exit_code, ended.lines[-1]) == (1, "1 passed, 1 failed")
    assert failed in ended.lines


def test_a_coverage_below_the_floor_fails_and_is_said(tmp_path: Path) -> None:
    """Of both stages together; what one stage covers counts in the other."""
    (tmp_path / ".coveragerc").write_text(FLOOR)
    (tmp_path / "thing").mkdir()
    (tmp_path / "thing" / "__init__.py").write_text(f"X = 1\n{UNTOUCHED}{UNTOUCHED}{UNTOUCHED}")
    ended = staged(tmp_path, f"import thing\n{GOOD}", GOOD)
    assert (ended.exit_code, ended.lines[-1]) == (1, "2 passed, 0 failed")
    assert "and yet pytest ended with 1" in ended.lines[-2]
