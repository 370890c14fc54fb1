"""Statuses of devices without a clock: the time since which each is unchanged.

A status of such a device holds from the moment of receipt. If the device repeats the status, or the
message comes twice, the status still holds from the first time, so it is the same event.
"""

from __future__ import annotations

from typing import Final

import msgspec

from ldes_shok.cabinet.event import Status
from ldes_shok.sources.common import memory

_KEPT: Final = 1_000
"""Places per topic. If there are more, the place that was updated longest ago is dropped."""

Standing = dict[str, msgspec.Raw]
"""`cabinet/outlet` to the event that still holds, JSON."""

_DECODER: Final = msgspec.json.Decoder(Standing)
_EVENT: Final = msgspec.json.Decoder(Status)


def recalled(stored: bytes) -> Standing:
    """The stored statuses; empty if the bytes are not ours."""
    return memory.recalled(stored, _DECODER, {})


def remembered(standing: Standing) -> bytes:
    """The statuses that hold, as bytes to store."""
    return msgspec.json.encode(standing)


def held(standing: Standing, event: Status) -> tuple[Status, Standing]:
    """The event that holds after `event`: the known one if both have the same content."""
    place = f"{event.cabinet}/{event.outlet or ''}"
    before = memory.recalled(bytes(standing.get(place, b"")), _EVENT, event)
    if before.data == event.data:
        event = before
    rest = {name: value for name, value in standing.items() if name != place}
    after = {**rest, place: msgspec.Raw(msgspec.json.encode(event))}
    for name in list(after)[:-_KEPT]:
        del after[name]
    return event, after
