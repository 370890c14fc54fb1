"""Files that are written whole or not at all, and that survive a power cut."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

_CHUNK_BYTES: Final = 4 * 1024 * 1024

OnBytes = Callable[[int], None]
"""Called with the number of bytes that are done."""


def sync_file(path: Path) -> None:
    """Wait until the file's content is on the disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_directory(path: Path) -> None:
    """Wait until the names in a folder are on the disk; a rename is durable only then."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sha256_of(path: Path, on_bytes: OnBytes) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    digest, done = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
            done += len(chunk)
            on_bytes(done)
    return digest.hexdigest()


def copy_with_digest(source: Path, target: Path, on_bytes: OnBytes) -> str:
    """Copy a file and sync the copy; returns the SHA-256 of what was read, in hexadecimal."""
    digest, done = hashlib.sha256(), 0
    with source.open("rb") as read, target.open("xb") as write:
        while chunk := read.read(_CHUNK_BYTES):
            digest.update(chunk)
            write.write(chunk)
            done += len(chunk)
            on_bytes(done)
        write.flush()
        os.fsync(write.fileno())
    return digest.hexdigest()


def write_durably(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Write a new file that only `mode` may open, and sync it.

    Raises:
        FileExistsError: the file exists.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
