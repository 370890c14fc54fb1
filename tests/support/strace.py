"""System calls that fail: strace attached to a process, for one call on its files."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from tests.support.patience import until

CALLS: Final = (
    "openat", "pwrite64", "write", "fsync", "fdatasync", "ftruncate", "unlink",
    "rename", "renameat", "renameat2",
)  # fmt: skip
"""What changes files, or makes a change durable."""

_STRACE: Final = "/usr/bin/strace"
_STOPPED: Final = "T"
_LARGEST_WRITE_BYTES: Final = 1_000_000
_POLL_SECONDS: Final = 0.001
_CALL: Final = re.compile(r"^\d+ +([a-z0-9]+)\(", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to the `number`-th call of its kind, from 1, or from it on.

    Attributes:
        call: the system call.
        number: which one.
        how: `EIO` and the like: it is not made and ends with this error; `KILL`: the process dies
            on the way into it.
        lasting: all later ones fail too.
    """

    call: str
    number: int
    how: str
    lasting: bool = False

    def __str__(self) -> str:
        return f"{self.call} {self.number}{'+' * self.lasting}: {self.how}"

    @property
    def _expression(self) -> str:
        what = "signal=KILL" if self.how == "KILL" else f"error={self.how}"
        return f"inject={self.call}:{what}:when={self.number}{'+' * self.lasting}"


def needs_strace() -> None:
    """Skips the test, by name, where no process can be traced."""
    if not Path(_STRACE).exists():
        pytest.skip("failing system calls: the Debian package strace is not installed")
    tried = subprocess.run([_STRACE, "-qq", "-e", "trace=none", sys.executable, "-V"], check=False)
    if tried.returncode:
        pytest.skip("failing system calls: this machine permits no tracing")


def wait_until_stopped(pid: int) -> None:
    """Return when a process has stopped itself."""
    until(
        lambda: _state(pid) == _STOPPED,
        lambda: f"process {pid} did not stop",
        poll_seconds=_POLL_SECONDS,
    )


@contextmanager
def traced(
    pid: int,
    files: Sequence[Path],
    trace: Path,
    fault: Fault | None = None,
    *,
    whole: bool = False,
) -> Iterator[None]:
    """Trace a process until it ends or this context does, on all its threads.

    Args:
        pid: of a running process; one that stopped goes on.
        files: whose calls are counted; they need not exist yet.
        trace: file for the calls.
        fault: what happens to one of them.
        whole: with all bytes and names, for `tests.support.power`.
    """
    paths = [argument for file in files for argument in ("-P", str(file))]
    inject = ["-e", fault._expression] if fault else []
    calls = dict.fromkeys([*CALLS, *([fault.call] if fault else [])])
    command = [_STRACE, "-f", "-o", str(trace), "-e", f"trace={','.join(calls)}"]
    if whole:
        command += ["-y", "-xx", "-s", str(_LARGEST_WRITE_BYTES)]
    with subprocess.Popen(
        [*command, *paths, *inject, "-p", str(pid)], stderr=subprocess.PIPE, text=True
    ) as strace:
        assert strace.stderr is not None
        try:
            said = strace.stderr.readline()
            while said and "attached" not in said:
                said = strace.stderr.readline()
            assert said, "strace did not attach"
            os.kill(pid, signal.SIGCONT)
            yield
        finally:
            strace.terminate()
            strace.stderr.read()


def calls_in(trace: Path) -> list[str]:
    """The names of the calls, in order."""
    return _CALL.findall(trace.read_text(errors="replace"))


def was_injected(trace: Path) -> bool:
    """Whether the fault happened."""
    text = trace.read_text(errors="replace")
    return "(INJECTED)" in text or "killed by SIGKILL" in text


def _state(pid: int) -> str:
    # The command's name, in brackets, may hold spaces.
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
