"""Parses the times of stations; the judge of clocks makes instants of them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

_TIME: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:[.,]([0-9]{1,12}))?"
    r" ?(?:([Zz])|([+-][0-9]{2}):?([0-9]{2}))?"
)
_FIRST_DAY: Final = "1900-01-02"


def parse_time(value: object) -> datetime | None:
    """An ISO 8601 time, naive if it has no zone; None if it is no time.

    Digits after the sixth decimal of a second are cut off.
    """
    match = _TIME.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None or match[1] < _FIRST_DAY:
        return None
    day, clock, fraction, utc, hours, minutes = match.groups()
    offset = f"{hours}:{minutes}" if hours else ""
    text = f"{day}T{clock}.{(fraction or '0')[:6].ljust(6, '0')}{offset}"
    try:
        written = datetime.fromisoformat(text)
    except ValueError:
        return None
    return written.replace(tzinfo=UTC) if utc else written
