"""Which faults `make mutants` plants, and which ones stay in the sample."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mutants.mutations import Mutant, mutants_of
from tests.mutants.sample import Results, report, sampled


def planted(body: str) -> set[str]:
    """What stands in place of the lines of a function."""
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    return {mutant.now for mutant in mutants_of("m.py", f"def f(a, b):\n{lines}")}


@pytest.mark.parametrize(
    ("line", "faults"),
    [
        ("return a < b", {"return a <= b", "return a >= b", "return None"}),
        ("return a is not b", {"return a is b", "return None"}),
        ("return a and b", {"return a or b", "return None"}),
        ("return not a", {"return a", "return None"}),
        ("return a + 1", {"return a - 1", "return a + 2", "return a + 0", "return None"}),
        ("return f(a, b)", {"return f(b, a)", "return None"}),
        ("return min(a, b)", {"return max(a, b)", "return None"}),
        ("a.b = True", {"a.b = False", "pass"}),
        ("a += b", {"a -= b", "pass"}),
        ('raise ValueError("a sentence")', {"pass"}),
        ("a.append(b)", {"pass"}),
        ('return "SELECT x WHERE y >= 1"', {'return "SELECT x WHERE y > 1"', "return None"}),
        ('"""A docstring."""', set()),
        ('a.warning("event", reason=b)', set()),
        ("b: int | None = a", set()),
        ('b = "a sentence of words"', set()),
        ("b = zip(a, strict=True)", set()),
    ],
)
def test_what_is_planted_in_a_line(line: str, faults: set[str]) -> None:
    assert planted(line) == faults


def test_an_edit_elsewhere_exchanges_nothing_in_the_sample(tmp_path: Path) -> None:
    lines = [f"def f{n}(a):\n    return a < {n + 1}\n" for n in range(20)]
    chosen = []
    for text in ("".join(lines), "".join(["# a comment\n\n", *lines[10:], *lines[:10]])):
        (tmp_path / "m.py").write_text(text)
        chosen.append({m.key for m in sampled(mutants_of("m.py", text), 15, 1, tmp_path)})
    assert chosen[0] == chosen[1]
    assert len(chosen[0]) == 15


def test_survivors_that_nobody_explains_are_shown_and_counted(tmp_path: Path) -> None:
    module = "ldes_shok/derive/m.py"
    one, two, three, four = mutants_of(module, "def f(a):\n    return a < 5\n")[:4]
    results = Results(tmp_path / "results.jsonl")
    results.add(one, "killed", 1.0)
    results.add(two, "survived", 1.0)
    results.add(three, "survived", 1.0)
    text, share = report([one, two, three, four], results.read(), {three.key: "Equal."})
    assert share == 0.5
    assert _shown(two) in text
    assert _shown(three) not in text
    assert "1 killed (of those 0 by time-out), 1 explained, 1 survived, 1 not run" in text
    results.add(two, "killed", 1.0)
    assert report([one, two], results.read(), {})[1] == 1.0


def _shown(mutant: Mutant) -> str:
    return f"  - {mutant.was}\n  + {mutant.now}"
