"""What tells a process that something was committed: a number in memory."""

from __future__ import annotations

import os
from mmap import mmap
from threading import Lock
from typing import Final, Self

_BYTES: Final = 8


class Pulse:
    """The newest generation that this process knows of. Safe for several threads.

    Attributes:
        descriptor: of the memory, where other processes may have it too.
    """

    def __init__(
        self, memory: bytearray | mmap | None = None, descriptor: int | None = None
    ) -> None:
        """Begin at what `memory` says; without any, in memory of its own, at 0."""
        self._number = memoryview(bytearray(_BYTES) if memory is None else memory).cast("Q")
        self._beating = Lock()
        self.descriptor: Final = descriptor

    @classmethod
    def shared(cls) -> Self:
        """In memory that other processes see, which are handed its descriptor.

        That stays open as long as this process: readers are started again.
        """
        descriptor = os.memfd_create("ldes-shok-pulse")
        os.ftruncate(descriptor, _BYTES)
        return cls.at(descriptor)

    @classmethod
    def at(cls, descriptor: int) -> Self:
        """The one that another process shares."""
        return cls(mmap(descriptor, _BYTES), descriptor)

    @property
    def generation(self) -> int:
        """The newest one known."""
        return self._number[0]

    def beat(self, generation: int) -> None:
        """The log is at `generation`, or further."""
        with self._beating:
            self._number[0] = max(self._number[0], generation)
