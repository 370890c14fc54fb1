"""The notice of commits to a process: a number in memory."""

from __future__ import annotations

import os
from mmap import mmap
from threading import Lock
from typing import Final, Self

_BYTES: Final = 8


class Pulse:
    """The newest generation that this process knows of. Safe for several threads.

    Attributes:
        descriptor: of the memory, if other processes may share it.
    """

    def __init__(
        self, memory: bytearray | mmap | None = None, descriptor: int | None = None
    ) -> None:
        """Begin at the number in `memory`; without `memory`, at 0 in memory of its own."""
        self._number = memoryview(bytearray(_BYTES) if memory is None else memory).cast("Q")
        self._beating = Lock()
        self.descriptor: Final = descriptor

    @classmethod
    def shared(cls) -> Self:
        """A pulse in shared memory, for other processes that get its descriptor.

        The descriptor stays open as long as this process, because readers may be restarted.
        """
        descriptor = os.memfd_create("ldes-shok-pulse")
        os.ftruncate(descriptor, _BYTES)
        return cls.at(descriptor)

    @classmethod
    def at(cls, descriptor: int) -> Self:
        """The pulse that another process shares."""
        return cls(mmap(descriptor, _BYTES), descriptor)

    @property
    def generation(self) -> int:
        """The newest known generation."""
        return self._number[0]

    def beat(self, generation: int) -> None:
        """Record that the log is at `generation`, or further."""
        with self._beating:
            self._number[0] = max(self._number[0], generation)
