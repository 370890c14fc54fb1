"""A vendor's JSON as canonical events, by a mapping that the configuration declares."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from ldes_shok.cabinet.event import Event, Status, StatusData
from ldes_shok.clock import EPOCH
from ldes_shok.sources.decoder import Decoded, Message, Refusal
from ldes_shok.sources.mapped import overlay, standing
from ldes_shok.sources.mapped.document import read
from ldes_shok.sources.mapped.events import Occasion, key_parts, measurement, status_event
from ldes_shok.sources.mapped.path import ABSENT, Part, Path, Step
from ldes_shok.sources.mapped.places import device_of, place_of, shown
from ldes_shok.sources.mapped.readings import holds, measured
from ldes_shok.sources.mapped.rules import (
    LastWillRule,
    OverlayRule,
    Place,
    ReadingRule,
    Rules,
    StatusRule,
)
from ldes_shok.sources.mapped.statuses import status
from ldes_shok.sources.mapped.times import when, without_clock

MAX_PARTS: Final = 5_000
"""Events of one message; a device that has more to flush sends more than one message."""

_TOPIC: Final = "topic"
_MICROSECOND: Final = EPOCH.resolution
_DIGEST_CHARACTERS: Final = 22


@dataclass(frozen=True, slots=True)
class _Document:
    """A message, read, with what it is laid over.

    Attributes:
        root: its JSON value.
        holes: what its topic says.
        touched: the components that the message itself names; None where there are none.
    """

    root: object
    holes: Mapping[str, str]
    touched: frozenset[str] | None = None


class MappedDecoder:
    """Reads messages by rules.

    What no rule looks for is ignored. A message in which no rule finds anything gives nothing; a
    reading that must be there is `required`.

    A device without a clock that measures has no key but the moment of receipt: a message of it
    that comes twice is two readings of one register, both of them true.

    Args:
        rules: the mapping.
    """

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._found: tuple[ReadingRule | StatusRule, ...] = (*rules.readings, *rules.status)
        self._channels = tuple(dict.fromkeys(rule.channel for rule in self._found))

    def subject(self, message: Message) -> str | None:
        """The device that says only what changed, or the topic of what has no clock."""
        rules, topic = self._rules, message.attributes.get(_TOPIC, "")
        if self._will(message) is not None:
            return f"will:{topic}"
        if rules.overlay is not None:
            root = read(message.payload)
            holes = (rules.topic.match(topic) if rules.topic else None) or {}
            return f"device:{device_of(rules.place, Part(root, root), holes) or topic}"
        if rules.time.path is None and rules.status:
            return f"status:{topic}"
        return None

    def decode(self, message: Message, memory: bytes) -> Decoded:
        """The events in a message: at most one status and one measurement of each place and time.

        Args:
            message: with `topic` and `retained` of MQTT, if it came that way.
            memory: of the subject.
        """
        will = self._will(message)
        if will is not None:
            return self._gone_or_back(will, message, memory)
        opened = self._opened(message, memory)
        if isinstance(opened, Refusal):
            return Decoded((opened,), memory)
        document, memory = opened
        parts = list(self._rules.each.each(document.root))
        if len(parts) > MAX_PARTS:
            reason = f"the message holds {len(parts)} events: send at most {MAX_PARTS} in one"
            return Decoded((Refusal("too_many_events", reason),), memory)
        results = [found for part in parts for found in self._part(part, document, message)]
        if self._rules.time.path is None and self._rules.overlay is None:
            return self._standing(results, memory)
        return Decoded(tuple(results), memory)

    def _will(self, message: Message) -> LastWillRule | None:
        will, topic = self._rules.last_will, message.attributes.get(_TOPIC)
        return will if will and topic and will.topic.match(topic) is not None else None

    def _opened(self, message: Message, memory: bytes) -> tuple[_Document, bytes] | Refusal:
        template, topic = self._rules.topic, message.attributes.get(_TOPIC)
        holes: Mapping[str, str] | None = {}
        if template is not None and topic is not None:
            holes = template.match(topic)
            if holes is None:
                reason = f"topic {shown(topic)} is not like {template.text}: mend topic or topics"
                return Refusal("unknown_topic", reason)
        root = read(message.payload)
        if isinstance(root, Refusal):
            return root
        document = _Document(root, holes or {})
        if self._rules.overlay is None:
            return document, memory
        return self._laid_over(self._rules.overlay, document, message, memory)

    def _laid_over(
        self, rule: OverlayRule, document: _Document, message: Message, memory: bytes
    ) -> tuple[_Document, bytes]:
        part = Part(document.root, document.root)
        full = holds(rule.full, part)
        components = rule.path.find(part)
        if not (full or holds(rule.delta, part)) or not isinstance(components, dict):
            # Another kind of message: there is nothing in it.
            return _Document({}, document.holes), memory
        used = {name for path in self._paths() for name in [_component(path, rule)] if name}
        kept = {name: value for name, value in components.items() if name in used}
        rest = {name: value for name, value in components.items() if name not in used}
        at_microseconds = (self._occasion(part, message).when.at - EPOCH) // _MICROSECOND
        # With the time: without a clock of its own, a device says the same and means another time.
        named = b"%d %s" % (at_microseconds, message.payload)
        digest = hashlib.sha256(named).hexdigest()[:_DIGEST_CHARACTERS]
        said = overlay.said(at_microseconds, digest, kept, full=full)
        state, history = overlay.overlaid(overlay.recalled(memory), said)
        root = _with(document.root, rule.path.steps, {**rest, **state})
        laid = _Document(root, document.holes, frozenset(components))
        return laid, overlay.remembered(history) if history else memory

    def _paths(self) -> Iterator[Path]:
        for rule in self._found:
            yield rule.path
            yield from (path for path, _ in rule.when)

    def _occasion(self, part: Part, message: Message) -> Occasion:
        rule = self._rules.time
        value = ABSENT if rule.path is None else rule.path.find(part)
        return Occasion(
            when(rule, value, message.received_at),
            message.received_at,
            retained=message.attributes.get("retained") == "true",
            key=key_parts(self._rules, part),
        )

    def _part(self, part: Part, document: _Document, message: Message) -> Iterator[Event | Refusal]:
        if not isinstance(part.value, dict):
            yield Refusal("no_object", "this is no JSON object: the readings have no names")
            return
        occasion = self._occasion(part, message)
        heard: set[Place] = set()
        for channel in self._channels:
            found = list(self._channel(channel, part, document, occasion))
            places = {place for place, _ in found if place is not None}
            if places & heard:
                yield Refusal(
                    "ambiguous_channel",
                    f"channel {channel} is of the same place as another one of the device: give "
                    "aliases for device/channel",
                )
                continue
            heard |= places
            yield from (result for _, result in found)

    def _channel(
        self, channel: str, part: Part, document: _Document, occasion: Occasion
    ) -> Iterator[tuple[Place | None, Event | Refusal]]:
        rules = self._rules
        readings = [
            rule
            for rule in rules.readings
            if rule.channel == channel and self._is_touched(rule.path, document)
        ]
        words = [
            rule
            for rule in rules.status
            if rule.channel == channel and self._is_touched(rule.path, document)
        ]
        data, state = measured(readings, part), status(words, part)
        if not data.readings and not data.dropped and state is None:
            return
        place = place_of(rules.place, part, document.holes, channel)
        if isinstance(place, Refusal):
            yield None, place
            return
        if state is not None:
            lost = bool(data.dropped) and not data.readings
            yield place, status_event(rules, occasion, place, state, dropped=lost)
            if lost:
                return
        event = measurement(rules, occasion, place, data)
        if event is not None:
            yield place, event

    def _is_touched(self, path: Path, document: _Document) -> bool:
        """Whether the message itself speaks of the component that a path is in."""
        if document.touched is None or self._rules.overlay is None:
            return True
        component = _component(path, self._rules.overlay)
        return component is None or component in document.touched

    def _standing(self, results: list[Event | Refusal], memory: bytes) -> Decoded:
        known = before = standing.recalled(memory)
        for index, result in enumerate(results):
            if isinstance(result, Status):
                results[index], known = standing.held(known, result)
        return Decoded(tuple(results), standing.remembered(known) if known != before else memory)

    def _gone_or_back(self, will: LastWillRule, message: Message, memory: bytes) -> Decoded:
        word = message.payload.decode("utf-8", "replace").strip().strip('"')
        if word in will.offline:
            data = StatusData(connectivity="offline", cause="last_will")
        elif word in will.online:
            data = StatusData(connectivity="online")
        else:
            known = ", ".join(sorted(will.offline | will.online))
            reason = f"{shown(word) or 'nothing'} is none of {known}: add it to last_will"
            return Decoded((Refusal("unknown_last_will", reason),), memory)
        holes = will.topic.match(message.attributes[_TOPIC]) or {}
        nothing = Part(None, None)
        # What aliases call the device, the payload cannot say: only its topic can.
        place = place_of(replace(self._rules.place, device=None), nothing, holes, "")
        if isinstance(place, Refusal):
            return Decoded((place,), memory)
        occasion = Occasion(
            without_clock(message.received_at),
            message.received_at,
            retained=message.attributes.get("retained") == "true",
        )
        return self._standing([status_event(self._rules, occasion, place, data)], memory)


def _component(path: Path, rule: OverlayRule) -> str | None:
    """The member of the overlaid object that a path is in; None if it is elsewhere."""
    depth = len(rule.path.steps)
    if path.steps[:depth] != rule.path.steps or len(path.steps) <= depth:
        return None
    name = path.steps[depth]
    return name if isinstance(name, str) else None


def _with(value: object, steps: tuple[Step, ...], new: object) -> object:
    if not steps or not isinstance(value, dict):
        return new
    name = steps[0]
    return {**value, name: _with(value.get(name), steps[1:], new)}
