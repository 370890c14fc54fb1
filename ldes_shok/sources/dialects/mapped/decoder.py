"""Decodes a vendor's JSON to canonical events, by a mapping in the settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from ldes_shok.cabinet.event import Event, Status
from ldes_shok.sources.common.clocks import at_receipt
from ldes_shok.sources.common.json_text import read
from ldes_shok.sources.decoder import Decoded, Message, Refusal
from ldes_shok.sources.dialects.mapped import unchanged as standing
from ldes_shok.sources.dialects.mapped.delta import Deltas
from ldes_shok.sources.dialects.mapped.events import (
    PartContext,
    key_parts,
    measurement,
    status_event,
)
from ldes_shok.sources.dialects.mapped.last_will import client_of, will_status
from ldes_shok.sources.dialects.mapped.path import ABSENT, WHOLE, MessagePart
from ldes_shok.sources.dialects.mapped.places import Place, device_of, place_of, shown
from ldes_shok.sources.dialects.mapped.readings import holds, measured
from ldes_shok.sources.dialects.mapped.rules import LastWill, ReadingRule, StatusAxis, Time
from ldes_shok.sources.dialects.mapped.section import Mapping as MappingSection
from ldes_shok.sources.dialects.mapped.statuses import status
from ldes_shok.sources.dialects.mapped.times import observed

MAX_PARTS: Final = 5_000
"""Events of one message; a device that has more to flush sends more than one message."""

_TOPIC: Final = "topic"
_RETAINED: Final = "retained"


@dataclass(frozen=True, slots=True)
class _Document:
    """A parsed message.

    Attributes:
        root: its JSON value, laid over the known state.
        topic_names: the names in its topic, by placeholder.
        changed: the message itself, if only its own content is of now.
    """

    root: object
    topic_names: Mapping[str, str]
    changed: MessagePart | None = None


@dataclass(frozen=True, slots=True)
class _Will:
    """A message on the topic of last wills: its rule, and the names in the topic."""

    rule: LastWill
    topic_names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Channel:
    """The rules of one channel of a device."""

    name: str
    readings: list[ReadingRule]
    status: list[StatusAxis]


class MappedDecoder:
    """Reads messages by rules.

    Data that no rule looks for is ignored. A message in which no rule finds data gives nothing. A
    reading that must be there is `required`.

    A reading of a device without a clock has no key but the moment of receipt. If its message comes
    twice, it gives two readings of one register, and both are true.

    Args:
        section: the mapping; it has been checked.
    """

    def __init__(self, section: MappingSection) -> None:
        self._rules = rules = section.with_preset()
        self._time = rules.time or Time()
        readings, status = rules.readings or (), rules.status or ()
        found: tuple[ReadingRule | StatusAxis, ...] = (*readings, *status)
        self._channels = tuple(
            _Channel(
                name or "",
                [rule for rule in readings if rule.channel == name],
                [rule for rule in status if rule.channel == name],
            )
            for name in dict.fromkeys(rule.channel for rule in found)
        )
        self._deltas = Deltas(rules.overlay, rules) if rules.overlay else None

    @property
    def historical_after(self) -> timedelta | None:
        """As the rules say."""
        return self._rules.historical_after

    def subject(self, message: Message) -> str | None:
        """The device that sends only changes, or the topic of a device without a clock."""
        rules, topic = self._rules, message.attributes.get(_TOPIC, "")
        if self._will(message) is not None:
            return f"will:{topic}"
        if self._deltas is not None:
            root = read(message.payload, lenient=True)
            topic_names = (rules.topic.match(topic) if rules.topic else None) or {}
            return f"device:{device_of(rules, MessagePart(root, root), topic_names) or topic}"
        if not self._time.has_clock and rules.status:
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
        document = self._opened(message)
        if isinstance(document, Refusal):
            return Decoded((document,), memory)
        if self._deltas is not None:
            part = MessagePart(document.root, document.root)
            at = self._context(part, message).observed.at
            laid = self._deltas.laid(part, at, memory)
            if laid is None:
                return Decoded((), memory)
            if self._is_known(part, document):
                memory = laid.memory
            document = _Document(laid.root, document.topic_names, part)
        parts = list((self._rules.each or WHOLE).each(document.root))
        if len(parts) > MAX_PARTS:
            reason = f"the message holds {len(parts)} events: send at most {MAX_PARTS} in one"
            return Decoded((Refusal("too_many_events", reason),), memory)
        results = [found for part in parts for found in self._part(part, document, message)]
        if not self._time.has_clock and self._deltas is None:
            return _standing(results, memory)
        return Decoded(tuple(results), memory)

    def without_raw(self, memory: bytes) -> bytes:
        """The memory of an older version, without the raw bytes in it."""
        # A status that still holds is an event, and a JSON object; a history is an array.
        is_history = self._deltas is not None and memory.startswith(b"[")
        return self._deltas.without_raw(memory) if self._deltas and is_history else memory

    def _will(self, message: Message) -> _Will | None:
        rule, topic = self._rules.last_will, message.attributes.get(_TOPIC)
        topic_names = rule.topic.match(topic) if rule and topic else None
        return None if rule is None or topic_names is None else _Will(rule, topic_names)

    def _gone_or_back(self, will: _Will, message: Message, memory: bytes) -> Decoded:
        data = will_status(will.rule, message.payload)
        if isinstance(data, Refusal):
            return Decoded((data,), memory)
        place = client_of(self._rules, will.topic_names)
        if isinstance(place, Refusal):
            return Decoded((place,), memory)
        context = PartContext(at_receipt(message.received_at), message.received_at, _kept(message))
        return _standing([status_event(context, place, data)], memory)

    def _opened(self, message: Message) -> _Document | Refusal:
        template, topic = self._rules.topic, message.attributes.get(_TOPIC)
        topic_names: Mapping[str, str] | None = {}
        if template is not None and topic is not None:
            topic_names = template.match(topic)
            if topic_names is None:
                reason = f"topic {shown(topic)} is not like {template}: mend topic or topics"
                return Refusal("unknown_topic", reason)
        root = read(message.payload, lenient=True)
        return root if isinstance(root, Refusal) else _Document(root, topic_names or {})

    def _is_known(self, part: MessagePart, document: _Document) -> bool:
        """Whether a device is known: the messages of unknown devices are not remembered by name.

        When it becomes known, the raw bytes are run again.
        """
        places = (
            place_of(self._rules, part, document.topic_names, channel.name)
            for channel in self._channels
        )
        return not all(isinstance(place, Refusal) for place in places)

    def _context(self, part: MessagePart, message: Message) -> PartContext:
        rule = self._time
        value = ABSENT if rule.path is None else rule.path.find(part)
        return PartContext(
            observed(self._rules, value, message.received_at),
            message.received_at,
            _kept(message),
            key_parts(self._rules, part),
        )

    def _part(
        self, part: MessagePart, document: _Document, message: Message
    ) -> Iterator[Event | Refusal]:
        if not isinstance(part.value, dict):
            yield Refusal("no_object", "this is no JSON object: the readings have no names")
            return
        if self._rules.ignore and holds(self._rules.ignore, part):
            return
        context = self._context(part, message)
        will_status: set[Place] = set()
        for channel in self._channels:
            found = list(self._channel(channel, part, document, context))
            places = {place for place, _ in found if place is not None}
            if places & will_status:
                yield Refusal(
                    "ambiguous_channel",
                    f"channel {channel.name} is of the same place as another one of its device: "
                    "give aliases for device/channel",
                )
                continue
            will_status |= places
            yield from (result for _, result in found)

    def _channel(
        self, channel: _Channel, part: MessagePart, document: _Document, context: PartContext
    ) -> Iterator[tuple[Place | None, Event | Refusal]]:
        rules = self._rules
        readings, words = channel.readings, channel.status
        if self._deltas is not None and document.changed is not None:
            readings = self._deltas.of_now(readings, document.changed)
            words = self._deltas.of_now(words, document.changed)
        data, state = measured(readings, part), status(words, part)
        if not data.readings and not data.dropped and state is None:
            return
        place = place_of(rules, part, document.topic_names, channel.name)
        if isinstance(place, Refusal):
            yield None, place
            return
        if state is not None:
            lost = bool(data.dropped) and not data.readings
            yield place, status_event(context, place, state, is_partial=lost)
            if lost:
                return
        event = measurement(rules, context, place, data)
        if event is not None:
            yield place, event


def _kept(message: Message) -> bool:
    """Whether the broker had retained the message from before our subscription."""
    return message.attributes.get(_RETAINED) == "true"


def _standing(results: list[Event | Refusal], memory: bytes) -> Decoded:
    """Results in which a status that still holds is the earlier event."""
    known = before = standing.recalled(memory)
    for index, result in enumerate(results):
        if isinstance(result, Status):
            results[index], known = standing.held(known, result)
    return Decoded(tuple(results), standing.remembered(known) if known != before else memory)
