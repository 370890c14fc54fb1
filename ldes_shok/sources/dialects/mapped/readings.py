"""The readings of one place in a part of a message."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from ldes_shok.cabinet import flags
from ldes_shok.cabinet.measurement import UNIT_OF, Reading
from ldes_shok.sources.common.json_text import text_of
from ldes_shok.sources.common.quantities import converted, fits, is_sentinel, number_of
from ldes_shok.sources.dialects.mapped.path import ABSENT, MessagePart
from ldes_shok.sources.dialects.mapped.places import shown
from ldes_shok.sources.dialects.mapped.plausible import ill_scaled
from ldes_shok.sources.dialects.mapped.rules import Condition, ReadingRule


@dataclass(frozen=True, slots=True)
class Dropped:
    """A reading without a value that is or should be there; `why` is a sentence."""

    why: str


@dataclass(frozen=True, slots=True)
class Measured:
    """The readings of one place, and those that were dropped."""

    readings: tuple[Reading, ...]
    dropped: tuple[Dropped, ...]


def holds(condition: Condition, part: MessagePart) -> bool:
    """Whether a part of a message meets the condition of a rule."""
    return all(text_of(path.find(part)) == expected for path, expected in condition.items())


def measured(rules: Iterable[ReadingRule], part: MessagePart) -> Measured:
    """Read the values that `rules` name; an absent reading is left out, and never 0.

    If two rules have the same quantity, phase and statistic, the first with a value counts. So a
    mapping can list the places that differ between versions of a device.
    """
    readings: dict[tuple[str, str, str | None], Reading] = {}
    dropped: list[Dropped] = []
    for rule in rules:
        if not holds(rule.when, part):
            continue
        reading = _reading(rule, part)
        if isinstance(reading, Dropped):
            dropped.append(reading)
        elif reading is not None:
            readings.setdefault((reading.quantity, reading.phase, reading.stat), reading)
    found = tuple(readings.values())
    wrong = ill_scaled(found)
    dropped += [
        Dropped(f"{found[place].quantity} does not fit voltage and current: its unit is wrong")
        for place in sorted(wrong)
    ]
    kept = tuple(reading for place, reading in enumerate(found) if place not in wrong)
    return Measured(kept, tuple(dropped))


def _reading(rule: ReadingRule, part: MessagePart) -> Reading | Dropped | None:
    value = rule.path.find(part)
    if value is ABSENT:
        if rule.omitted_is_zero and isinstance(rule.path.parent(part), dict):
            return _reading_of(rule, "0", (flags.ZERO_OMITTED,))
        return Dropped(f"{rule.path} is missing") if rule.required else None
    number = number_of(value)
    if is_sentinel(value, rule.sentinels):
        why = f"{_brief(value)}, which means no value"
    elif number is None:
        why = f"{_brief(value)}, which is no number"
    else:
        return _converted(rule, number, part)
    return Dropped(f"{rule.path} is {why}")


def _converted(rule: ReadingRule, number: Decimal, part: MessagePart) -> Reading | Dropped:
    named = text_of(rule.unit_path.find(part)) if rule.unit_path else rule.unit
    unit = named or rule.unit
    if not fits(unit, rule.quantity):
        return Dropped(f"{rule.path} is in {_brief(unit)}: no unit of {rule.quantity}")
    result = converted(number, unit, rule.quantity, Decimal(rule.scale))
    if result is None:
        return Dropped(f"{rule.path} is {number:.3e}, which no meter can have measured")
    noted = () if named else (flags.UNIT_DEFAULTED,)
    return _reading_of(rule, result.text, (*noted, flags.ROUNDED) if result.is_rounded else noted)


def _reading_of(rule: ReadingRule, value: str, noted: tuple[str, ...]) -> Reading:
    unit = UNIT_OF[rule.quantity]
    return Reading(rule.quantity, rule.phase, value, unit, rule.stat, flags=noted)


def _brief(value: object) -> str:
    text = text_of(value)
    if text is None:
        return "null" if value is None else "an object or a list"
    return shown(f'"{text}"' if isinstance(value, str) else text)
