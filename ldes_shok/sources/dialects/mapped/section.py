"""What a vendor's JSON means: the section `decode` with `as: mapping`.

Every key may be left out where a preset gives it; `settings/presets.py` has those.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from ldes_shok.cabinet.measurement import Phase, Quantity
from ldes_shok.sections.base import Section
from ldes_shok.sections.fields import DecimalWord, Line, Name, Word

Path = Annotated[
    Line, Meta(description='Names with dots between them, [0], quotes: params."em:0".voltage.')
]
When = Annotated[dict[Word, Word], Meta(description="Only where these paths lead to these words.")]
Seconds = Annotated[int, Meta(ge=1, le=31_536_000)]
GridSeconds = Annotated[int, Meta(ge=60, le=86_400)]
Channel = Annotated[
    Name | None, Meta(description="Which channel of the device; aliases name it device/channel.")
]


class Locator(Section, frozen=True):
    """A constant, a path, or the one where the other is absent."""

    value: Annotated[Name | None, Meta(description="The name itself.")] = None
    path: Annotated[Path | None, Meta(description="Where the name stands in a message.")] = None


class Alias(Section, frozen=True):
    """What a device of the vendor is to the city."""

    cabinet: Annotated[Name, Meta(description="The cabinet it is in.")]
    outlet: Annotated[Name | None, Meta(description="The outlet that it switches.")] = None
    meter: Annotated[Name | None, Meta(description="The meter that it has or is.")] = None


class Time(Section, frozen=True):
    """How a message says when."""

    path: Annotated[Path | None, Meta(description="Where the time stands.")] = None
    format: Annotated[
        Line | None,
        Meta(
            description="iso, epoch_seconds, epoch_milliseconds, none (the device has no clock), "
            "or a pattern such as %d/%m/%Y %H:%M:%S."
        ),
    ] = None
    zone: Annotated[
        Line | None, Meta(description="Zone of times that name none, such as Europe/Brussels.")
    ] = None
    clock: Annotated[
        Literal["S", "I", "U", "R", "N"] | None,
        Meta(
            description="The device's clock: S synchronised, I informative, U unknown, "
            "R relative, N none."
        ),
    ] = None


class Reading(Section, frozen=True):
    """Where a reading stands, and what it is."""

    path: Annotated[Path, Meta(description="Where its value stands.")]
    quantity: Annotated[Quantity, Meta(description="What is measured.")]
    unit: Annotated[Word, Meta(description="The vendor's unit: Wh, kWh, W, kW, A, mA, V, ...")]
    phase: Annotated[Phase, Meta(description="On which phase.")] = "total"
    unit_path: Annotated[
        Path | None, Meta(description="Where the message names the unit; `unit` if it does not.")
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


class StatusAxis(Section, frozen=True):
    """Where an axis of the status stands, and what the vendor's words mean."""

    path: Annotated[Path, Meta(description="Where the vendor's word stands.")]
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


class LastWill(Section, frozen=True):
    """What the broker says for a client that is gone."""

    topic: Annotated[Line, Meta(description="On which topic, such as {device}/online.")]
    offline: Annotated[tuple[Word, ...], Meta(min_length=1, description="Payloads that mean gone.")]
    online: Annotated[tuple[Word, ...], Meta(description="Payloads that mean back.")] = ()


class Overlay(Section, frozen=True):
    """Messages that only say what changed: laid over the last one that says all."""

    path: Annotated[Path, Meta(description="The object whose members are laid over.")]
    full: Annotated[
        dict[Word, Word], Meta(min_length=1, description="What marks a message that says all.")
    ]
    delta: Annotated[
        dict[Word, Word], Meta(min_length=1, description="What marks one with the changes.")
    ]


class Mapping(Section, frozen=True, tag="mapping", tag_field="as"):
    """JSON of a vendor, by rules; a key replaces the preset's."""

    preset: Annotated[
        Literal["tts", "shelly", "teltonika", "thingsboard"] | None,
        Meta(description="Rules to start from."),
    ] = None
    each: Annotated[
        Path | None,
        Meta(
            description="Where the events of a message stand; * is every one of a list or object."
        ),
    ] = None
    topic: Annotated[
        Line | None, Meta(description="Like shok/{cabinet}/{outlet}/up; also {meter}, {device}.")
    ] = None
    device: Annotated[
        Path | None, Meta(description="Where the vendor's name of the device stands.")
    ] = None
    aliases: Annotated[
        dict[Word, Alias], Meta(description="That name, or name/channel, to the place.")
    ] = msgspec.field(default_factory=dict)
    cabinet: Annotated[Locator | None, Meta(description="The cabinet, without an alias.")] = None
    outlet: Annotated[Locator | None, Meta(description="The outlet, without an alias.")] = None
    meter: Annotated[Locator | None, Meta(description="The meter, without an alias.")] = None
    time: Annotated[Time | None, Meta(description="How a message says when.")] = None
    historical_after_seconds: Annotated[
        Seconds | None, Meta(description="Older events come from a buffer: live goes first.")
    ] = None
    grid_seconds: Annotated[
        GridSeconds | None,
        Meta(description="Measured by the clock, every so often: 30 s beside it is put on it."),
    ] = None
    interval_seconds: Annotated[
        Seconds | None, Meta(description="Period of intervals and demands, up to the time.")
    ] = None
    key: Annotated[
        tuple[Path, ...] | None,
        Meta(description="What names an event whose time does not, such as a counter."),
    ] = None
    readings: Annotated[
        tuple[Reading, ...] | None, Meta(description="What is measured, and where it stands.")
    ] = None
    status: Annotated[
        tuple[StatusAxis, ...] | None, Meta(description="How it is, and where that stands.")
    ] = None
    ignore: Annotated[
        dict[Word, Word] | None,
        Meta(description="What marks messages that say nothing true, such as {simulated: 'true'}."),
    ] = None
    last_will: Annotated[LastWill | None, Meta(description="Clients that are gone.")] = None
    overlay: Annotated[Overlay | None, Meta(description="Devices that say what changed.")] = None
