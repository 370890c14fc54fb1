"""Which part of a message says what changed, and what of it is of now."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

from ldes_shok.clock import EPOCH
from ldes_shok.sources.mapped import overlay
from ldes_shok.sources.mapped.path import ABSENT, Part, Path, Step
from ldes_shok.sources.mapped.readings import holds
from ldes_shok.sources.mapped.rules import OverlayRule, ReadingRule, StatusRule

_COUNTED: Final = (".register", ".interval", ".demand")
_MICROSECOND: Final = EPOCH.resolution
_DIGEST_CHARACTERS: Final = 22

_Rule = TypeVar("_Rule", ReadingRule, StatusRule)


@dataclass(frozen=True, slots=True)
class Laid:
    """A message laid over what was known of its device.

    Attributes:
        root: the whole message, as if it said all.
        memory: what is to be remembered of the device.
    """

    root: object
    memory: bytes


class Deltas:
    """Lays the messages of devices over what they said before.

    Args:
        rule: how to tell what says all from what says changes.
        rules: what is looked for: no other component is remembered.
    """

    def __init__(self, rule: OverlayRule, rules: Sequence[ReadingRule | StatusRule]) -> None:
        self._rule = rule
        self._components = frozenset(self._looked_into(rules))

    def laid(self, message: Part, at: datetime, payload: bytes, memory: bytes) -> Laid | None:
        """A message with what its device said before.

        Args:
            message: the whole message.
            at: its time, aware UTC.
            payload: its bytes: a message that comes twice is known by them.
            memory: of its device.

        Returns:
            None for a message of another kind: there is nothing in it.
        """
        path = self._rule.path
        full = holds(self._rule.full, message)
        components = path.find(message)
        if not (full or holds(self._rule.delta, message)) or not isinstance(components, dict):
            return None
        kept = {name: value for name, value in components.items() if name in self._components}
        rest = {name: value for name, value in components.items() if name not in kept}
        at_microseconds = (at - EPOCH) // _MICROSECOND
        # With the time: without a clock of its own, a device says the same and means another time.
        named = b"%d %s" % (at_microseconds, payload)
        digest = hashlib.sha256(named).hexdigest()[:_DIGEST_CHARACTERS]
        said = overlay.said(at_microseconds, digest, kept, full=full)
        state, history = overlay.overlaid(overlay.recalled(memory), said)
        root = _with(message.root, path.steps, {**rest, **state})
        return Laid(root, overlay.remembered(history) if history else memory)

    def of_now(self, rules: Sequence[_Rule], message: Part) -> list[_Rule]:
        """The rules for what a message says, and for what it need not repeat.

        What stands in one component is measured at once, so what is not repeated there is as it
        was. A register that is not repeated has moved on all the same: it is not said before the
        device says it.
        """
        said = [rule.path.find(message) is not ABSENT for rule in rules]
        places = [self._component(rule.path) for rule in rules]
        touched = {place for place, is_said in zip(places, said, strict=True) if is_said}
        return [
            rule
            for rule, place, is_said in zip(rules, places, said, strict=True)
            if is_said or (place in touched and not _counts(rule))
        ]

    def _looked_into(self, rules: Sequence[ReadingRule | StatusRule]) -> Iterator[str]:
        for rule in rules:
            for path in (rule.path, *(path for path, _ in rule.when)):
                name = self._component(path)
                if name is not None:
                    yield name

    def _component(self, path: Path) -> str | None:
        """The member of the overlaid object that a path is in; None if it is elsewhere."""
        steps = self._rule.path.steps
        if path.steps[: len(steps)] != steps or len(path.steps) <= len(steps):
            return None
        name = path.steps[len(steps)]
        return name if isinstance(name, str) else None


def _counts(rule: ReadingRule | StatusRule) -> bool:
    """Whether what a rule finds goes on growing while nobody says so."""
    return isinstance(rule, ReadingRule) and rule.quantity.endswith(_COUNTED)


def _with(value: object, steps: tuple[Step, ...], new: object) -> object:
    if not steps or not isinstance(value, dict):
        return new
    name = steps[0]
    return {**value, name: _with(value.get(name), steps[1:], new)}
