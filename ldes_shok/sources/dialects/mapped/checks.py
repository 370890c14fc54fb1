"""What no single key of a mapping can say: whether it can find what it needs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from ldes_shok.sources.common.quantities import UNITS, fits
from ldes_shok.sources.common.topic import Topic
from ldes_shok.sources.dialects.mapped.path import Path
from ldes_shok.sources.dialects.mapped.presets import with_preset
from ldes_shok.sources.dialects.mapped.section import Mapping, Reading, StatusAxis, Time
from ldes_shok.sources.dialects.mapped.statuses import words_of
from ldes_shok.sources.dialects.mapped.times import EPOCH_MILLISECONDS, EPOCH_SECONDS, ISO, NO_CLOCK

_FORMATS = (ISO, EPOCH_SECONDS, EPOCH_MILLISECONDS, NO_CLOCK)


def mapping_problems(path: str, given: Mapping) -> Iterator[str]:
    """One sentence for each contradiction in a mapping, the key first.

    Args:
        path: of its section, such as `sources[0].decode`.
        given: as it stands in the file; it is judged with its preset below it.
    """
    mapping = with_preset(given)
    syntax = list(_syntax(path, mapping))
    yield from syntax
    if syntax:
        return
    if not (mapping.readings or mapping.status or mapping.last_will):
        yield f"{path}: must have readings, status or last_will; without, no message means anything"
    yield from _places(path, mapping)
    yield from _time(f"{path}.time", mapping.time)
    for index, reading in enumerate(mapping.readings or ()):
        yield from _reading(f"{path}.readings[{index}]", reading, mapping)
    for index, status in enumerate(mapping.status or ()):
        yield from _status(f"{path}.status[{index}]", status)


def _syntax(path: str, mapping: Mapping) -> Iterator[str]:
    for name, text in _paths(mapping):
        if text is not None:
            yield from _path(f"{path}.{name}", text, every=name == "each")
    will = mapping.last_will
    for name, topic in (
        ("topic", mapping.topic),
        ("last_will.topic", will.topic if will else None),
    ):
        if topic is not None:
            try:
                Topic.parse(topic)
            except ValueError as error:
                yield f"{path}.{name}: {error}"


def _paths(mapping: Mapping) -> Iterator[tuple[str, str | None]]:
    """Every path with the key that it stands at."""
    yield "each", mapping.each
    yield "device", mapping.device
    yield "time.path", mapping.time.path if mapping.time else None
    places = {"cabinet": mapping.cabinet, "outlet": mapping.outlet, "meter": mapping.meter}
    yield from ((f"{name}.path", given.path) for name, given in places.items() if given)
    yield from ((f"key[{index}]", text) for index, text in enumerate(mapping.key or ()))
    for index, reading in enumerate(mapping.readings or ()):
        name = f"readings[{index}]"
        yield from ((f"{name}.path", reading.path), (f"{name}.unit_path", reading.unit_path))
        yield from ((f"{name}.when", text) for text in reading.when)
    for index, axis in enumerate(mapping.status or ()):
        yield f"status[{index}].path", axis.path
        yield from ((f"status[{index}].when", text) for text in axis.when)
    yield from (("ignore", text) for text in mapping.ignore or {})
    if mapping.overlay is not None:
        yield "overlay.path", mapping.overlay.path
        yield from (("overlay.full", text) for text in mapping.overlay.full)
        yield from (("overlay.delta", text) for text in mapping.overlay.delta)


def _path(name: str, text: str, *, every: bool) -> Iterator[str]:
    try:
        path = Path.parse(text)
    except ValueError as error:
        yield f"{name}: {error}"
        return
    if path.has_every and not every:
        yield f"{name}: must lead to one value; only each may have a *"


def _places(path: str, mapping: Mapping) -> Iterator[str]:
    holes = set(Topic.parse(mapping.topic).holes.values()) if mapping.topic else set()
    has_device = mapping.device is not None or "device" in holes
    if mapping.aliases and not has_device:
        yield f"{path}.device: is missing; say where the name stands that aliases have"
    if not mapping.aliases and mapping.cabinet is None and "cabinet" not in holes:
        yield f"{path}.cabinet: is missing; give it, or aliases, or a topic with {{cabinet}}"
    if mapping.overlay is not None and not has_device:
        yield f"{path}.device: is missing; overlay must know which device it hears"
    registers = any(r.quantity.endswith(".register") for r in mapping.readings or ())
    has_meter = mapping.meter is not None or "meter" in holes
    if registers and not has_meter and not any(a.meter for a in mapping.aliases.values()):
        yield f"{path}.meter: is missing; a register is of a meter: give meter, or alias with one"


def _time(path: str, time: Time | None) -> Iterator[str]:
    if time is None:
        yield f"{path}: is missing; say where the time stands, or `format: none` without a clock"
        return
    if time.path is None and time.format != NO_CLOCK:
        yield f"{path}.path: is missing; say where it stands, or `format: none` without a clock"
    if time.format not in (None, *_FORMATS) and not _is_pattern(time.format):
        yield f"{path}.format: must be one of {', '.join(_FORMATS)}, or a pattern with %Y, %m, %d"
    if time.zone is not None and not _is_zone(time.zone):
        yield f"{path}.zone: {time.zone} is no zone; write one such as Europe/Brussels"


def _is_pattern(text: str | None) -> bool:
    when = datetime(2026, 5, 12, 18, 30, tzinfo=UTC)
    if text is None or "%" not in text:
        return False
    try:
        read = datetime.strptime(when.strftime(text), text)  # noqa: DTZ007  only compared by day
    except ValueError:
        return False
    return read.date() == when.date()


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def _reading(path: str, reading: Reading, mapping: Mapping) -> Iterator[str]:
    if reading.unit not in UNITS:
        yield f"{path}.unit: {reading.unit} is not one of {', '.join(UNITS)}"
    elif not fits(reading.unit, reading.quantity):
        yield f"{path}.unit: {reading.unit} is no unit of {reading.quantity}"
    over_period = reading.quantity.endswith((".interval", ".demand"))
    if over_period and mapping.interval_seconds is None:
        yield f"{path}.quantity: {reading.quantity} is over a period; give interval_seconds"


def _status(path: str, status: StatusAxis) -> Iterator[str]:
    known = words_of(status.axis)
    for theirs, ours in status.values.items():
        if ours not in known:
            yield f"{path}.values.{theirs}: {ours} is not one of {', '.join(known)}"
