"""Times of a notification."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

_INSTANT: Final = re.compile(
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.,][0-9]{1,9})?"
    r"(Z|[+-][0-9]{2}:?[0-9]{2})?\Z"
)


def instant(text: object) -> datetime | None:
    """A time in UTC, or naive if it names no zone; None if it is no time."""
    if not isinstance(text, str) or not _INSTANT.match(text):
        return None
    try:
        at = datetime.fromisoformat(text)
        return at if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
