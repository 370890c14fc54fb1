"""The parts of a mapping: the meaning of each part of a message."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Final, Literal, get_args, get_type_hints
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from ldes_shok.cabinet.event import StatusData
from ldes_shok.cabinet.measurement import Phase, Quantity
from ldes_shok.sections.base import Section
from ldes_shok.sections.fields import WORD_KEYS, DecimalWord, Line, Name, Word
from ldes_shok.sources.common.quantities import UNITS, fits
from ldes_shok.sources.common.topic import Topic
from ldes_shok.sources.dialects.mapped.path import Path, ValuePath

ISO: Final = "iso"
EPOCH_SECONDS: Final = "epoch_seconds"
EPOCH_MILLISECONDS: Final = "epoch_milliseconds"
NO_CLOCK: Final = "none"
_FORMATS: Final = (ISO, EPOCH_SECONDS, EPOCH_MILLISECONDS, NO_CLOCK)

Clock = Literal["S", "I", "U", "R", "N"]

_PATH: Final = 'Names with dots between them, [0], quotes: params."em:0".voltage.'

EachPath = Annotated[Path, Meta(description=_PATH)]
FieldPath = Annotated[ValuePath, Meta(description=_PATH)]

Condition = dict[ValuePath, Word]
"""Paths and the text that each must lead to."""

When = Annotated[
    Condition,
    Meta(description="Only where these paths lead to these words.", extra_json_schema=WORD_KEYS),
]
Channel = Annotated[
    Name | None, Meta(description="Which channel of the device; aliases name it device/channel.")
]


class Locator(Section, frozen=True):
    """A constant, a path, or the one where the other is absent."""

    value: Annotated[Name | None, Meta(description="The name itself.")] = None
    path: Annotated[FieldPath | None, Meta(description="Where the name stands in a message.")] = (
        None
    )


class Alias(Section, frozen=True):
    """What a device of the vendor is to the city."""

    cabinet: Annotated[Name, Meta(description="The cabinet it is in.")]
    outlet: Annotated[Name | None, Meta(description="The outlet that it switches.")] = None
    meter: Annotated[Name | None, Meta(description="The meter that it has or is.")] = None


class Time(Section, frozen=True):
    """How a message says when."""

    path: Annotated[FieldPath | None, Meta(description="Where the time stands.")] = None
    format: Annotated[
        Line | None,
        Meta(
            description="iso, epoch_seconds, epoch_milliseconds, none (the device has no clock), "
            "or a pattern such as %d/%m/%Y %H:%M:%S."
        ),
    ] = None
    zone: Annotated[
        ZoneInfo | None, Meta(description="Zone of times that name none, such as Europe/Brussels.")
    ] = None
    clock: Annotated[
        Clock | None,
        Meta(
            description="The device's clock: S synchronised, I informative, U unknown, "
            "R relative, N none."
        ),
    ] = None

    @property
    def has_clock(self) -> bool:
        """Whether the device sends a time."""
        return self.path is not None and self.format != NO_CLOCK

    def over(self, below: Time) -> Time:
        """These keys, and the keys of `below` that are not given here."""
        own = {
            key: value for key, value in msgspec.structs.asdict(self).items() if value is not None
        }
        return msgspec.structs.replace(below, **own)

    def problems(self, path: str) -> Iterator[str]:
        """One sentence for each contradiction, the key first."""
        if self.path is None and self.format != NO_CLOCK:
            yield f"{path}.path: is missing; say where it stands, or `format: none` without a clock"
        if self.format not in (None, *_FORMATS) and not _is_pattern(self.format):
            known = ", ".join(_FORMATS)
            yield f"{path}.format: must be one of {known}, or a pattern with %Y, %m, %d"


class ReadingRule(Section, frozen=True):
    """Where a reading stands, and what it is."""

    path: Annotated[FieldPath, Meta(description="Where its value stands.")]
    quantity: Annotated[Quantity, Meta(description="What is measured.")]
    unit: Annotated[Word, Meta(description="The vendor's unit: Wh, kWh, W, kW, A, mA, V, ...")]
    phase: Annotated[Phase, Meta(description="On which phase.")] = "total"
    unit_path: Annotated[
        FieldPath | None,
        Meta(description="Where the message names the unit; `unit` if it does not."),
    ] = None
    scale: Annotated[
        DecimalWord, Meta(description="What the vendor's number is multiplied with.")
    ] = "1"
    stat: Annotated[
        Literal["instant", "mean", "max", "min"] | None,
        Meta(description="What it is of the values in the period."),
    ] = None
    sentinels: Annotated[
        tuple[Word, ...], Meta(description="Values that mean no value, such as 65535.")
    ] = ()
    required: Annotated[bool, Meta(description="Whether its absence is noted.")] = False
    omitted_is_zero: Annotated[
        bool, Meta(description="Whether the device leaves it out when it is 0.")
    ] = False
    channel: Channel = None
    when: When = msgspec.field(default_factory=dict)

    def problems(self, path: str) -> Iterator[str]:
        """One sentence for each contradiction, the key first."""
        if self.unit not in UNITS:
            yield f"{path}.unit: {self.unit} is not one of {', '.join(UNITS)}"
        elif not fits(self.unit, self.quantity):
            yield f"{path}.unit: {self.unit} is no unit of {self.quantity}"

    @property
    def is_over_period(self) -> bool:
        """Whether the reading is of a period, and not of an instant."""
        return self.quantity.endswith((".interval", ".demand"))


class StatusAxis(Section, frozen=True):
    """Where an axis of the status stands, and what the vendor's words mean."""

    path: Annotated[FieldPath, Meta(description="Where the vendor's word stands.")]
    axis: Annotated[
        Literal["operation", "occupancy", "power", "plug", "door", "connectivity", "cause"],
        Meta(description="What it is about."),
    ]
    values: Annotated[
        dict[Word, Word],
        Meta(min_length=1, description="The vendor's word to ours; others become vendorState."),
    ]
    channel: Channel = None
    when: When = msgspec.field(default_factory=dict)

    def problems(self, path: str) -> Iterator[str]:
        """One sentence for each contradiction, the key first."""
        known = words_of(self.axis)
        for theirs, ours in self.values.items():
            if ours not in known:
                yield f"{path}.values.{theirs}: {ours} is not one of {', '.join(known)}"


