"""One writer per log: locks that the kernel releases when their holder dies.

There are two locks. The lock of the place is in a file beside the log. It holds also while there is
no log, or while another log replaces it, and the file names the holder. The lock of the log is on
the log itself, whatever its name (another hard link, another mount): SQLite would keep a
write-ahead log beside each name.

A writer that does not see these locks (another host, a network file system) is found at the next
commit: see `SqliteLogWriter`.
"""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import struct
from contextlib import suppress
from pathlib import Path
from typing import Final

from ldes_shok.errors import LogLocked

_BYTE: Final = 1 << 62
"""Which byte of the log is locked. SQLite locks other bytes (1 GiB and a few after it) and requests
none as far as this one. No file is so long either."""

_IN_USE: Final = {errno.EACCES, errno.EAGAIN}


class WriterLock:
    """Both locks. Release them after every connection of this process to the log is closed.

    Closing a descriptor of a file ends all other locks of the process on that file, also those of
    SQLite (https://www.sqlite.org/howtocorrupt.html, 2.2).
    """

    def __init__(self, log: Path, *, create: bool = False) -> None:
        """Take both locks.

        Args:
            log: the SQLite file; a symbolic link is followed.
            create: make an empty file if there is none.

        Raises:
            LogLocked: another process holds one; the message names the process.
            OSError: a file cannot be opened or written.
        """
        self._descriptors: list[int] = []
        try:
            self._take_place(log.resolve())
            self._take_file(log.resolve(), create=create)
        except BaseException:
            # On a full disk: the next try, in this process too, must find the lock free.
            self.release()
            raise

    def release(self) -> None:
        """Release both; a second call is harmless. The files stay: another process may wait."""
        while self._descriptors:
            os.close(self._descriptors.pop())

    def _take_place(self, log: Path) -> None:
        descriptor = self._open(beside(log), os.O_CREAT)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LogLocked(
                f"{log.name}: the log is being written by {holder(log) or 'another process'}"
            ) from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"pid {os.getpid()} on {socket.gethostname()}\n".encode(), 0)

    def _take_file(self, log: Path, *, create: bool) -> None:
        try:
            descriptor = self._open(log, os.O_CREAT if create else 0)
        except FileNotFoundError:
            return
        # A lock of the open file. SQLite's locks are of the process, so neither kind ends the
        # other.
        lock = struct.pack("hhqqi0q", fcntl.F_WRLCK, os.SEEK_SET, _BYTE, 1, 0)
        try:
            fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, lock)
        except OSError as error:
            if error.errno not in _IN_USE:
                raise
            raise LogLocked(
                f"{log}: the log is being written, under another name, by "
                f"{_process_with(os.fstat(descriptor).st_ino)}"
            ) from error

    def _open(self, path: Path, flags: int) -> int:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | flags, 0o644)
        self._descriptors.append(descriptor)
        return descriptor


def beside(log: Path) -> Path:
    """The path of the lock file of a place."""
    return log.with_name(f"{log.name}.lock")


def holder(log: Path) -> str:
    """The last process that took the place of a log; empty if that is not known."""
    try:
        return beside(log.resolve()).read_text("utf-8", "replace").strip()
    except OSError:
        return ""


def _process_with(inode: int) -> str:
    """The process that locked a file, from /proc: the kernel names no owner of such a lock."""
    wanted = f":{inode} {_BYTE} "
    for info in Path("/proc").glob("[0-9]*/fdinfo/*"):
        with suppress(OSError):
            if wanted in info.read_text():
                return f"pid {info.parts[2]} on {socket.gethostname()}"
    return "another process"
