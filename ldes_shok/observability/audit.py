"""The audit: who read restricted data, one JSON object per line, in its own file.

The system rotates it: when the file is moved away, the next line begins a new one. A line is
written in one call to a file opened for appending, so several processes may share it. It never
holds a token or any part of a body.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path


class Audit:
    """Appends to one file, created at first use for this user alone."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = -1
        self._stamp = (0, 0)

    def write(self, event: str, at: datetime, fields: Mapping[str, str | int]) -> None:
        """Add a line; all `fields` stay in this one line.

        Args:
            event: the action, one word.
            at: its time, aware UTC.
            fields: the user and the objects of the action.

        Raises:
            OSError: it cannot be written; then the action must not be done.
        """
        line = {"at": f"{at:%Y-%m-%dT%H:%M:%S.%fZ}", "event": event, **fields}
        os.write(self._open(), json.dumps(line).encode() + b"\n")

    def close(self) -> None:
        """Close the file."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _open(self) -> int:
        """Return the file that has the name now."""
        if self._descriptor >= 0 and self._stamp == self._now():
            return self._descriptor
        self.close()
        self._path.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        self._descriptor = os.open(self._path, flags, 0o600)
        self._stamp = self._now()
        return self._descriptor

    def _now(self) -> tuple[int, int]:
        try:
            status = self._path.stat()
        except FileNotFoundError:
            return (0, 0)
        return (status.st_dev, status.st_ino)
