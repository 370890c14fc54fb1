"""What the benchmarks say of themselves holds for the code of today."""

from __future__ import annotations

import re
from pathlib import Path

from benchmarks.stages import STAGES, profile_writer


def test_the_profile_finds_the_time_of_every_stage(tmp_path: Path) -> None:
    """A stage is a function, not its name: whoever renames it renames it here."""
    report = profile_writer(tmp_path, 1000)
    shares = {words: float(share) for share, words in re.findall(r" *([0-9.]+) %  (.+)", report)}
    assert {words: shares[words] for words in STAGES if shares[words] == 0} == {}