class LastWill(Section, frozen=True):
    """What the broker says for a client that is gone."""

    topic: Annotated[Topic, Meta(description="On which topic, such as {device}/online.")]
    offline: Annotated[tuple[Word, ...], Meta(min_length=1, description="Payloads that mean gone.")]
    online: Annotated[tuple[Word, ...], Meta(description="Payloads that mean back.")] = ()


class Overlay(Section, frozen=True):
    """Messages that only say what changed: laid over the last one that says all."""

    path: Annotated[FieldPath, Meta(description="The object whose members are laid over.")]
    full: Annotated[
        Condition,
        Meta(
            min_length=1,
            description="What marks a message that says all.",
            extra_json_schema=WORD_KEYS,
        ),
    ]
    delta: Annotated[
        Condition,
        Meta(
            min_length=1,
            description="What marks one with the changes.",
            extra_json_schema=WORD_KEYS,
        ),
    ]


def words_of(axis: str) -> tuple[str, ...]:
    """The allowed words of an axis, or of a cause."""
    literal, _ = get_args(get_type_hints(StatusData)[axis])
    return get_args(literal)


def _is_pattern(text: str | None) -> bool:
    when = datetime(2026, 5, 12, 18, 30, tzinfo=UTC)
    if text is None or "%" not in text:
        return False
    try:
        read = datetime.strptime(when.strftime(text), text)  # noqa: DTZ007  only compared by day
    except ValueError:
        return False
    return read.date() == when.date()
