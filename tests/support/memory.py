"""How much memory this process took; Linux tells it (proc(5))."""

from __future__ import annotations

from pathlib import Path


def most_bytes() -> int:
    """The most that was resident since the last call."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            Path("/proc/self/clear_refs").write_text("5")
            return int(line.split()[1]) * 1024
    raise OSError("/proc/self/status has no VmHWM")
