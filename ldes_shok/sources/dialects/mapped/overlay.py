"""Devices that send only changes: their last messages, and the state at a message's time.

A Shelly sends all its components once (`NotifyFullStatus`) and then, in `NotifyStatus`, only the
changes. This module stores the last messages of a device in the order of their times, and not only
the state after the last one. So a message that comes twice, or late, gives the same events again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from ldes_shok.sources.common import memory
from ldes_shok.sources.common.json_text import reread, written

Components = Mapping[str, object]
"""The members of the object that is laid over: `em:0`, `switch:0`."""

_KEPT: Final = 64
"""Messages per device. After a crash a broker sends again the messages without acknowledgement. If
a device has more of them than this, the oldest are read by themselves."""


_LARGEST_BYTES: Final = 16_384
"""Components of one message; a larger one stands alone, so that a device cannot fill the log."""


class DeviceMessage(msgspec.Struct, frozen=True, array_like=True):
    """One message of a device.

    Attributes:
        at_microseconds: its time, since 1970.
        full: whether it has all components.
        components: its content, JSON.
    """

    at_microseconds: int
    full: bool
    components: msgspec.Raw


History = tuple[DeviceMessage, ...]
_DECODER: Final = msgspec.json.Decoder(History)
_OLDER_DECODER: Final = msgspec.json.Decoder(tuple[tuple[int, str, bool, msgspec.Raw], ...])


def recalled(stored: bytes) -> History:
    """The stored history of a device; empty if the bytes are not ours."""
    return memory.recalled(stored, _DECODER, ())


def remembered(history: History) -> bytes:
    """A history as the bytes to remember."""
    return msgspec.json.encode(history)


def older(stored: bytes) -> History:
    """The history of a version that knew messages by digests; empty if it is of another version."""
    known = memory.recalled(stored, _OLDER_DECODER, ())
    return tuple(DeviceMessage(at, full, components) for at, _, full, components in known)


def read_components(message: DeviceMessage) -> Components:
    """The components of a message."""
    value = reread(bytes(message.components))
    return value if isinstance(value, dict) else {}


def device_message(at_microseconds: int, components: Components, *, full: bool) -> DeviceMessage:
    """A message to lay over the known state."""
    return DeviceMessage(at_microseconds, full, msgspec.Raw(written(components)))


def overlaid(history: History, message: DeviceMessage) -> tuple[Components, History]:
    """The device at the time of a message, and the history with the message.

    Before the first full state there is nothing to lay the message over, so only its own content
    counts. The message is stored all the same, so that it still stands alone if it comes again
    after that state.

    The time and the content identify a message that comes again: two messages with the same content
    at the same time are equal to us, so no digest of the bytes is needed.
    """
    place = next((i for i, known in enumerate(history) if known == message), None)
    if len(bytes(message.components)) > _LARGEST_BYTES:
        return read_components(message), history
    if place is None:
        place = sum(known.at_microseconds <= message.at_microseconds for known in history)
        history = (*history[:place], message, *history[place:])
    until = history[: place + 1]
    start = max((i for i, known in enumerate(until) if known.full), default=None)
    state = read_components(message) if start is None else _state(until[start:])
    return state, _trimmed(history)


def _state(messages: Sequence[DeviceMessage]) -> Components:
    """A full message with the later messages laid over it."""
    state = dict(read_components(messages[0]))
    for message in messages[1:]:
        for name, component in read_components(message).items():
            state[name] = _merged(state.get(name), component)
    return state


def _merged(below: object, above: object) -> object:
    """Replace members of `below` by those of `above`, also in nested objects."""
    if not isinstance(below, dict) or not isinstance(above, dict):
        return above
    return {**below, **{name: _merged(below.get(name), inner) for name, inner in above.items()}}


def _trimmed(history: History) -> History:
    """Keep a bounded number of messages: the oldest are merged, or dropped if none is full."""
    while len(history) > _KEPT:
        first, second = history[:2]
        if first.full and not second.full:
            both = _state((first, second))
            second = device_message(second.at_microseconds, both, full=True)
        history = (second, *history[2:])
    return history
