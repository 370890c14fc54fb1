"""The times that stations write; the judge of clocks makes instants of them."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from typing import Final

from ldes_shok.cabinet.flags import REPORT_TIME
from ldes_shok.sources.common.clocks import Observed, judged, since

_TIME: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:[.,]([0-9]{1,12}))?"
    r" ?(?:([Zz])|([+-][0-9]{2}):?([0-9]{2}))?"
)
_FIRST_DAY: Final = "1900-01-02"


def parse_time(value: object) -> datetime | None:
    """An ISO 8601 time, naive if it names no zone; None if it is none.

    Digits of a second behind the sixth are cut off.
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


def measured_at(value: object, zone: tzinfo | None, received_at: datetime) -> Observed:
    """When a meter was read or a session began or ended.

    Args:
        value: what stands in the frame.
        zone: of a time without one; None: the settings name none.
        received_at: when the frame was seen, aware UTC.
    """
    return judged(parse_time(value), received_at, zone=zone)


def known_since(value: object, zone: tzinfo | None, received_at: datetime) -> Observed:
    """When a state was reported; without a time that can be right, since we received it.

    What stands in a StatusNotification is when it was reported, not when it happened.
    """
    found = since(measured_at(value, zone, received_at), received_at)
    return replace(found, flags=(REPORT_TIME, *found.flags))
