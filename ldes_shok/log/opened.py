"""A log that is open for writing, and its replacement by another elected writer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ldes_shok.log.base import LogReader, LogWriter
from ldes_shok.log.pulse import Pulse


class Replacement:
    """Records that another writer was elected in our place. Declared on the writer's thread."""

    def __init__(self) -> None:
        self._listener: Callable[[], None] | None = None
        self._reason = ""

    @property
    def reason(self) -> str:
        """The name of the other writer; empty while this process is the writer."""
        return self._reason

    def declare(self, reason: str) -> None:
        """Record that there is another writer."""
        self._reason = reason
        if self._listener is not None:
            self._listener()

    def listen(self, listener: Callable[[], None]) -> None:
        """Call `listener` when there is another writer."""
        self._listener = listener
        if self._reason:
            listener()


@dataclass(frozen=True, slots=True)
class OpenLog:
    """A log that this process writes.

    Attributes:
        writer, reader: the log.
        path: its file; None when it is in a database.
        pulse: notifies the other processes of commits; None where the database does that.
        replacement: records that another process writes the log instead.
    """

    writer: LogWriter
    reader: LogReader
    path: Path | None
    replacement: Replacement
    pulse: Pulse | None = None
