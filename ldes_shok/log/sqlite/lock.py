"""One writer per log: locks that the kernel lets go of when their holder dies.

Two of them. One is of the place, in a file beside the log: it holds also while there is no log
there, or another one takes its place, and says who has it. One is of the log itself, whatever it is
called (another hard link, another mount): SQLite would keep a write-ahead log beside each name.

Who does not see these locks (another host, a network file system) is found at the next commit: see
`SqliteLogWriter`.
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
"""Which byte of the log is locked. SQLite locks others (1 GiB and what follows), and asks for none
that far; nor does a file reach so far."""

_IN_USE: Final = {errno.EACCES, errno.EAGAIN}


class WriterLock:
    """Both locks. Let go of them after every connection of this process to the log is closed.

    Closing a descriptor of a file ends what else the process has locked there, so what SQLite has
    (https://www.sqlite.org/howtocorrupt.html, 2.2).
    """

    def __init__(self, log: Path, *, create: bool = False) -> None:
        """Take them.

        Args:
            log: the SQLite file; a symbolic link is followed.
            create: make an empty file if there is none.

        Raises:
            LogLocked: another process holds one; the message says which process.
            OSError: a file cannot be opened or written.
        """
        self._descriptors: list[int] = []
        try:
            self._take_place(log.resolve())
            self._take_file(log.resolve(), create=create)
        except BaseException:
            # A full disk: the next try, in this process too, must find the lock free.
            self.release()
            raise

    def release(self) -> None:
        """Let go; a second time is harmless. The files stay: another may wait for them."""
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
        # Of the open file, not of the process, which SQLite's are: neither ends the other.
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
    """The file of the lock of a place."""
    return log.with_name(f"{log.name}.lock")


def holder(log: Path) -> str:
    """Who took the place of a log last; empty if that is not known."""
    try:
        return beside(log.resolve()).read_text("utf-8", "replace").strip()
    except OSError:
        return ""


def _process_with(inode: int) -> str:
    """Who locked a file: the kernel gives no owner of such a lock, but shows it at his door."""
    wanted = f":{inode} {_BYTE} "
    for info in Path("/proc").glob("[0-9]*/fdinfo/*"):
        with suppress(OSError):
            if wanted in info.read_text():
                return f"pid {info.parts[2]} on {socket.gethostname()}"
    return "another process"
