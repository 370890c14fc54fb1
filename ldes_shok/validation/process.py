"""A child process that answers frames: start, exchange, end."""

from __future__ import annotations

import os
import select
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from ldes_shok.validation.frames import LENGTH_BYTES, framed

WORKER: Final = (sys.executable, "-P", "-m", "ldes_shok.validation.worker")

_KEPT: Final = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PYTHONHOME", "PYTHONHASHSEED")
_PACKAGES: Final = str(Path(__file__).resolve().parents[2])
_READ_BYTES: Final = 65_536


class WorkerGone(Exception):
    """The process did not answer: it died, could not start, or was killed because it was silent."""


class WorkerSilent(WorkerGone):
    """The process was killed because it took too long."""


class WorkerProcess:
    """One child process, for one thread at a time. After `WorkerGone` it is not used again."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Start it.

        Args:
            command: program and arguments.
            environment: of the service; the child gets what Python needs, and no secrets.

        Raises:
            WorkerGone: it cannot be started.
        """
        kept = {name: environment[name] for name in _KEPT if name in environment}
        paths = filter(None, (_PACKAGES, environment.get("PYTHONPATH", "")))
        kept["PYTHONPATH"] = os.pathsep.join(paths)
        try:
            self._child = subprocess.Popen(  # noqa: S603  our own module, no shell
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=kept, bufsize=0
            )
        except OSError as error:
            raise WorkerGone(f"it cannot be started: {error}") from error

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._child.pid

    def exchange(self, body: bytes, silent_seconds: float) -> bytes:
        """Send one frame and wait for the answer.

        Args:
            body: of the frame.
            silent_seconds: how long it may take to answer.

        Raises:
            WorkerGone: it died, or was silent for too long and was killed.
        """
        answers, questions = self._child.stdout, self._child.stdin
        if answers is None or questions is None:
            raise WorkerGone("it has no pipes")
        view = memoryview(framed(body))
        try:
            while view:
                view = view[questions.write(view) or 0 :]
            head = self._read(answers.fileno(), LENGTH_BYTES, silent_seconds)
            return self._read(answers.fileno(), int.from_bytes(head, "big"), silent_seconds)
        except OSError as error:
            self.kill()
            raise WorkerGone(f"it is gone: {error}") from error

    def _read(self, descriptor: int, length: int, silent_seconds: float) -> bytes:
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        read = bytearray()
        while len(read) < length:
            if not poll.poll(silent_seconds * 1000):
                self.kill()
                raise WorkerSilent(f"it said nothing for {silent_seconds:g} s and was ended")
            piece = os.read(descriptor, min(_READ_BYTES, length - len(read)))
            if not piece:
                self.kill()
                raise WorkerGone(f"it ended with {self._child.returncode}")
            read += piece
        return bytes(read)

    def stop(self) -> None:
        """Make it end, from any thread. An exchange with it then raises `WorkerGone`."""
        self._child.kill()

    def kill(self) -> None:
        """Kill it and close its pipes; harmless when it has ended."""
        self._child.kill()
        self._child.wait()
        for pipe in (self._child.stdin, self._child.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
