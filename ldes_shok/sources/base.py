"""The seam between sources and the pipeline."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypeVar

from ldes_shok.cabinet.incoming import Delivery
from ldes_shok.cabinet.outcome import Outcome

Result = TypeVar("Result")


class Aside(Protocol):
    """Calls what reads the log, on a thread that may: the event loop never does."""

    def __call__(self, function: Callable[[], Result], /) -> Awaitable[Result]:
        """What `function` gives.

        Raises:
            LogUnavailable: the log cannot be read, or not in time.
        """
        ...


class Sink(Protocol):
    """Takes deliveries; answers when they are safe on disk."""

    async def submit(self, deliveries: Sequence[Delivery]) -> Sequence[Outcome]:
        """Hand over deliveries; returns one outcome each, in order, after the commit.

        Raises:
            Overloaded: nothing was taken; try again later.
            ShuttingDown: nothing was taken; the service stops.
            LogUnavailable: nothing was kept; the source must not acknowledge.
        """
        ...


class SourceState(StrEnum):
    """What a source is doing, for health and metrics."""

    STARTING = "starting"
    CONNECTED = "connected"
    DISCONNECTED = "disconnected"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """A source's state with the reason when it is not connected.

    `stuck` says how often in a row it failed at the same position, and why; empty if it is not
    stuck.
    """

    name: str
    state: SourceState
    detail: str = ""
    stuck: str = ""
