"""SIGHUP never ends a service: not before it listens, and not while it stops."""

from __future__ import annotations

import subprocess
import sys

from tests.support.patience import HANG_SECONDS

LIFE = """
import asyncio, signal, uvloop
from ldes_shok.processes.hangup import Hangup

hangup = Hangup()
signal.raise_signal(signal.SIGHUP)

async def life():
    asked = asyncio.Event()
    hangup.listen(asyncio.get_running_loop(), lambda: (print("asked"), asked.set()))
    await asked.wait()
    asked.clear()
    signal.raise_signal(signal.SIGHUP)
    await asked.wait()
    hangup.end()
    signal.raise_signal(signal.SIGHUP)

with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
    runner.run(life())
signal.raise_signal(signal.SIGHUP)
print("stopped")
"""


def test_a_signal_counts_once_something_listens_and_never_ends_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LIFE],
        capture_output=True,
        text=True,
        timeout=HANG_SECONDS,
        check=True,
    )
    assert done.stdout.split() == ["asked", "asked", "stopped"]
