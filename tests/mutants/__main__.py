"""Plant faults and see whether the tests find them: `python -m tests.mutants`. See README.md."""

from __future__ import annotations

import argparse
import hashlib
import multiprocessing
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from tests.mutants import nearest
from tests.mutants.mutations import Mutant
from tests.mutants.sample import (
    KILLED,
    Key,
    Result,
    Results,
    accepted,
    all_mutants,
    report,
    sampled,
)
from tests.mutants.trees import Executed, Tree, load_libraries

ROOT: Final = Path(__file__).parents[2]
ACCEPTED: Final = Path(__file__).with_name("accepted.toml")
_ENOUGH: Final = 0.95
_MOST_NAMED: Final = 400
"""More tests than this are not named one by one: their whole folders are run."""

_LONGEST_SECONDS: Final = 1800.0
"""A run of tests is ended then; each test is ended much earlier, by pytest-timeout."""

_SERVICE_SECONDS: Final = 600
_PATIENT: Final = f"--timeout={_SERVICE_SECONDS}"
"""Tests that start services take longer than units. No limit of the tests themselves: with a fault,
one may wait for ever."""


def _arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    add = parser.add_argument
    add("--mutants", type=int, default=400, help="how many are sampled (400)")
    add("--seed", type=int, default=11, help="which ones (11)")
    add("--only", default="", help="of the sample, those whose module begins with ldes_shok/ONLY")
    add("-j", "--jobs", type=int, default=2, help="processes (2)")
    add("--results", type=Path, default=ROOT / "build" / "mutants.jsonl", help="goes on from here")
    add("--again", action="store_true", help="try those that survived again")
    add("--services", action=argparse.BooleanOptionalAction, default=True,
        help="try what the units let pass on suites that start services")  # fmt: skip
    add("--report", action="store_true", help="run nothing, say what is known")
    return parser.parse_args(given)


def main(given: Sequence[str] | None = None) -> int:
    """Returns 0 if enough of the sample is killed or explained, and no explanation is stale."""
    options = _arguments(given)
    os.nice(19)
    everything = all_mutants(ROOT)
    sample = sampled(everything, options.mutants, options.seed, ROOT)
    sample = [m for m in sample if m.module.startswith(f"ldes_shok/{options.only}")]
    explained = accepted(ACCEPTED)
    results = Results(options.results)
    if not options.report:
        options.results.parent.mkdir(parents=True, exist_ok=True)
        _run(options, sample, results, explained)
    known = results.read()
    text, share = report(sample, known, explained)
    there = {mutant.key for mutant in everything}
    stale = [key for key in explained if key not in there]
    print(text)  # noqa: T201
    for module, function, was, now in stale:
        print(f"accepted, but gone: {module} {function}: {was!r} -> {now!r}")  # noqa: T201
    killed_though = [m for m in sample if m.key in explained and known.get(m.key) in KILLED]
    for mutant in killed_though:
        print(f"accepted, but killed: {mutant.module}:{mutant.line}: {mutant.now}")  # noqa: T201
    print(f"{share:.1%} killed or explained; {_ENOUGH:.0%} are asked for")  # noqa: T201
    return int(share < _ENOUGH or bool(stale))


