"""A log must have one name: SQLite keeps a write-ahead log beside each name.

The last commits are in the write-ahead log. A process that opens the log by another name does not
see them, and its writes damage the log (https://www.sqlite.org/howtocorrupt.html, 2.5).
"""

from __future__ import annotations

import os
from pathlib import Path

from ldes_shok.errors import LogUnavailable

_ESCAPES = str.maketrans({"\\": "\\134", " ": "\\040", "\t": "\\011", "\n": "\\012"})


def followed(path: Path) -> Path:
    """The target of a symbolic link: SQLite names the files beside a log after the target."""
    return path.resolve() if path.is_symlink() else path


def check_one_name(path: Path) -> None:
    """Check that the log has no second name. A symbolic link is not one: SQLite follows it.

    Raises:
        LogUnavailable: it has several hard links, or is mounted as a file; says what to do.
    """
    try:
        status = path.stat()
    except OSError:
        return  # opening the file reports why
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
    """Whether a file is a mount point (proc(5), mountinfo); `os.path.ismount` is for folders."""
    wanted = os.fspath(path).translate(_ESCAPES)
    try:
        mounts = Path("/proc/self/mountinfo").read_text("utf-8", "surrogateescape")
    except OSError:
        return False
    return any(line.split(" ")[4] == wanted for line in mounts.splitlines())
