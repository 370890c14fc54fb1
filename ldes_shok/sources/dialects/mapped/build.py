"""The decoder of a mapping: from its settings to its rules."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from ldes_shok.sources.common.topic import Topic
from ldes_shok.sources.dialects.mapped import section as settings
from ldes_shok.sources.dialects.mapped.decoder import MappedDecoder
from ldes_shok.sources.dialects.mapped.path import Path
from ldes_shok.sources.dialects.mapped.presets import with_preset
from ldes_shok.sources.dialects.mapped.rules import (
    Condition,
    LastWillRule,
    Locator,
    OverlayRule,
    Place,
    PlaceRule,
    ReadingRule,
    Rules,
    StatusRule,
    TimeRule,
)
from ldes_shok.sources.dialects.mapped.times import ISO, NO_CLOCK


def build_mapped(given: settings.Mapping) -> MappedDecoder:
    """The decoder that a section `as: mapping` asks for; the section has been checked."""
    return MappedDecoder(build_rules(given))


def build_rules(given: settings.Mapping) -> Rules:
    """What a section and its preset say, ready to be applied.

    Raises:
        ValueError: a path or a topic is none, or a zone is unknown: the section was not checked.
    """
    mapping = with_preset(given)
    return Rules(
        place=PlaceRule(
            cabinet=_locator(mapping.cabinet),
            outlet=_locator(mapping.outlet),
            meter=_locator(mapping.meter),
            device=_path(mapping.device),
            aliases={
                name: Place(alias.cabinet, alias.outlet or "", alias.meter or "")
                for name, alias in mapping.aliases.items()
            },
        ),
        time=_time(mapping.time),
        readings=tuple(_reading(reading) for reading in mapping.readings or ()),
        status=tuple(
            StatusRule(
                Path.parse(axis.path),
                axis.axis,
                axis.values,
                axis.channel or "",
                _condition(axis.when),
            )
            for axis in mapping.status or ()
        ),
        each=Path.parse(mapping.each or ""),
        topic=Topic.parse(mapping.topic) if mapping.topic else None,
        ignore=_condition(mapping.ignore or {}),
        last_will=_last_will(mapping.last_will),
        overlay=_overlay(mapping.overlay),
        key=tuple(Path.parse(text) for text in mapping.key or ()),
        historical_after=_seconds(mapping.historical_after_seconds),
        grid=_seconds(mapping.grid_seconds),
        interval=_seconds(mapping.interval_seconds),
    )


def _last_will(will: settings.LastWill | None) -> LastWillRule | None:
    if will is None:
        return None
    return LastWillRule(Topic.parse(will.topic), frozenset(will.offline), frozenset(will.online))


def _overlay(overlay: settings.Overlay | None) -> OverlayRule | None:
    if overlay is None:
        return None
    full, delta = _condition(overlay.full), _condition(overlay.delta)
    return OverlayRule(Path.parse(overlay.path), full, delta)


def _reading(reading: settings.Reading) -> ReadingRule:
    return ReadingRule(
        path=Path.parse(reading.path),
        quantity=reading.quantity,
        unit=reading.unit,
        phase=reading.phase,
        unit_path=_path(reading.unit_path),
        scale=Decimal(reading.scale),
        stat=reading.stat,
        sentinels=frozenset(reading.sentinels),
        required=reading.required,
        omitted_is_zero=reading.omitted_is_zero,
        channel=reading.channel or "",
        when=_condition(reading.when),
    )


def _time(time: settings.Time | None) -> TimeRule:
    if time is None or time.format == NO_CLOCK:
        return TimeRule(clock="N")
    return TimeRule(
        path=_path(time.path),
        format=time.format or ISO,
        zone=ZoneInfo(time.zone) if time.zone else None,
        clock=time.clock or "I",
    )


def _locator(locator: settings.Locator | None) -> Locator:
    return Locator(locator.value or "", _path(locator.path)) if locator else Locator()


def _path(text: str | None) -> Path | None:
    return None if text is None else Path.parse(text)


def _condition(words: Mapping[str, str]) -> Condition:
    return tuple((Path.parse(text), said) for text, said in words.items())


def _seconds(seconds: int | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)