def _run(
    options: argparse.Namespace,
    sample: Sequence[Mutant],
    results: Results,
    explained: Mapping[Key, str],
) -> None:
    known = results.read()
    again = {"survived units", "survived"} if options.again else set()
    waiting = [
        m
        for m in sample
        if m.key not in explained
        and (m.key not in known or known[m.key] in again or known[m.key] == "survived units")
    ]
    if not options.services:
        waiting = [m for m in waiting if known.get(m.key) != "survived units" or again]
    if not waiting:
        return
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        Path(folder).chmod(0o755)  # PostgreSQL of a test runs as another user
        load_libraries()
        trees = [Tree(ROOT, Path(folder, str(job))) for job in range(options.jobs)]
        if options.services:
            _check_services(trees[0], waiting)
        executed = _executed(trees[0], waiting, options.results.with_suffix(".lines"))
        workers = [
            multiprocessing.get_context("fork").Process(
                target=_work,
                args=(tree, waiting[job :: options.jobs], results, executed, options),
            )
            for job, tree in enumerate(trees)
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        if any(worker.exitcode for worker in workers):
            raise SystemExit("a process of this run failed; start it again, it goes on")


def _check_services(tree: Tree, mutants: Sequence[Mutant]) -> None:
    """A suite that fails without a fault would find every one."""
    for suites in dict.fromkeys(nearest.services(mutant.module) for mutant in mutants):
        outcome = tree.run([*suites, _PATIENT], _LONGEST_SECONDS)
        if not outcome.passed:
            raise SystemExit(f"{' '.join(suites)} fails without any fault:\n{tree.output()}")
        print(f"{' '.join(suites)}: {outcome.seconds:.0f} s without a fault", flush=True)  # noqa: T201


def _executed(tree: Tree, mutants: Sequence[Mutant], kept: Path) -> Executed:
    """Which unit tests execute which lines; asked again only where the tree is another one."""
    merged: dict[str, dict[int, list[str]]] = {}
    kept.mkdir(parents=True, exist_ok=True)
    for folder in dict.fromkeys(f for m in mutants for f in nearest.units(m.module)):
        file = kept / f"{_digest(folder)}.json"
        if not file.exists():
            found, outcome = tree.executed([folder])
            if not outcome.passed:
                raise SystemExit(f"{folder} fails without any fault:\n{tree.output()}")
            print(f"{folder}: {outcome.seconds:.0f} s without a fault", flush=True)  # noqa: T201
            file.write_bytes(msgspec.json.encode(found))
        executed = msgspec.json.decode(file.read_bytes(), type=dict[str, dict[int, list[str]]])
        for module, lines in executed.items():
            for line, tests in lines.items():
                merged.setdefault(module, {}).setdefault(line, []).extend(tests)
    return merged


def _digest(folder: str) -> str:
    """Of the package, these tests and what they use."""
    digest = hashlib.sha256(folder.encode())
    for place in ("ldes_shok", "tests/support", "tests/fixtures", folder):
        for file in sorted((ROOT / place).rglob("*.py")):
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def _work(
    tree: Tree,
    mutants: Sequence[Mutant],
    results: Results,
    executed: Executed,
    options: argparse.Namespace,
) -> None:
    for mutant in mutants:
        text = mutant.planted_in((ROOT / mutant.module).read_bytes())
        with tree.planted(mutant.module, text):
            result, taken = _tried(tree, mutant, executed, options)
        results.add(mutant, result, taken)
        print(f"{result:14} {taken:5.1f} s {mutant.module}:{mutant.line}", flush=True)  # noqa: T201


def _tried(
    tree: Tree,
    mutant: Mutant,
    executed: Executed,
    options: argparse.Namespace,
) -> tuple[Result, float]:
    """Run the nearest tests first; stop at the first that fails."""
    taken = 0.0
    for arguments in _rounds(mutant, executed, services=options.services):
        outcome = tree.run(arguments, _LONGEST_SECONDS)
        taken += outcome.seconds
        if outcome.timed_out:
            return "timed out", taken
        if not outcome.passed:
            return "killed", taken
    return ("survived" if options.services else "survived units"), taken


def _rounds(mutant: Mutant, executed: Executed, *, services: bool) -> list[list[str]]:
    """The tests to run, in rounds: those that execute the line, the units, and the services."""
    module = mutant.module
    lines = executed.get(module, {})
    of_it = [t for n in range(mutant.line, mutant.last_line + 1) for t in lines.get(n, ())]
    mirrored = nearest.mirrored(module)
    named = sorted(dict.fromkeys(of_it), key=lambda test: not test.startswith(mirrored))
    folders = list(nearest.units(module))
    # What no test executes is executed when the module is loaded, or by a process of a test.
    if not named or len(named) > _MOST_NAMED:
        named = [*([mirrored] if (ROOT / mirrored).exists() else []), folders[0]]
    rounds = [named]
    if services:
        rounds += [folders, [*nearest.services(module), _PATIENT]]
    return rounds


if __name__ == "__main__":
    sys.exit(main())
