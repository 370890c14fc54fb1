"""The section `decode` with `as: mapping`: the meaning of a vendor's JSON.

A preset may give any of the keys; `presets.py` has the presets.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from ldes_shok.sections.fields import WORD_KEYS, Word
from ldes_shok.sources.common.topic import Topic
from ldes_shok.sources.dialects.mapped.presets import preset_keys
from ldes_shok.sources.dialects.mapped.rules import (
    Alias,
    Condition,
    EachPath,
    FieldPath,
    LastWill,
    Locator,
    Overlay,
    ReadingRule,
    StatusAxis,
    Time,
)
from ldes_shok.sources.section import DialectSection

Seconds = Annotated[int, Meta(ge=1, le=31_536_000)]
GridSeconds = Annotated[int, Meta(ge=60, le=86_400)]


class Mapping(DialectSection, frozen=True, tag="mapping", tag_field="as"):
    """JSON of a vendor, by rules; a key replaces the preset's."""

    preset: Annotated[
        Literal["tts", "shelly", "teltonika", "thingsboard"] | None,
        Meta(description="Rules to start from."),
    ] = None
    each: Annotated[
        EachPath | None,
        Meta(
            description="Where the events of a message stand; * is every one of a list or object."
        ),
    ] = None
    topic: Annotated[
        Topic | None, Meta(description="Like shok/{cabinet}/{outlet}/up; also {meter}, {device}.")
    ] = None
    device: Annotated[
        FieldPath | None, Meta(description="Where the vendor's name of the device stands.")
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
        tuple[FieldPath, ...] | None,
        Meta(description="What names an event whose time does not, such as a counter."),
    ] = None
    readings: Annotated[
        tuple[ReadingRule, ...] | None, Meta(description="What is measured, and where it stands.")
    ] = None
    status: Annotated[
        tuple[StatusAxis, ...] | None, Meta(description="How it is, and where that stands.")
    ] = None
    ignore: Annotated[
        Annotated[Condition, Meta(extra_json_schema=WORD_KEYS)] | None,
        Meta(description="What marks messages that say nothing true, such as {simulated: 'true'}."),
    ] = None
    last_will: Annotated[LastWill | None, Meta(description="Clients that are gone.")] = None
    overlay: Annotated[Overlay | None, Meta(description="Devices that say what changed.")] = None

    def with_preset(self) -> Mapping:
        """The mapping laid over its preset; the result has no `preset`."""
        if self.preset is None:
            return self
        keys = preset_keys(self.preset)
        own = {name: value for name in keys if (value := getattr(self, name)) is not None}
        if isinstance(below := keys.get("time"), Time) and self.time is not None:
            # The only section whose keys are independent: a zone needs no new path.
            own["time"] = self.time.over(below)
        return msgspec.structs.replace(self, preset=None, **keys | own)

    @property
    def historical_after(self) -> timedelta | None:
        """The age from which an event counts as coming from a buffer; None: no event does."""
        return _duration(self.historical_after_seconds)

    @property
    def grid(self) -> timedelta | None:
        """The step of the instants that the device measures at; None without such a step."""
        return _duration(self.grid_seconds)

    @property
    def interval(self) -> timedelta | None:
        """The length of the period that ends at the event's time; None without a period."""
        return _duration(self.interval_seconds)

    def problems(self, path: str, *, has_topics: bool) -> Iterator[str]:  # noqa: ARG002  a path may do
        """One sentence for each contradiction, the key first, with the preset below it."""
        mapping = self.with_preset()
        readings, status = mapping.readings or (), mapping.status or ()
        if not (readings or status or mapping.last_will):
            yield (
                f"{path}: must have readings, status or last_will; without, no message means "
                "anything"
            )
        yield from _place_problems(path, mapping)
        if mapping.time is None:
            yield (
                f"{path}.time: is missing; say where the time stands, or `format: none` without a "
                "clock"
            )
        else:
            yield from mapping.time.problems(f"{path}.time")
        for index, reading in enumerate(readings):
            yield from reading.problems(f"{path}.readings[{index}]")
            if reading.is_over_period and mapping.interval_seconds is None:
                yield (
                    f"{path}.readings[{index}].quantity: {reading.quantity} is over a period; give "
                    "interval_seconds"
                )
        for index, axis in enumerate(status):
            yield from axis.problems(f"{path}.status[{index}]")


def _place_problems(path: str, mapping: Mapping) -> Iterator[str]:
    placeholders = set(mapping.topic.placeholders.values()) if mapping.topic else set()
    has_device = mapping.device is not None or "device" in placeholders
    if mapping.aliases and not has_device:
        yield f"{path}.device: is missing; say where the name stands that aliases have"
    if not mapping.aliases and mapping.cabinet is None and "cabinet" not in placeholders:
        yield f"{path}.cabinet: is missing; give it, or aliases, or a topic with {{cabinet}}"
    if mapping.overlay is not None and not has_device:
        yield f"{path}.device: is missing; overlay must know which device it hears"
    registers = any(r.quantity.endswith(".register") for r in mapping.readings or ())
    has_meter = mapping.meter is not None or "meter" in placeholders
    if registers and not has_meter and not any(a.meter for a in mapping.aliases.values()):
        yield f"{path}.meter: is missing; a register is of a meter: give meter, or alias with one"


def _duration(seconds: int | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)
