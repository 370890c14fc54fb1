"""A small life of a log, in a process of its own whose system calls fail: for `test_system_calls`.

It tells what it was told, one line each: `stored N` when batch N is safe, with the members that it
published, `refused N` when the log did not take it. Like a sender it tries again what was refused.
"""

from __future__ import annotations

import os
import signal
import sys
from datetime import timedelta
from pathlib import Path
from typing import Final

from ldes_shok.clock import ManualClock
from ldes_shok.errors import LdesShokError, LogUnavailable
from ldes_shok.fragmentation.tree import Policy
from tests.support.in_process import leaf_archives
from tests.support.model import Report
from tests.support.vertical import NOON, Vertical, deliveries, open_vertical

POLICY: Final = Policy(3, 2, 10)
BATCHES: Final = (
    # The second cabinet waits for its configuration.
    (Report("VBS-001", "configuration"), Report("VBS-002", "measurement", 3)),
    (Report("VBS-001", "measurement", 1), Report("VBS-001", "status", 1, "in_use")),
    # A correction, a duplicate, rubbish, and what was waited for.
    (
        Report("VBS-001", "measurement", 1, "2000"),
        Report("VBS-001", "status", 1, "in_use"),
        Report("VBS-001", "rubbish"),
        Report("VBS-002", "configuration"),
    ),
    (Report("VBS-001", "measurement", -600),),
)
GIVES_UP: Final = "gives-up"
"""A file of this name beside the log: the process ends at once when the log refuses something."""

_TRIES: Final = 3


def run(directory: str) -> int:
    """Stop until somebody has attached to this process, then live; returns the exit code."""
    os.kill(os.getpid(), signal.SIGSTOP)
    try:
        vertical = open_vertical(Path(directory), policy=POLICY, clock=ManualClock(NOON))
        _live(vertical)
        vertical.close()
    except LdesShokError as error:
        _say(f"ended: {error}")
        return 1
    return 0


def _live(vertical: Vertical) -> None:
    for number in range(len(BATCHES)):
        for _ in range(_TRIES):
            if _stored(vertical, number):
                break
        vertical.clock.set(vertical.clock.now() + timedelta(hours=5 * number))
        try:
            vertical.writer.seal()
            vertical.log.archive(leaf_archives(vertical, 2))
        except LogUnavailable as error:
            _say(f"refused upkeep: {error}")


def _stored(vertical: Vertical, number: int) -> bool:
    payloads = [report.payload for report in BATCHES[number]]
    try:
        written = vertical.writer.write(deliveries(*payloads))
    except LogUnavailable as error:
        _say(f"refused {number}: {error}")
        if (vertical.path.parent / GIVES_UP).exists():
            os._exit(1)
        return False
    _say(" ".join(["stored", str(number), *(iri for o in written.outcomes for iri in o.members)]))
    return True


def _say(line: str) -> None:
    os.write(sys.stdout.fileno(), f"{line}\n".encode())
