"""The audit: who read what is restricted, a JSON object per line, in a file of its own.

The system rotates it: when the file is moved away, the next line begins a new one. A line is
written in one call to a file opened for appending, so that several processes may share it. No
token and nothing of a body is ever in it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path


class Audit:
    """Appends to one file, made on first use for this user alone."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = -1
        self._stamp = (0, 0)

    def write(self, event: str, at: datetime, fields: Mapping[str, str | int]) -> None:
        """Add a line; whatever is in `fields` stays one line.

        Args:
            event: what happened, one word.
            at: when, aware UTC.
            fields: who, and what.

        Raises:
            OSError: it cannot be written; what it would have told must not happen.
        """
        line = {"at": f"{at:%Y-%m-%dT%H:%M:%S.%fZ}", "event": event, **fields}
        os.write(self._open(), json.dumps(line).encode() + b"\n")

    def close(self) -> None:
        """Let go of the file."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _open(self) -> int:
        """The file that has the name now."""
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
