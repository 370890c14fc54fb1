"""Which texts a log can hold, whatever it is made of: any other is not in it."""

from __future__ import annotations

from typing import Final

UNIT_SEPARATOR: Final = "\x1f"
"""Between texts that go to PostgreSQL in one parameter; no IRI holds a control character."""


def is_storable(text: str) -> bool:
    """Whether every store can hold a text; one that some cannot is in no log."""
    return "\0" not in text and UNIT_SEPARATOR not in text and not _has_surrogates(text)


def _has_surrogates(text: str) -> bool:
    return not text.isascii() and any("\ud800" <= c <= "\udfff" for c in text)
