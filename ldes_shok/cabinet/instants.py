"""Instants as text: the pattern cannot know that 30 February does not exist."""

from __future__ import annotations

from datetime import datetime

from ldes_shok.cabinet.fields import wrong


def check_instant(field: str, text: str) -> None:
    """Raise ValueError, naming `field`, when `text` names a day that does not exist."""
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
