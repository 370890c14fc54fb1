"""From what was found in a message to canonical events."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from ldes_shok.cabinet import flags
from ldes_shok.cabinet.encode import instant_text
from ldes_shok.cabinet.event import Measurement, Status, StatusData
from ldes_shok.cabinet.identity import short_hash
from ldes_shok.cabinet.measurement import MeasurementData, Period
from ldes_shok.sources.common.json_text import text_of
from ldes_shok.sources.decoder import Refusal
from ldes_shok.sources.dialects.mapped.path import MessagePart
from ldes_shok.sources.dialects.mapped.places import Place
from ldes_shok.sources.dialects.mapped.readings import Measured
from ldes_shok.sources.dialects.mapped.section import Mapping
from ldes_shok.sources.dialects.mapped.times import When, snapped, without_clock

_MOST_READINGS: Final = 64
_SEPARATOR: Final = "\x1f"


@dataclass(frozen=True, slots=True)
class Occasion:
    """What all events of a part of a message share.

    Attributes:
        when: its time.
        received_at: aware UTC.
        retained: whether the broker had kept it from before we subscribed.
        key: what names it besides its time; empty if nothing does.
    """

    when: When
    received_at: datetime
    retained: bool = False
    key: tuple[str, ...] = field(default=())


def key_parts(rules: Mapping, part: MessagePart) -> tuple[str, ...]:
    """What names a part of a message; empty if the rules name nothing or nothing is there.

    A single one that is absent is 0: The Things Stack leaves out a counter that is 0.
    """
    found = [text_of(path.find(part)) for path in rules.key or ()]
    return tuple(text or "0" for text in found) if any(found) else ()


def measurement(
    rules: Mapping, occasion: Occasion, place: Place, data: Measured
) -> Measurement | Refusal | None:
    """The readings of a place as an event; None if there is nothing to say."""
    if not data.readings:
        return _no_reading(data) if data.dropped else None
    when = snapped(occasion.when, rules.grid)
    if occasion.retained and flags.RECEIPT_TIME in when.flags:
        # The last value known, from a device that does not say when: it is not of now.
        return None
    if len(data.readings) > _MOST_READINGS:
        return Refusal("too_many_readings", f"an event has at most {_MOST_READINGS} readings")
    if not place.meter and any(r.quantity.endswith(".register") for r in data.readings):
        return Refusal(
            "no_meter", "it gives a register and does not say of which meter: set meter or an alias"
        )
    period = None
    if rules.interval is not None:
        period = Period(instant_text(when.at - rules.interval), instant_text(when.at))
    noted = (*when.flags, *([flags.READING_DROPPED] if data.dropped else []))
    return Measurement(
        v=1,
        cabinet=place.cabinet,
        outlet=place.outlet or None,
        key=_key("m", occasion, place),
        observed_at=instant_text(when.at),
        clock=when.clock,
        historical=_is_historical(rules, when, occasion.received_at),
        flags=_with_retained(noted, occasion),
        data=MeasurementData(data.readings, place.meter or None, period),
    )


def status_event(
    rules: Mapping, occasion: Occasion, place: Place, data: StatusData, *, dropped: bool = False
) -> Status:
    """What is said about the status of a place as an event.

    A clock that was never set, or is ahead, does not keep a status out, other than a reading: it
    holds from when we heard of it.
    """
    when = occasion.when
    if flags.CLOCK_UNSET in when.flags or flags.TIME_IN_FUTURE in when.flags:
        when = without_clock(occasion.received_at)
    noted = (*when.flags, *([flags.READING_DROPPED] if dropped else []))
    return Status(
        v=1,
        cabinet=place.cabinet,
        outlet=place.outlet or None,
        key=_key("s", occasion, place),
        observed_at=instant_text(when.at),
        clock=when.clock,
        historical=_is_historical(rules, when, occasion.received_at),
        flags=_with_retained(noted, occasion),
        data=data,
    )


def _no_reading(data: Measured) -> Refusal:
    why = "; ".join(dropped.why for dropped in data.dropped[:3])
    return Refusal("no_reading", f"none of its readings has a value: {why}")


def _key(letter: str, occasion: Occasion, place: Place) -> str | None:
    if not occasion.key:
        return None
    parts = (letter, place.cabinet, place.outlet, place.meter, *occasion.key)
    return f"{letter}:{short_hash(_SEPARATOR.join(parts).encode())}"


def _with_retained(noted: tuple[str, ...], occasion: Occasion) -> tuple[str, ...]:
    return (*noted, flags.RETAINED) if occasion.retained else noted


def _is_historical(rules: Mapping, when: When, received_at: datetime) -> bool:
    return rules.historical_after is not None and received_at - when.at > rules.historical_after
