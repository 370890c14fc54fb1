"""Lays messages with only changes over earlier ones, and finds what is of now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

from ldes_shok.clock import EPOCH
from ldes_shok.sources.dialects.mapped import overlay
from ldes_shok.sources.dialects.mapped.path import ABSENT, MessagePart, Path, Step
from ldes_shok.sources.dialects.mapped.readings import holds
from ldes_shok.sources.dialects.mapped.rules import Overlay, ReadingRule, StatusAxis
from ldes_shok.sources.dialects.mapped.section import Mapping
from ldes_shok.sources.dialects.mapped.wanted import Wanted

_COUNTED: Final = (".register", ".interval", ".demand")
_MICROSECOND: Final = EPOCH.resolution

_Rule = TypeVar("_Rule", ReadingRule, StatusAxis)


@dataclass(frozen=True, slots=True)
class Laid:
    """A message laid over what was known of its device.

    Attributes:
        root: the whole message, as if nothing had been left out.
        memory: the new memory of the device.
    """

    root: object
    memory: bytes


class Deltas:
    """Lays the messages of devices over their earlier ones.

    Args:
        rule: distinguishes full messages from messages with changes.
        rules: the data to look for. Nothing else of a component is remembered: a message may hold
            other data, even a card.
    """

    def __init__(self, rule: Overlay, rules: Mapping) -> None:
        self._rule = rule
        self._wanted = Wanted(self._below(path) for path in _paths(rules))

    def laid(self, message: MessagePart, at: datetime, memory: bytes) -> Laid | None:
        """Lay a message over the earlier ones of its device.

        Args:
            message: the whole message.
            at: its time, aware UTC: a device without a clock sends the same content at different
                times.
            memory: of its device.

        Returns:
            None for a message of another kind, which holds no data.
        """
        path = self._rule.path
        full = holds(self._rule.full, message)
        components = path.find(message)
        if not (full or holds(self._rule.delta, message)) or not isinstance(components, dict):
            return None
        kept = self._wanted.of(components)
        latest = overlay.device_message((at - EPOCH) // _MICROSECOND, kept, full=full)
        state, history = overlay.overlaid(overlay.recalled(memory), latest)
        root = _with(message.root, path.steps, {**components, **state})
        return Laid(root, overlay.remembered(history) if history else memory)

    def without_raw(self, memory: bytes) -> bytes:
        """The memory of an older version, without digests and data that no rule looks for."""
        history = overlay.older(memory) or overlay.recalled(memory)
        kept = (
            overlay.device_message(
                message.at_microseconds,
                self._wanted.of(overlay.read_components(message)),
                full=message.full,
            )
            for message in history
        )
        return overlay.remembered(tuple(kept)) if history else b""

    def of_now(self, rules: Sequence[_Rule], message: MessagePart) -> list[_Rule]:
        """The rules for the data of a message, and for data that it need not repeat.

        All values of one component are measured at once, so a value that is not repeated there is
        unchanged. A register that is not repeated has still moved on, so it waits until the device
        sends it.
        """
        given = [rule.path.find(message) is not ABSENT for rule in rules]
        places = [self._component(rule.path) for rule in rules]
        touched = {place for place, is_given in zip(places, given, strict=True) if is_given}
        return [
            rule
            for rule, place, is_given in zip(rules, places, given, strict=True)
            if is_given or (place in touched and not _counts(rule))
        ]

    def _below(self, path: Path) -> tuple[Step, ...]:
        """The part of a path below the overlaid object; empty if the path is elsewhere."""
        steps = self._rule.path.steps
        return path.steps[len(steps) :] if path.steps[: len(steps)] == steps else ()

    def _component(self, path: Path) -> str | None:
        """The member of the overlaid object that a path is in; None if the path is elsewhere."""
        below = self._below(path)
        return below[0] if below and isinstance(below[0], str) else None


def _paths(rules: Mapping) -> Iterator[Path]:
    """All paths of a mapping."""
    found: tuple[ReadingRule | StatusAxis, ...] = (*(rules.readings or ()), *(rules.status or ()))
    for rule in found:
        yield rule.path
        yield from rule.when
        if isinstance(rule, ReadingRule) and rule.unit_path is not None:
            yield rule.unit_path
    places = (rules.cabinet, rules.outlet, rules.meter)
    named = [place.path for place in places if place is not None]
    if rules.time is not None and rules.time.has_clock:
        named.append(rules.time.path)
    yield from (path for path in (*named, rules.device) if path is not None)
    yield from rules.ignore or ()
    yield from rules.key or ()


def _counts(rule: ReadingRule | StatusAxis) -> bool:
    """Whether the value of a rule grows even while the device does not send it."""
    return isinstance(rule, ReadingRule) and rule.quantity.endswith(_COUNTED)


def _with(value: object, steps: tuple[Step, ...], new: object) -> object:
    if not steps or not isinstance(value, dict):
        return new
    name = steps[0]
    return {**value, name: _with(value.get(name), steps[1:], new)}
