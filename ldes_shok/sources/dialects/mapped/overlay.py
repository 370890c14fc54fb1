"""Devices that only send what changed: their last messages, and the state at a message's time.

A Shelly sends all its components once (`NotifyFullStatus`) and then, in `NotifyStatus`, only what
has changed. Kept are the last messages of a device in the order of their times, not only the state
after the last one: a message that comes twice, or late, then gives the same events again.
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
"""Messages per device. What a broker sends again after a crash is what was not yet acknowledged:
a device that has more than these under way gets its oldest ones read on their own."""


_LARGEST_BYTES: Final = 16_384
"""Components of one message; what says more stands alone, so that a device cannot fill the log."""


class DeviceMessage(msgspec.Struct, frozen=True, array_like=True):
    """One message of a device.

    Attributes:
        at_microseconds: its time, since 1970.
        full: whether it has all components.
        components: what it says, JSON.
    """

    at_microseconds: int
    full: bool
    components: msgspec.Raw


History = tuple[DeviceMessage, ...]
_DECODER: Final = msgspec.json.Decoder(History)
_OLDER_DECODER: Final = msgspec.json.Decoder(tuple[tuple[int, str, bool, msgspec.Raw], ...])


def recalled(stored: bytes) -> History:
    """What was remembered of a device; nothing if the bytes are not ours."""
    return memory.recalled(stored, _DECODER, ())


def remembered(history: History) -> bytes:
    """A history as the bytes to remember."""
    return msgspec.json.encode(history)


def older(stored: bytes) -> History:
    """What a version remembered that knew each message by a digest; nothing if it is of another."""
    known = memory.recalled(stored, _OLDER_DECODER, ())
    return tuple(DeviceMessage(at, full, components) for at, _, full, components in known)


def read_components(message: DeviceMessage) -> Components:
    """What a message says."""
    value = reread(bytes(message.components))
    return value if isinstance(value, dict) else {}


def device_message(at_microseconds: int, components: Components, *, full: bool) -> DeviceMessage:
    """A message to lay over what is known."""
    return DeviceMessage(at_microseconds, full, msgspec.Raw(written(components)))


def overlaid(history: History, message: DeviceMessage) -> tuple[Components, History]:
    """The device as of a message, and the history with it.

    Before the first full state only the message itself is said: there is nothing to lay it over. It
    is kept all the same, so that it still stands alone if it comes again after that state.

    A message that comes again is known by its time and by what it says: one that says the same of
    the same time is the same to us, and no digest of its bytes need be kept.
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
    """A full message with those after it laid over it."""
    state = dict(read_components(messages[0]))
    for message in messages[1:]:
        for name, component in read_components(message).items():
            state[name] = _merged(state.get(name), component)
    return state


def _merged(below: object, above: object) -> object:
    """Members of `above` replace those of `below`, objects inside them too."""
    if not isinstance(below, dict) or not isinstance(above, dict):
        return above
    return {**below, **{name: _merged(below.get(name), inner) for name, inner in above.items()}}


def _trimmed(history: History) -> History:
    """At most so many messages; the oldest are laid together, or forgotten if none is full."""
    while len(history) > _KEPT:
        first, second = history[:2]
        if first.full and not second.full:
            both = _state((first, second))
            second = device_message(second.at_microseconds, both, full=True)
        history = (second, *history[2:])
    return history
