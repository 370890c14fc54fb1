"""One writer per log: a lock that the kernel lets go of when its holder dies."""

from __future__ import annotations

import fcntl
import os
import socket
from pathlib import Path

from ldes_shok.errors import LogLocked


class WriterLock:
    """An exclusive flock beside the log, with the holder's host and pid in it."""

    def __init__(self, path: Path) -> None:
        """Take the lock.

        Raises:
            LogLocked: another process holds it; the message says which.
            OSError: the file cannot be opened or written.
        """
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(self._descriptor, 256, 0).decode(errors="replace").strip()
            os.close(self._descriptor)
            raise LogLocked(
                f"{path.name}: the log is being written by {holder or 'another process'}"
            ) from error
        try:
            os.ftruncate(self._descriptor, 0)
            name = f"pid {os.getpid()} on {socket.gethostname()}\n"
            os.pwrite(self._descriptor, name.encode(), 0)
        except OSError:
            # A full disk: the next try, in this process too, must find the lock free.
            os.close(self._descriptor)
            raise

    def release(self) -> None:
        """Let go; a second time is harmless. The file stays: another may wait for it."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)
