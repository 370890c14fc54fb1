"""A process that is killed with signal 9 at its n-th look at a folder, or write to it.

`python -m tests.support.dying FOLDER N PERIOD...` destroys the keys of these periods; N counts what
the interpreter is about to do there (https://peps.python.org/pep-0578/). It ends with code 0 if it
did all before that.
"""

from __future__ import annotations

import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from ldes_shok.cabinet.period_keys import KeyPeriod
from ldes_shok.clock import ManualClock
from ldes_shok.log.pseudonym_keys import KeyDirectory

NOON: Final = datetime(2026, 5, 12, 12, tzinfo=UTC)
KEEP_PERIODS: Final = 12


def keys_in(folder: Path) -> KeyDirectory:
    """The keys of a year before `NOON`, all of them kept."""
    return KeyDirectory(folder, KeyPeriod.MONTH, KEEP_PERIODS, ManualClock(NOON))


def main(folder: str, at: str, *periods: str) -> None:
    """Destroy keys, and die."""
    keys, count = keys_in(Path(folder)), 0

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal count
        if event.startswith(("os.", "open")) and any(folder in str(a) for a in arguments):
            count += 1
            if count == int(at):
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)
    keys.destroy(periods)


if __name__ == "__main__":
    main(*sys.argv[1:])
