"""kill -9 in the middle of a destruction: it is finished by whoever looks at the keys next."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.support.dying import keys_in
from tests.support.patience import HANG_SECONDS
from tests.support.service import ROOT

pytestmark = pytest.mark.fault

PERIODS: Final = ("2026-01", "2026-02", "2026-03", "2026-04", "2026-05")
DOOMED: Final = PERIODS[:3]
STEPS: Final = range(1, 60)


def _made(folder: Path) -> dict[str, bytes]:
    keys = keys_in(folder)
    return {period: keys.key(period, period) for period in PERIODS}


def _killed(folder: Path, step: int) -> bool:
    line = [sys.executable, "-m", "tests.support.dying", str(folder), str(step), *DOOMED]
    code = subprocess.run(line, cwd=ROOT, check=False, timeout=HANG_SECONDS).returncode
    assert code in (0, -signal.SIGKILL)
    return code != 0


def _content(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.iterdir())


def test_a_destruction_that_is_killed_is_finished_or_was_never_begun(tmp_path: Path) -> None:
    """P11: killed at each step, all of the keys go or none does, and no byte of one is left."""
    ends: list[bool] = []
    for step in STEPS:
        folder = tmp_path / str(step)
        made = _made(folder)
        was_killed = _killed(folder, step)
        # What the service does when it starts, and every ten minutes: none of these is old.
        finished = keys_in(folder).destroy_old()
        left = keys_in(folder).periods()
        gone = [period for period in PERIODS if period not in left]
        assert gone in ([], list(DOOMED)), step
        assert not [file for file in folder.iterdir() if file.name.startswith(".")], step
        for period, key in made.items():
            assert (key in _content(folder)) == (period in left), (step, period)
            assert period in gone or keys_in(folder).key(period, period) == key
        assert set(finished) <= set(gone)
        ends.append(bool(gone))
        if not was_killed:
            break
    else:
        pytest.fail("it takes more steps than were tried")
    assert ends == sorted(ends), "once it is written down it is done"
    assert ends.count(False) >= 2
    assert ends.count(True) > 10


def test_a_key_that_was_made_since_is_not_destroyed_with_it(tmp_path: Path) -> None:
    """Killed after the old key went, while a service goes on with a new one."""
    _made(tmp_path)
    orders = [step for step in STEPS[:30] if _has_order(tmp_path / str(step), step)]
    folder = tmp_path / str(orders[-1])
    period = DOOMED[0]
    assert period not in keys_in(folder).periods()
    new = keys_in(folder).key(period, period)
    keys_in(folder).destroy_old()
    assert keys_in(folder).key(period, period) == new


def _has_order(folder: Path, step: int) -> bool:
    _made(folder)
    _killed(folder, step)
    is_gone = DOOMED[0] not in keys_in(folder).periods()
    return is_gone and any(file.name.startswith(".destroy-") for file in folder.iterdir())


def test_what_an_older_version_left_half_destroyed_goes_too(tmp_path: Path) -> None:
    made = _made(tmp_path)
    (tmp_path / "2026-05.key").rename(tmp_path / ".2026-05-destroyed")
    assert keys_in(tmp_path).destroy_old() == ["2026-05"]
    assert made["2026-05"] not in _content(tmp_path)
