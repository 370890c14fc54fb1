"""What a mapping says: which part of a message means what. Plain values, checked when made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo

from ldes_shok.cabinet.measurement import Phase, Quantity
from ldes_shok.sources.common.topic import Topic
from ldes_shok.sources.dialects.mapped.path import WHOLE, Path

Clock = Literal["S", "I", "U", "R", "N"]
Stat = Literal["instant", "mean", "max", "min"]
Condition = tuple[tuple[Path, str], ...]
"""Paths and the text that each must lead to."""


@dataclass(frozen=True, slots=True)
class TimeRule:
    """How a message says when.

    Attributes:
        path: where the time stands; None for a device without a clock.
        format: `iso`, `epoch_seconds`, `epoch_milliseconds`, or a pattern of strptime.
        zone: of times that name none; None if nobody said.
        clock: how good the device's clock is, in the letters of OCMF; N: there is none.
    """

    path: Path | None = None
    format: str = "iso"
    zone: ZoneInfo | None = None
    clock: Clock = "I"


@dataclass(frozen=True, slots=True)
class ReadingRule:
    """Where one reading stands, and what it is.

    Attributes:
        path: to its value.
        quantity: what is measured.
        phase: on which phase.
        unit: the vendor's unit, one of `numbers.UNITS`.
        unit_path: where the message itself names the unit; `unit` then counts if it does not.
        scale: what the vendor's number is multiplied with to be in that unit.
        stat: instant, mean, maximum or minimum; None says nothing.
        sentinels: values that mean "no value".
        required: whether its absence is noted.
        omitted_is_zero: whether its absence means 0, in a part of the message that is there.
        channel: which channel of the device it is of; empty: of the device.
        when: only if the message says this.
    """

    path: Path
    quantity: Quantity
    unit: str
    phase: Phase = "total"
    unit_path: Path | None = None
    scale: Decimal = Decimal(1)
    stat: Stat | None = None
    sentinels: frozenset[str] = frozenset()
    required: bool = False
    omitted_is_zero: bool = False
    channel: str = ""
    when: Condition = ()


@dataclass(frozen=True, slots=True)
class StatusRule:
    """Where one axis of the status stands.

    Attributes:
        path: to the vendor's word.
        axis: which axis it is about.
        values: the vendor's word to ours; a word that is not in it becomes `vendorState`.
        channel: as of a reading.
        when: only if the message says this.
    """

    path: Path
    axis: str
    values: Mapping[str, str]
    channel: str = ""
    when: Condition = ()


@dataclass(frozen=True, slots=True)
class LastWillRule:
    """What the broker says in the name of a client that is gone, and that client when it is back.

    Attributes:
        topic: on which topic.
        offline: the payloads that mean gone.
        online: the payloads that mean back.
    """

    topic: Topic
    offline: frozenset[str]
    online: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class OverlayRule:
    """Messages that only say what has changed.

    Attributes:
        path: to the object whose members (components) are laid over those known.
        full: what a message says that has all components.
        delta: what a message says that has only those that changed.
    """

    path: Path
    full: Condition
    delta: Condition


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is: a cabinet, perhaps its outlet, perhaps its meter. Empty: not said."""

    cabinet: str = ""
    outlet: str = ""
    meter: str = ""


@dataclass(frozen=True, slots=True)
class Locator:
    """A constant or a path; neither: the topic says it, or nothing does."""

    value: str = ""
    path: Path | None = None


@dataclass(frozen=True, slots=True)
class PlaceRule:
    """How a message says where; the aliases go first, then these, then the topic.

    Attributes:
        device: to the vendor's name of the device.
        aliases: that name, or name/channel, to the place.
    """

    cabinet: Locator = Locator()
    outlet: Locator = Locator()
    meter: Locator = Locator()
    device: Path | None = None
    aliases: Mapping[str, Place] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rules:
    """A whole mapping.

    Attributes:
        each: to the parts of a message that are events of their own.
        topic: of the messages; None if it says nothing.
        ignore: what a part says that is not true, and not to be read; empty: all are read.
        key: what names an event whose time does not; empty where it does.
        historical_after: older events are said to come from a buffer; None: never.
        grid: instants that the device means to measure at; None if it does not.
        interval: how long the period is that ends at the event's time; None if there is none.
    """

    place: PlaceRule
    time: TimeRule
    readings: tuple[ReadingRule, ...] = ()
    status: tuple[StatusRule, ...] = ()
    each: Path = WHOLE
    topic: Topic | None = None
    ignore: Condition = ()
    last_will: LastWillRule | None = None
    overlay: OverlayRule | None = None
    key: tuple[Path, ...] = ()
    historical_after: timedelta | None = None
    grid: timedelta | None = None
    interval: timedelta | None = None
