"""What is sent: measurements of invented cabinets, four readings each, never twice the same."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Final

from tests.support.events import configuration, measurement

CABINETS: Final = 12
OUTLETS: Final = 4
READINGS: Final = 4
"""Members that one measurement makes: a register, current, voltage, power."""

_START: Final = datetime(2024, 5, 6, tzinfo=UTC)
"""So long ago that no run reaches today: what is not yet would wait in quarantine."""
_STEP: Final = timedelta(seconds=1)


def configurations() -> list[bytes]:
    """The cabinets, to be sent first."""
    return [configuration(_cabinet(number), _START, OUTLETS) for number in range(CABINETS)]


class Measurements:
    """An endless row of measurements that go round the sockets of the city, second by second."""

    def __init__(self, offset_days: int = 0) -> None:
        """`offset_days` later than others, so that two rows never say the same."""
        self._row = _row(_START + timedelta(days=offset_days))

    def take(self, count: int) -> list[bytes]:
        """The next `count` events."""
        return list(islice(self._row, count))

    def batches(self, count: int, size: int) -> Sequence[Sequence[bytes]]:
        """The next `count` batches of `size` events."""
        return [self.take(size) for _ in range(count)]


def mapped(event: bytes) -> bytes:
    """A measurement as an invented vendor would word it (`benchmarks.singles.SETTINGS`)."""
    said = json.loads(event)
    values = [reading["value"] for reading in said["data"]["readings"]]
    return json.dumps(
        {
            "cabinet": said["cabinet"],
            "socket": said["outlet"],
            "meter": said["data"]["meter"],
            "at": said["observedAt"],
            **dict(zip(("wh", "a", "v", "w"), values, strict=True)),
        }
    ).encode()


def _row(start: datetime) -> Iterator[bytes]:
    moment, register = start, 1000
    while True:
        moment += _STEP
        register += 1
        for cabinet in range(CABINETS):
            for outlet in range(1, OUTLETS + 1):
                yield measurement(_cabinet(cabinet), moment, str(outlet), f"{register}.5")


def _cabinet(number: int) -> str:
    return f"BNC-{number + 1:03d}"
