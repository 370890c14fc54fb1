"""Decodes notifications to canonical events: one for each entity and time of observation.

The time of observation is the `observedAt` of each property. A property without it is refused: the
time of the notification (`notifiedAt`) may be hours later. A broker keeps the last value of every
property and repeats it whenever one property changes. So a value that comes again with its old time
is the same event.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import msgspec

from ldes_shok.cabinet.event import Event, StatusData
from ldes_shok.cabinet.flags import NEGATIVE_IMPORT, READING_DROPPED
from ldes_shok.cabinet.instants import BACKLOG
from ldes_shok.cabinet.measurement import MOST_READINGS, MeasurementData, Reading
from ldes_shok.sources.common.clocks import Observed, judged
from ldes_shok.sources.common.events import event_of
from ldes_shok.sources.common.json_text import read
from ldes_shok.sources.decoder import Decoded, Message, Refusal
from ldes_shok.sources.dialects.ngsild.entity import Attribute, Entity, entities
from ldes_shok.sources.dialects.ngsild.instants import instant
from ldes_shok.sources.dialects.ngsild.readings import Found, readings
from ldes_shok.sources.dialects.ngsild.rules import measured_properties, state_properties
from ldes_shok.sources.dialects.ngsild.section import NgsiLd, NgsiLdPlace

_MOST_ENTITIES: Final = 10_000
_SHOWN_CHARACTERS: Final = 80
_WORD_CHARACTERS: Final = 64

_Result = Event | Refusal


@dataclass(slots=True)
class _Moment:
    """The readings and states of an entity at one time."""

    readings: dict[tuple[str, str, str | None], Reading] = field(default_factory=dict)
    flags: set[str] = field(default_factory=set)
    states: dict[str, str] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)


class NgsiLdDecoder:
    """Reads the notifications of one subscription or several.

    Args:
        section: the cabinet of each entity, and the meaning of its properties.
    """

    def __init__(self, section: NgsiLd) -> None:
        self._section = section
        self._properties = measured_properties(section)
        self._states = state_properties(section)

    @property
    def historical_after(self) -> timedelta:
        """An hour."""
        return BACKLOG

    def subject(self, message: Message) -> str | None:  # noqa: ARG002  a notification is complete
        """Nothing is remembered."""
        return None

    def decode(self, message: Message, memory: bytes) -> Decoded:  # noqa: ARG002
        """The events of all entities in a body, each on its own."""
        body = read(message.payload)
        if isinstance(body, Refusal):
            return Decoded((body,))
        found = entities(body)
        if found is None or len(found) > _MOST_ENTITIES:
            reason = f"send a notification whose data is an array of at most {_MOST_ENTITIES}"
            return Decoded((Refusal("no_notification", f"{reason} entities"),))
        return Decoded(
            tuple(
                result for entity in found for result in self._entity(entity, message.received_at)
            )
        )

    def _entity(self, entity: Entity, received_at: datetime) -> Iterator[_Result]:
        if not entity.id:
            yield Refusal("no_entity", "an element of data has no id: send entities")
            return
        known = [each for each in entity.attributes if self._is_known(each)]
        if not known:
            return
        place = self._section.place_of(entity.id)
        if place is None:
            reason = f"{_shown(entity.id)} is no cabinet's: name it in `entities` or in `patterns`"
            yield Refusal("unknown_entity", reason)
            return
        moments, timeless = self._moments(entity, known, place, received_at)
        if timeless:
            yield _no_time(entity, timeless)
        for observed in sorted(moments, key=lambda each: (each.at, not each.flags)):
            yield from _events(entity, place, observed, moments[observed])

    def _is_known(self, attribute: Attribute) -> bool:
        return attribute.name in self._properties or attribute.name in self._states

    def _moments(
        self,
        entity: Entity,
        known: Sequence[Attribute],
        place: NgsiLdPlace,
        received_at: datetime,
    ) -> tuple[dict[Observed, _Moment], list[str]]:
        """Readings and states by their time, and the properties without a time."""
        of_entity = self._time_of(entity)
        exports = any(self._is_export(attribute) for attribute in known)
        moments: defaultdict[Observed, _Moment] = defaultdict(_Moment)
        timeless: list[str] = []
        for attribute in known:
            at = of_entity if attribute.is_simplified else instant(attribute.observed_at)
            if at is None:
                timeless.append(attribute.name)
                continue
            moment = moments[judged(at, received_at)]
            rule = self._properties.get(attribute.name)
            if rule is not None:
                _add(moment, attribute.name, readings(attribute, rule, place, exports=exports))
            state = self._states.get(attribute.name)
            if state is not None and isinstance(attribute.value, str):
                moment.states[state.axis] = state.values.get(attribute.value, "unknown")
                moment.words.append(attribute.value)
        return moments, timeless

    def _is_export(self, attribute: Attribute) -> bool:
        rule = self._properties.get(attribute.name)
        return rule is not None and ".export" in rule.quantity

    def _time_of(self, entity: Entity) -> datetime | None:
        for attribute in entity.attributes:
            if attribute.name == self._section.time_property:
                value = attribute.value
                return instant(value.get("@value") if isinstance(value, dict) else value)
        return None


def _events(
    entity: Entity, place: NgsiLdPlace, observed: Observed, moment: _Moment
) -> Iterator[_Result]:
    """The events of an entity at one time.

    A state holds from that time too. A broker repeats it for hours, so the time of receipt does not
    show since when it holds.
    """
    if moment.readings:
        dropped = (READING_DROPPED,) if moment.dropped else ()
        data = MeasurementData(tuple(moment.readings.values()), place.meter, context="other")
        noted = observed.noted(*sorted(moment.flags), *dropped)
        yield event_of(data, place.cabinet, place.outlet, noted)
    elif moment.dropped:
        names = ", ".join(sorted(set(moment.dropped)))
        reason = (
            f"{_shown(entity.id)}: no value of {names} is a reading: it must be a number in a "
            "unit of its quantity, and a register needs a `meter` in `entities`"
        )
        yield Refusal("no_reading", reason)
    if moment.states:
        yield event_of(_status(moment), place.cabinet, place.outlet, observed)


def _add(moment: _Moment, name: str, found: Found) -> None:
    for reading in found.readings:
        slot = reading.quantity, reading.phase, reading.stat
        if slot in moment.readings or len(moment.readings) == MOST_READINGS:
            moment.dropped.append(name)
        else:
            moment.readings[slot] = reading
    if found.is_incomplete:
        moment.dropped.append(name)
    if found.is_negative:
        moment.flags.add(NEGATIVE_IMPORT)


def _status(moment: _Moment) -> StatusData:
    word = " ".join(moment.words)
    printable = "".join(sign for sign in word if sign.isprintable())[:_WORD_CHARACTERS]
    return msgspec.convert({**moment.states, "vendorState": printable or None}, StatusData)


def _no_time(entity: Entity, names: Iterable[str]) -> Refusal:
    which = ", ".join(sorted(set(names)))
    return Refusal(
        "no_observed_at",
        f"{_shown(entity.id)}: {which}: there is no observedAt that is a time; send it with each "
        "property (when the broker spoke is not when it was measured)",
    )


def _shown(text: str) -> str:
    return "".join(sign for sign in text[:_SHOWN_CHARACTERS] if sign.isprintable())
