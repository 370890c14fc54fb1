"""Formats instants for people, in Dutch and always in UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from markupsafe import Markup

from ldes_shok.clock import format_milliseconds, from_milliseconds, to_milliseconds

MONTHS: Final = (
    "januari", "februari", "maart", "april", "mei", "juni",
    "juli", "augustus", "september", "oktober", "november", "december",
)  # fmt: skip

_SECOND_MS = 1000
_MINUTE_MS = 60_000
_DAY_MS = 86_400_000


def day(instant: datetime) -> str:
    """Return a date: `12 mei 2026`."""
    return f"{instant.day} {MONTHS[instant.month - 1]} {instant.year}"


def clock_time(instant_ms: int, *, seconds: bool = False) -> str:
    """Return `18:00`; seconds and milliseconds only if they are not zero or are asked for."""
    instant = from_milliseconds(instant_ms)
    if instant_ms % _SECOND_MS:
        return f"{instant:%H:%M:%S}.{instant_ms % _SECOND_MS:03d}"
    if seconds or instant_ms % _MINUTE_MS:
        return f"{instant:%H:%M:%S}"
    return f"{instant:%H:%M}"


def moment_text(instant_ms: int, *, seconds: bool = False) -> str:
    """Return date and time: `12 mei 2026, 18:00 UTC`."""
    shown = clock_time(instant_ms, seconds=seconds)
    return f"{day(from_milliseconds(instant_ms))}, {shown} UTC"


def moment(instant_ms: int) -> Markup:
    """Return a `<time>` element with date and time: `12 mei 2026, 18:00 UTC`."""
    return _dated(format_milliseconds(instant_ms), moment_text(instant_ms))


def moment_to_second(instant_ms: int) -> Markup:
    """Return a `<time>` element to the second: `12 mei 2026, 18:00:03 UTC`."""
    shown = moment_text(_whole_second(instant_ms), seconds=True)
    return _dated(format_milliseconds(instant_ms), shown)


def time_of_day(instant_ms: int) -> Markup:
    """Return a `<time>` element with only the time, to the second; for a row below its date.

    It has no attribute: HTML reads the time from the text, and a table has hundreds of them.
    """
    return Markup("<time>{}</time>").format(clock_time(_whole_second(instant_ms), seconds=True))


def observed(text: str, published_ms: int | None = None) -> Markup:
    """Return a `<time>` element for an xsd:dateTime with a zone; other text stays as it is.

    Args:
        text: the lexical form.
        published_ms: leave the date out if it is the date of this instant.
    """
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return Markup.escape(text)
    if instant.tzinfo is None:
        return Markup.escape(text)
    instant_ms = to_milliseconds(instant.astimezone(UTC))
    if published_ms is not None and same_day(instant_ms, published_ms):
        return time_of_day(instant_ms)
    return _dated(text, moment_text(_whole_second(instant_ms), seconds=True))


def same_day(first_ms: int, second_ms: int) -> bool:
    """Whether both instants are on one day, UTC."""
    return first_ms // _DAY_MS == second_ms // _DAY_MS


def _whole_second(instant_ms: int) -> int:
    return instant_ms - instant_ms % _SECOND_MS


def _dated(lexical: str, shown: str) -> Markup:
    return Markup('<time datetime="{}">{}</time>').format(lexical, shown)
