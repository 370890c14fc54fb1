"""The machine that the figures are about."""

from __future__ import annotations

import os
import platform
import sqlite3
from pathlib import Path

import msgspec


class Machine(msgspec.Struct, frozen=True):
    """What matters to the figures.

    Attributes:
        processor: model name.
        cores: how many this process may use.
        memory_bytes: of the machine.
        filesystem: type of the file system that the log stands on.
        kernel, python, sqlite: versions.
    """

    processor: str
    cores: int
    memory_bytes: int
    filesystem: str
    kernel: str
    python: str
    sqlite: str


def this_machine(directory: Path) -> Machine:
    """This one, with its log in `directory`."""
    return Machine(
        processor=_processor(),
        cores=len(os.sched_getaffinity(0)),
        memory_bytes=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        filesystem=_filesystem(directory.resolve()),
        kernel=".".join(platform.release().split(".")[:2]),
        python=platform.python_version(),
        sqlite=sqlite3.sqlite_version,
    )


def load_average() -> float:
    """Processes that wanted to run, over the last minute: others on the machine count too."""
    return os.getloadavg()[0]


def cpu_seconds(pid: int) -> float:
    """Processor time that a process used so far, in user and kernel mode (proc(5))."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_bytes(pid: int) -> int:
    """Memory that a process holds now, shared pages included (proc(5), VmRSS)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"process {pid} is gone")


def readers(pid: int) -> list[int]:
    """The reader processes that a service started."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [
        int(child)
        for child in children
        if b"ldes_shok.bootstrap.reader" in Path(f"/proc/{child}/cmdline").read_bytes()
    ]


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _filesystem(directory: Path) -> str:
    """The type of the longest mount point above `directory`."""
    best, found = "", "unknown"
    for line in Path("/proc/mounts").read_text().splitlines():
        _, mount_point, kind, *_ = line.split()
        if directory.is_relative_to(mount_point) and len(mount_point) > len(best):
            best, found = mount_point, kind
    return found
