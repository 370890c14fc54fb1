"""Runs the tests in two stages and ends with the results of both: `.ci/stages.py JOBS`.

Units come first, because they are quick to say what is wrong. Then come the suites that start
servers, a file at a time in each process, also when a unit failed. The exit code is not 0 when
either stage failed; the last line is how many tests passed and failed in both together.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET


@dataclass(frozen=True, slots=True)
class Stage:
    """What is given to pytest, and what to call it."""

    name: str
    arguments: Sequence[str]


# The coverage of both together has a floor, so only the second looks at it.
STAGES = (
    Stage("units", ("tests/unit", "--cov-report=", "--cov-fail-under=0")),
    Stage(
        "suites that start servers",
        ("tests", "--ignore=tests/unit", "--dist=loadfile", "--cov-append", "--cov-report=term"),
    ),
)


@dataclass(frozen=True, slots=True)
class Result:
    """How a stage ended.

    Attributes:
        exit_code: pytest's; 0 is good.
        passed, skipped: how many tests.
        failed: the names of those that did not pass, errors of their fixtures included.
    """

    exit_code: int
    passed: int
    skipped: int
    failed: Sequence[str]

    @property
    def sentence(self) -> str:
        """For people."""
        counts = f"{self.passed} passed, {len(self.failed)} failed, {self.skipped} skipped"
        if self.exit_code and not self.failed:
            return f"{counts}, and yet pytest ended with {self.exit_code}: see what it said"
        return counts


def run(stage: Stage, jobs: str, report: Path) -> Result:
    """Run a stage; its own output goes where ours goes."""
    command = [sys.executable, "-m", "pytest", "-n", jobs, "--cov", f"--junitxml={report}"]
    exit_code = subprocess.run([*command, *stage.arguments], check=False).returncode
    return result_of(report, exit_code)


def result_of(report: Path, exit_code: int) -> Result:
    """What a report of pytest (JUnit's XML) says; nothing ran where there is none."""
    cases = ET.parse(report).iter("testcase") if report.exists() else ()  # noqa: S314  our own
    names: dict[str, list[str]] = {"failed": [], "skipped": [], "passed": []}
    for case in cases:
        name = f"{case.get('classname')}::{case.get('name')}"
        found = {part.tag for part in case}
        kind = "failed" if found & {"failure", "error"} else "skipped"
        names[kind if found & {"failure", "error", "skipped"} else "passed"].append(name)
    failed = sorted(set(names["failed"]))
    return Result(exit_code, len(names["passed"]), len(names["skipped"]), failed)


def main(jobs: str) -> int:
    """Run both; returns the exit code."""
    results: list[Result] = []
    with tempfile.TemporaryDirectory() as directory:
        for number, stage in enumerate(STAGES):
            print(f"== tests: {stage.name}, {jobs} at a time", flush=True)
            results.append(run(stage, jobs, Path(directory, f"{number}.xml")))
    print()
    for stage, result in zip(STAGES, results, strict=True):
        for name in result.failed:
            print(f"FAILED {name}")
        print(f"== tests: {stage.name}: {result.sentence}")
    passed, failed = (sum(r.passed for r in results), sum(len(r.failed) for r in results))
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or any(result.exit_code for result in results) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
