"""Turns any error of a check into a finding."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ldes_shok.errors import LogError
from ldes_shok.fsck.finding import Finding, Invariant, Item

_SHOWN_CHARACTERS = 200


def guarded(checks: Callable[[], Iterator[Item]], place: str) -> Iterator[Item]:
    """Run checks; an error in them becomes a finding, and later checks go on.

    Damaged data can raise every error that a decoder has.
    """
    try:
        yield from checks()
    except Exception as error:  # noqa: BLE001  see above
        yield unreadable(place, error)


def unreadable(place: str, error: Exception) -> Finding:
    """The finding for data that cannot be read."""
    text = " ".join(str(error).split()) or "no reason given"
    name = "" if isinstance(error, LogError) else f"{type(error).__name__}: "
    sentence = f"it cannot be read any further: {name}{text[:_SHOWN_CHARACTERS]}"
    return Finding(Invariant.STORED, place, sentence)
