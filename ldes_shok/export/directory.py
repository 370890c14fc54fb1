"""A folder as the target: plain files, a `.gz` beside each, for any web server.

An open node has an empty file beside it that ends in `.open`. So a web server without a program
knows which pages may be cached for ever (deploy/nginx/static-export.conf).
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ldes_shok.errors import ExportError
from ldes_shok.export.target import Item, Life
from ldes_shok.log.durable import sync_directory
from ldes_shok.representation.coding import encode

_AT_ONCE = 8
"""In turn, most of the time would be waiting for the disk: one sync serves all that wait for it."""

_PART = ".part"
_OPEN = ".open"
_GZIP = ".gz"
_NOT_CONTENT = (_PART, _OPEN, _GZIP)


class DirectoryTarget:
    """Writes a file under a temporary name, syncs it, renames it, and syncs the folder."""

    def __init__(self, root: Path) -> None:
        """Create the folder if necessary, and lock it.

        Raises:
            ExportError: it cannot be created, or another export writes there.
        """
        self._root = root
        try:
            root.mkdir(parents=True, exist_ok=True)
            self._descriptor = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise _refused(error) from error
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._descriptor)
            raise ExportError(f"{root}: another export is writing here") from error
        self._pool = ThreadPoolExecutor(_AT_ONCE, "export")

    def names(self, directory: str) -> frozenset[str]:
        """Return the names of the files directly in `directory`."""
        try:
            with os.scandir(self._root / directory) as entries:
                return frozenset(
                    entry.name
                    for entry in entries
                    if not entry.name.endswith(_NOT_CONTENT) and entry.is_file()
                )
        except FileNotFoundError:
            return frozenset()
        except OSError as error:
            raise _refused(error) from error

    def read(self, name: str) -> bytes | None:
        """Return a file's content; None if it does not exist."""
        try:
            return (self._root / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _refused(error) from error

    def put(self, items: Sequence[Item]) -> int:
        """Store files; leave alone those that exist with the same content."""
        try:
            written = [paths for paths in self._pool.map(self._put, items) if paths]
            _sync(path for paths in written for path in paths)
            finished = [
                marker
                for item in items
                if item.life is Life.SEALED and (marker := self._marker(item)).exists()
            ]
            for marker in finished:
                marker.unlink()
            _sync(finished)
        except OSError as error:
            raise _refused(error) from error
        return len(written)

    def close(self) -> None:
        """Release the folder."""
        self._pool.shutdown()
        os.close(self._descriptor)

    def _put(self, item: Item) -> list[Path]:
        """Write one file; return it and the folders that were created for it."""
        path = self._root / item.name
        if path.exists() and path.read_bytes() == item.body:
            return []
        new = _missing_directories(path.parent)
        path.parent.mkdir(parents=True, exist_ok=True)
        if item.life is Life.OPEN and not self._marker(item).exists():
            # Before the page: a page without a marker never changes.
            self._marker(item).touch()
            _sync([path])
        # The plain file comes last: if it exists, both exist.
        _replace(path.with_name(path.name + _GZIP), encode(item.body, "gzip"))
        _replace(path, item.body)
        return [path, *new]

    def _marker(self, item: Item) -> Path:
        return self._root / (item.name + _OPEN)


def _replace(path: Path, content: bytes) -> None:
    part = path.with_name(path.name + _PART)
    with part.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.rename(path)


def _missing_directories(directory: Path) -> list[Path]:
    """Return the folders to create: their names must be synced too."""
    missing: list[Path] = []
    while not directory.exists():
        missing.append(directory)
        directory = directory.parent
    return missing


def _sync(paths: Iterable[Path]) -> None:
    """Return when the names of these files and folders are on the disk."""
    for directory in dict.fromkeys(path.parent for path in paths):
        sync_directory(directory)


def _refused(error: OSError) -> ExportError:
    return ExportError(f"{error.filename or 'the folder'}: {error.strerror or error}")
