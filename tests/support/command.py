"""The command `ldes-shok` on a service's settings, as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from tests.support.patience import HANG_SECONDS
from tests.support.service import ROOT, SECRETS

_POLL_SECONDS: Final = 0.002


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended and what it said."""

    exit_code: int
    output: str
    errors: str


class Configured(Protocol):
    """Something that has settings in a file."""

    @property
    def config(self) -> Path:
        """The file."""
        ...


def run_command(service: Configured, *arguments: str) -> Done:
    """Run `ldes-shok ARGUMENTS --config FILE` to its end."""
    done = subprocess.run(
        _line(service, arguments),
        cwd=ROOT,
        env={**os.environ, **SECRETS},
        capture_output=True,
        text=True,
        timeout=HANG_SECONDS,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def kill_command_when(service: Configured, condition: Callable[[], bool], *arguments: str) -> None:
    """Start a command and kill it with signal 9 as soon as `condition` holds.

    Raises:
        AssertionError: it ended before.
    """
    with subprocess.Popen(
        _line(service, arguments),
        cwd=ROOT,
        env={**os.environ, **SECRETS},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        deadline = time.monotonic() + HANG_SECONDS
        while not condition() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
        ended = process.poll()
        process.kill()
    assert ended is None, f"it ended with {ended} before it could be killed"


def _line(service: Configured, arguments: tuple[str, ...]) -> list[str]:
    return [sys.executable, "-m", "ldes_shok", *arguments, "--config", str(service.config)]
