"""Makes canonical events from the data of a message."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from ldes_shok.cabinet import flags
from ldes_shok.cabinet.encode import instant_text
from ldes_shok.cabinet.event import Event, StatusData
from ldes_shok.cabinet.identity import short_hash
from ldes_shok.cabinet.measurement import MOST_READINGS, MeasurementData, Period
from ldes_shok.sources.common.clocks import Observed, since
from ldes_shok.sources.common.events import event_of
from ldes_shok.sources.common.json_text import text_of
from ldes_shok.sources.decoder import Refusal
from ldes_shok.sources.dialects.mapped.path import MessagePart
from ldes_shok.sources.dialects.mapped.places import Place
from ldes_shok.sources.dialects.mapped.readings import Measured
from ldes_shok.sources.dialects.mapped.section import Mapping
from ldes_shok.sources.dialects.mapped.times import snapped

_SEPARATOR: Final = "\x1f"


@dataclass(frozen=True, slots=True)
class PartContext:
    """What all events of a part of a message share.

    Attributes:
        observed: its time.
        received_at: aware UTC.
        retained: whether the broker had retained it from before our subscription.
        key: identifies it besides its time; empty if nothing does.
    """

    observed: Observed
    received_at: datetime
    retained: bool = False
    key: tuple[str, ...] = field(default=())


def key_parts(rules: Mapping, part: MessagePart) -> tuple[str, ...]:
    """The key of a part of a message; empty if the rules name none or its values are absent.

    A single absent value is 0: The Things Stack omits a counter that is 0.
    """
    found = [text_of(path.find(part)) for path in rules.key or ()]
    return tuple(text or "0" for text in found) if any(found) else ()


def measurement(
    rules: Mapping, context: PartContext, place: Place, data: Measured
) -> Event | Refusal | None:
    """The readings of a place as an event; None if there is no reading."""
    if not data.readings:
        return _no_reading(data) if data.dropped else None
    when = snapped(rules, context.observed, context.received_at)
    if context.retained and flags.RECEIPT_TIME in when.flags:
        # A retained value of a device that sends no time: it is not of now.
        return None
    if len(data.readings) > MOST_READINGS:
        return Refusal("too_many_readings", f"an event has at most {MOST_READINGS} readings")
    if not place.meter and any(r.quantity.endswith(".register") for r in data.readings):
        return Refusal(
            "no_meter", "it gives a register and does not say of which meter: set meter or an alias"
        )
    period = None
    if rules.interval is not None:
        period = Period(instant_text(when.at - rules.interval), when.text)
    content = MeasurementData(data.readings, place.meter or None, period)
    return _event(context, place, when, content, is_partial=bool(data.dropped))


def status_event(
    context: PartContext, place: Place, data: StatusData, *, is_partial: bool = False
) -> Event:
    """The status of a place as an event.

    A wrong clock does not keep a status out of the streams, as it does a reading: the status holds
    from its receipt.
    """
    when = since(context.observed, context.received_at)
    return _event(context, place, when, data, is_partial=is_partial)


def _no_reading(data: Measured) -> Refusal:
    why = "; ".join(dropped.why for dropped in data.dropped[:3])
    return Refusal("no_reading", f"none of its readings has a value: {why}")


def _event(
    context: PartContext,
    place: Place,
    observed: Observed,
    data: MeasurementData | StatusData,
    *,
    is_partial: bool,
) -> Event:
    if is_partial:
        observed = observed.noted(flags.READING_DROPPED)
    if context.retained:
        observed = observed.noted(flags.RETAINED)
    letter = "m" if isinstance(data, MeasurementData) else "s"
    key = _key(letter, context, place)
    return event_of(data, place.cabinet, place.outlet, observed, key=key)


def _key(letter: str, context: PartContext, place: Place) -> str | None:
    if not context.key:
        return None
    parts = (letter, place.cabinet, place.outlet, place.meter, *context.key)
    return f"{letter}:{short_hash(_SEPARATOR.join(parts).encode())}"
