"""Processes that start without the second that importing takes: forked from one that did.

A forked process is like any other: a service opens its log, proves its output, listens, is killed
by its own pid. What it shares with the next one is the code it runs, and nothing else: the process
that they come from has opened no log, bound no port and started no thread.

Run as a script with names of modules, this module is that process. It imports them, reads one
request a line and answers one line: `start MODULE ARGUMENT OUTPUT`, which forks a process that
ends with what the module's `run(ARGUMENT)` returns, with a pid; `poll PID` with an exit code,
negative for a signal, or with `_RUNNING`.
"""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Final, NoReturn

ROOT: Final = Path(__file__).parents[2]
_NEW_FILE_MODE: Final = 0o644
_RUNNING: Final = 1000
_POLL_SECONDS: Final = 0.002


class ForgedProcess:
    """A process that was forked, with the methods of `subprocess.Popen`."""

    def __init__(self, forge: Forge, pid: int) -> None:
        self.pid = pid
        self._forge = forge
        self._exit_code: int | None = None

    def poll(self) -> int | None:
        """Its exit code, or None while it lives."""
        if self._exit_code is None:
            answer = self._forge.ask(f"poll {self.pid}")
            self._exit_code = None if answer == _RUNNING else answer
        return self._exit_code

    def wait(self, timeout: float) -> int:
        """Wait for its end; returns the exit code.

        Raises:
            subprocess.TimeoutExpired: it lives on after `timeout` seconds.
        """
        deadline = time.monotonic() + timeout
        while (code := self.poll()) is None:
            if time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout)
            time.sleep(_POLL_SECONDS)
        return code

    def send_signal(self, how: int) -> None:
        """Signal it, unless it ended."""
        if self.poll() is None:
            os.kill(self.pid, how)

    def kill(self) -> None:
        """kill -9."""
        self.send_signal(signal.SIGKILL)


class Forge:
    """The near end: one request at a time, from any thread."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._lock = threading.Lock()

    def start(self, module: str, argument: Path, output: Path) -> ForgedProcess:
        """Fork a process that runs `module`; what it says is added to the file `output`.

        Raises:
            RuntimeError: there is nothing left to fork from.
        """
        return ForgedProcess(self, self.ask(f"start {module} {argument} {output}"))

    def ask(self, request: str) -> int:
        """One request and its answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._lock:
            self._process.stdin.write(f"{request}\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError(f"the process that forks services is gone ({request})")
        return int(answer)


@contextmanager
def running_forge(*modules: str, environment: Mapping[str, str] | None = None) -> Iterator[Forge]:
    """A process to fork from, which has imported `modules`; `environment` is what they find."""
    with subprocess.Popen(
        [sys.executable, "-m", __name__, *modules],
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield Forge(process)
        finally:
            process.kill()


def main() -> None:
    """The far end; ends with its input."""
    modules = {name: importlib.import_module(name) for name in sys.argv[1:]}
    for line in sys.stdin:
        request, *arguments = line.split()
        if request == "poll":
            ended, status = os.waitpid(int(arguments[0]), os.WNOHANG)
            answer = os.waitstatus_to_exitcode(status) if ended else _RUNNING
        else:
            module, argument, output = arguments
            answer = os.fork()
            if answer == 0:
                _become(modules[module], argument, output)
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()


def _become(module: ModuleType, argument: str, output: str) -> NoReturn:
    file = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, _NEW_FILE_MODE)
    null = os.open(os.devnull, os.O_RDONLY)
    for old, new in ((null, 0), (file, 1), (file, 2)):
        os.dup2(old, new)
    exit_code = 1
    try:
        exit_code = module.run(argument)
    except BaseException:  # noqa: BLE001  it ends here, whatever it is
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(exit_code)


if __name__ == "__main__":
    main()
