"""A log that is open to be written, and what becomes of that when another process is elected."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ldes_shok.log.base import LogReader, LogWriter
from ldes_shok.log.pulse import Pulse


class Replacement:
    """Whether another writer was elected in our place. Told on the writer's thread."""

    def __init__(self) -> None:
        self._listener: Callable[[], None] | None = None
        self._reason = ""

    @property
    def reason(self) -> str:
        """Who it is; empty while this process is the writer."""
        return self._reason

    def declare(self, reason: str) -> None:
        """There is another writer."""
        self._reason = reason
        if self._listener is not None:
            self._listener()

    def listen(self, listener: Callable[[], None]) -> None:
        """Call `listener` when there is."""
        self._listener = listener
        if self._reason:
            listener()


@dataclass(frozen=True, slots=True)
class OpenLog:
    """A log that this process writes.

    Attributes:
        writer, reader: the log.
        path: its file; None when it is in a database.
        pulse: tells the processes beside this one of commits; None where the database does.
        replacement: says when another process writes it instead.
    """

    writer: LogWriter
    reader: LogReader
    path: Path | None
    replacement: Replacement
    pulse: Pulse | None = None
