"""The interface between sources and the pipeline."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypeVar

from ldes_shok.cabinet.incoming import Delivery
from ldes_shok.cabinet.outcome import Outcome

Result = TypeVar("Result")


class Aside(Protocol):
    """Runs a function that reads the log on another thread; the event loop never reads the log."""

    def __call__(self, function: Callable[[], Result], /) -> Awaitable[Result]:
        """The result of `function`.

        Raises:
            LogUnavailable: the log cannot be read, or not in time.
        """
        ...


class Sink(Protocol):
    """Takes deliveries, and answers when they are safe on disk."""

    async def submit(self, deliveries: Sequence[Delivery]) -> Sequence[Outcome]:
        """Hand over deliveries; returns one outcome each, in order, after the commit.

        Raises:
            Overloaded: no delivery was taken; try again later.
            ShuttingDown: no delivery was taken; the service stops.
            LogUnavailable: no delivery was stored; the source must not acknowledge.
        """
        ...


class SourceState(StrEnum):
    """The state of a source, for health and metrics."""

    STARTING = "starting"
    CONNECTED = "connected"
    DISCONNECTED = "disconnected"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """A source's state, with the reason when it is not connected.

    `stuck` gives the number of failures in a row at the same position, and the reason. It is empty
    if the source is not stuck.
    """

    name: str
    state: SourceState
    detail: str = ""
    stuck: str = ""
