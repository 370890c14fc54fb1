"""Which part of a message says what changed, and what of it is of now."""

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
        memory: what is to be remembered of the device.
    """

    root: object
    memory: bytes


class Deltas:
    """Lays the messages of devices over their earlier ones.

    Args:
        rule: how to tell what says all from what says changes.
        rules: what is looked for: nothing else of a component is remembered, for a message may
            hold what nobody asked for, a card too.
    """

    def __init__(self, rule: Overlay, rules: Mapping) -> None:
        self._rule = rule
        self._wanted = Wanted(self._below(path) for path in _paths(rules))

    def laid(self, message: MessagePart, at: datetime, memory: bytes) -> Laid | None:
        """A message, laid over the earlier ones of its device.

        Args:
            message: the whole message.
            at: its time, aware UTC: without a clock of its own, a device says the same and means
                another time.
            memory: of its device.

        Returns:
            None for a message of another kind: there is nothing in it.
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
        """What an older version remembered, without digests and what no rule looks for."""
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
        """The rules for what a message says, and for what it need not repeat.

        What stands in one component is measured at once, so what is not repeated there is as it
        was. A register that is not repeated has moved on all the same: it is not said before the
        device says it.
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
        """What of a path lies below the overlaid object; nothing if it is elsewhere."""
        steps = self._rule.path.steps
        return path.steps[len(steps) :] if path.steps[: len(steps)] == steps else ()

    def _component(self, path: Path) -> str | None:
        """The member of the overlaid object that a path is in; None if it is elsewhere."""
        below = self._below(path)
        return below[0] if below and isinstance(below[0], str) else None


def _paths(rules: Mapping) -> Iterator[Path]:
    """Everything that a mapping reads of a message."""
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
    """Whether what a rule finds goes on growing while nobody says so."""
    return isinstance(rule, ReadingRule) and rule.quantity.endswith(_COUNTED)


def _with(value: object, steps: tuple[Step, ...], new: object) -> object:
    if not steps or not isinstance(value, dict):
        return new
    name = steps[0]
    return {**value, name: _with(value.get(name), steps[1:], new)}
