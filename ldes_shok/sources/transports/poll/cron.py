"""Cron times: minute, hour, day of month, month, day of week. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_MONTHS: Final = (
    "jan",
    "feb",
    "mar",
    "apr",
    "may",
    "jun",
    "jul",
    "aug",
    "sep",
    "oct",
    "nov",
    "dec",
)
_DAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")


@dataclass(frozen=True, slots=True)
class _Field:
    """One of the five fields: its name and its range."""

    name: str
    least: int
    most: int
    words: tuple[str, ...] = ()


_FIELDS: Final = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of month", 1, 31),
    _Field("month", 1, 12, _MONTHS),
    _Field("day of week", 0, 7, _DAYS),
)


@dataclass(frozen=True, slots=True)
class CronTimes:
    """The values of each field, as lists with commas or `*`; days of the week by name.

    By name, because cron counts them from Sunday and others from Monday.
    """

    minute: str
    hour: str
    day: str
    month: str
    day_of_week: str


def read_cron(text: str) -> CronTimes:
    """Five fields of numbers, names, `*`, ranges, lists and steps.

    Raises:
        ValueError: it cannot be read; the message names the field, and what to do.
    """
    parts = text.lower().split()
    if len(parts) != len(_FIELDS):
        raise ValueError(
            "must have five fields: minute, hour, day of month, month, day of week, such as "
            "15 2 * * *"
        )
    values = [_values(part, field) for part, field in zip(parts, _FIELDS, strict=True)]
    minute, hour, day, month, weekday = values
    if day is not None and weekday is not None:
        # Cron means either of the two, other schedulers mean both.
        raise ValueError("must have * as day of month or as day of week")
    days = None if weekday is None else sorted({number % 7 for number in weekday})
    return CronTimes(
        _listed(minute),
        _listed(hour),
        _listed(day),
        _listed(month),
        "*" if days is None else ",".join(_DAYS[number] for number in days),
    )


def _listed(values: list[int] | None) -> str:
    return "*" if values is None else ",".join(str(value) for value in values)


def _values(part: str, field: _Field) -> list[int] | None:
    """The values that a field allows; None for all."""
    if part == "*":
        return None
    found: set[int] = set()
    for piece in part.split(","):
        span, slash, step_text = piece.partition("/")
        step = _number(step_text, field) if slash else 1
        first, last = _span(span, field, has_step=bool(slash))
        if step < 1 or first > last:
            raise _wrong(field)
        found.update(range(first, last + 1, step))
    return sorted(found)


def _span(span: str, field: _Field, *, has_step: bool) -> tuple[int, int]:
    if span == "*":
        return field.least, 6 if field.words is _DAYS else field.most
    first_text, dash, last_text = span.partition("-")
    first = _value(first_text, field)
    if dash:
        return first, _value(last_text, field)
    return first, field.most if has_step else first


def _value(text: str, field: _Field) -> int:
    if text in field.words:
        return field.words.index(text) + field.least
    number = _number(text, field)
    if not field.least <= number <= field.most:
        raise _wrong(field)
    return number


def _number(text: str, field: _Field) -> int:
    if not (text.isascii() and text.isdecimal()) or len(text) > 2:
        raise _wrong(field)
    return int(text)


def _wrong(field: _Field) -> ValueError:
    names = f" or {field.words[0]} to {field.words[-1]}" if field.words else ""
    return ValueError(
        f"must have as {field.name} numbers from {field.least} to {field.most}{names}, *, "
        "lists, ranges or steps"
    )
