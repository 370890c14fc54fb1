"""Which mutants are tried, what came of them, and which survivors are explained."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, Literal

from tests.mutants.mutations import Mutant, mutants_of
from tests.mutants.nearest import PACKAGES

Result = Literal["killed", "timed out", "survived units", "survived"]
"""`timed out` counts as killed; `survived units` was not yet tried on suites with services."""

Key = tuple[str, str, str, str]
"""What names a mutant: see `Mutant.key`."""

KILLED: Final = frozenset({"killed", "timed out"})


def all_mutants(root: Path) -> list[Mutant]:
    """Every mutant of every package."""
    found: list[Mutant] = []
    for package in PACKAGES:
        for file in sorted((root / "ldes_shok" / package).rglob("*.py")):
            found += mutants_of(str(file.relative_to(root)), file.read_text("utf-8"))
    return found


def sampled(mutants: Sequence[Mutant], size: int, seed: int, root: Path) -> list[Mutant]:
    """As many of them, the same ones as long as their own lines stay as they are.

    A shuffle would give others after any edit; so each has a lot of its own, from its text.
    """
    chosen: list[Mutant] = []
    for mutant in sorted(mutants, key=lambda each: _lot(each, seed)):
        try:
            mutant.planted_in((root / mutant.module).read_bytes())
        except SyntaxError:
            continue
        chosen.append(mutant)
        if len(chosen) == size:
            break
    return chosen


def _lot(mutant: Mutant, seed: int) -> bytes:
    return hashlib.sha256("\0".join((str(seed), *mutant.key)).encode()).digest()


class Results:
    """What came of each mutant, in a file with a line for each run; the last line counts."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def read(self) -> dict[Key, Result]:
        """By key of the mutant."""
        if not self._file.exists():
            return {}
        lines = self._file.read_text("utf-8").splitlines()
        rows = [json.loads(line) for line in lines]
        return {(*row["key"],): row["result"] for row in rows}

    def add(self, mutant: Mutant, result: Result, seconds: float) -> None:
        """Write one line at once, so that two processes may write."""
        row = {"key": mutant.key, "result": result, "seconds": round(seconds, 1)}
        with self._file.open("ab", buffering=0) as file:
            file.write(json.dumps(row).encode() + b"\n")


def accepted(file: Path) -> dict[Key, str]:
    """The survivors that `accepted.toml` names, each with why it may be one."""
    entries = tomllib.loads(file.read_text("utf-8"))["accepted"]
    return {(e["module"], e["function"], e["was"], e["now"]): e["because"] for e in entries}


def by_package(mutants: Sequence[Mutant]) -> Iterator[tuple[str, list[Mutant]]]:
    """The mutants of each package."""
    for package in PACKAGES:
        yield package, [m for m in mutants if m.module.startswith(f"ldes_shok/{package}/")]


def report(
    mutants: Sequence[Mutant],
    results: Mapping[Key, Result],
    explained: Mapping[Key, str],
) -> tuple[str, float]:
    """What came of the sample, for people, and which share of it is killed or explained."""
    lines: list[str] = []
    for mutant in mutants:
        result = results.get(mutant.key, "not run")
        if result not in KILLED and mutant.key not in explained and result != "not run":
            lines.append(f"{mutant.module}:{mutant.line} {mutant.function}  ({result})")
            lines += [f"  - {line}" for line in mutant.was.splitlines()]
            lines += [f"  + {line}" for line in mutant.now.splitlines()]
    good = 0
    for package, of_it in (*by_package(mutants), ("all", list(mutants))):
        killed = sum(results.get(m.key) in KILLED for m in of_it)
        timed_out = sum(results.get(m.key) == "timed out" for m in of_it)
        known = sum(results.get(m.key) not in KILLED and m.key in explained for m in of_it)
        not_run = sum(m.key not in results and m.key not in explained for m in of_it)
        good = killed + known
        lines.append(
            f"{package:14} {len(of_it):4} mutants: {killed} killed (of those {timed_out} by "
            f"time-out), {known} explained, {len(of_it) - good - not_run} survived, "
            f"{not_run} not run"
        )
    return "\n".join(lines), good / max(1, len(mutants))
