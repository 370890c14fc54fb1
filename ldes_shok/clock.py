"""Clocks. Time is passed in: only this module asks the operating system for it."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_MICROSECOND = timedelta(microseconds=1)


class Clock(Protocol):
    """Gives the current time."""

    def now(self) -> datetime:
        """The current instant, aware, UTC."""
        ...


class SystemClock:
    """The operating system's clock. It may jump: the log keeps the order, not the clock."""

    def now(self) -> datetime:
        """The current instant, aware, UTC."""
        return datetime.now(UTC)


class ManualClock:
    """A clock that is moved by hand, for tests and for the back-filled days of a simulation."""

    def __init__(self, start: datetime) -> None:
        self._now = start

    def now(self) -> datetime:
        """The instant last set."""
        return self._now

    def set(self, instant: datetime) -> None:
        """Move to `instant`, forward or backward."""
        self._now = instant


class SimulationClock:
    """The clock of a simulated city: moved by hand through the past, then running at `speed`."""

    def __init__(self, start: datetime) -> None:
        self._instant = start
        self._speed = 0.0
        self._origin_seconds = 0.0

    def now(self) -> datetime:
        """The simulated instant."""
        elapsed_seconds = time.monotonic() - self._origin_seconds
        return self._instant + timedelta(seconds=elapsed_seconds * self._speed)

    def set(self, instant: datetime) -> None:
        """Stop at `instant`."""
        self._instant, self._speed = instant, 0.0

    def run(self, speed: float) -> None:
        """Run from the present instant, at `speed` simulated seconds per second."""
        self._instant = self.now()
        self._origin_seconds, self._speed = time.monotonic(), speed


def to_milliseconds(instant: datetime) -> int:
    """Whole milliseconds since 1970, rounded down, without passing through float."""
    return (instant - EPOCH) // _MILLISECOND


def to_microseconds(instant: datetime) -> int:
    """Whole microseconds since 1970."""
    return (instant - EPOCH) // _MICROSECOND


def from_milliseconds(milliseconds: int) -> datetime:
    """The aware UTC instant of `milliseconds` since 1970."""
    return EPOCH + timedelta(milliseconds=milliseconds)


def format_milliseconds(milliseconds: int) -> str:
    """An xsd:dateTime in UTC with exactly three decimals, `2026-05-12T18:00:00.000Z`.

    Three decimals because JavaScript clients compare instants as millisecond `Date`s.
    """
    instant = from_milliseconds(milliseconds)
    return f"{instant:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03d}Z"


def format_instant(instant: datetime) -> str:
    """`format_milliseconds` of an aware datetime."""
    return format_milliseconds(to_milliseconds(instant))
