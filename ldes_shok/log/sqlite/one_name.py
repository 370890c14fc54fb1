"""A log has one name: beside each name SQLite keeps a write-ahead log, and would miss the others'.

What was committed last stands there. Whoever opens the log by another name reads it as it was
before, and what he writes damages it (https://www.sqlite.org/howtocorrupt.html, 2.5).
"""

from __future__ import annotations

import os
from pathlib import Path

from ldes_shok.errors import LogUnavailable

_ESCAPES = str.maketrans({"\\": "\\134", " ": "\\040", "\t": "\\011", "\n": "\\012"})


def followed(path: Path) -> Path:
    """Where a symbolic link leads: what SQLite keeps beside a log is named after that."""
    return path.resolve() if path.is_symlink() else path


def check_one_name(path: Path) -> None:
    """That nothing else is the name of a log; a symbolic link is none, SQLite follows it.

    Raises:
        LogUnavailable: it has several hard links, or is mounted as a file; says what to do.
    """
    try:
        status = path.stat()
    except OSError:
        return  # whoever opens it says why
    if status.st_nlink > 1:
        raise LogUnavailable(
            f"{path}: this file has {status.st_nlink} names (hard links), and SQLite keeps what "
            "was written last beside one of them: stop what uses it, find the other names with "
            f"`find / -xdev -inum {status.st_ino}`, keep the one that has a file ending in -wal "
            "beside it, or that the service always had, and remove the others; a copy is made with "
            "`ldes-shok backup`"
        )
    if _is_mounted(path.resolve()):
        raise LogUnavailable(
            f"{path}: this file is mounted by itself, without the file ending in -wal that SQLite "
            "keeps beside it: mount the folder that it is in"
        )


def _is_mounted(path: Path) -> bool:
    """Whether a file is a mount point (proc(5), mountinfo); `os.path.ismount` knows folders."""
    wanted = os.fspath(path).translate(_ESCAPES)
    try:
        mounts = Path("/proc/self/mountinfo").read_text("utf-8", "surrogateescape")
    except OSError:
        return False
    return any(line.split(" ")[4] == wanted for line in mounts.splitlines())
