"""The processes of a service, by what they run."""

from __future__ import annotations

from pathlib import Path


def readers_of(pid: int) -> list[int]:
    """The reader processes that this process started; not those that it started for other work."""
    return [child for child in _children(pid) if b"ldes_shok.bootstrap.reader" in _command(child)]


def _children(pid: int) -> list[int]:
    path = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in path.read_text().split()] if path.exists() else []


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
