"""Instants as text, and their check: the pattern cannot know that 30 February does not exist."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from ldes_shok.cabinet.fields import wrong

EARLIEST: Final = datetime(2015, 1, 1, tzinfo=UTC)
"""No cabinet of today measured before: a clock that was never set shows 1970 or 2000."""

MOST_AHEAD: Final = timedelta(minutes=10)
"""How far a device's clock may be ahead of ours."""

BACKLOG: Final = timedelta(hours=1)
"""A report that is older than this at its receipt was kept by something in between."""

BUFFER_DEPTH: Final = timedelta(days=31)
"""Nothing between a meter and us keeps readings for longer: an older time has a wrong clock."""


def check_instant(field: str, text: str) -> None:
    """Raise ValueError, naming `field`, if `text` names a day that does not exist."""
    try:
        datetime.fromisoformat(text)
    except ValueError as error:
        raise wrong(field, f"names a time that does not exist ({error})") from error


def parse_instant(text: str) -> datetime:
    """The aware UTC datetime of an `Instant`.

    Raises:
        ValueError: the day does not exist.
    """
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{text} does not exist: {error}") from error
