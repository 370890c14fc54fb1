"""What tells a process that something was committed."""

from __future__ import annotations

from threading import Condition


class Pulse:
    """The newest generation that this process knows of. Safe for several threads."""

    def __init__(self) -> None:
        self._generation = 0
        self._changed = Condition()

    @property
    def generation(self) -> int:
        """The newest one known."""
        return self._generation

    def beat(self, generation: int) -> None:
        """The log is at `generation`, or further."""
        with self._changed:
            self._generation = max(self._generation, generation)
            self._changed.notify_all()

    def wait_beyond(self, generation: int, timeout_seconds: float) -> bool:
        """Wait until a newer generation than this is known; whether it came."""
        with self._changed:
            return self._changed.wait_for(lambda: self._generation > generation, timeout_seconds)
