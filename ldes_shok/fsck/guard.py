"""Checks that end with a finding, whatever they meet."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ldes_shok.errors import LogError
from ldes_shok.fsck.finding import Finding, Invariant, Item

_SHOWN_CHARACTERS = 200


def guarded(checks: Callable[[], Iterator[Item]], place: str) -> Iterator[Item]:
    """Some checks; a failure of theirs is a finding, and the checks after them go on.

    A program that reads what may be damaged anywhere meets every error that its decoders have.
    """
    try:
        yield from checks()
    except Exception as error:  # noqa: BLE001  see above
        yield unreadable(place, error)


def unreadable(place: str, error: Exception) -> Finding:
    """What cannot be read is a finding too."""
    text = " ".join(str(error).split()) or "no reason given"
    name = "" if isinstance(error, LogError) else f"{type(error).__name__}: "
    sentence = f"it cannot be read any further: {name}{text[:_SHOWN_CHARACTERS]}"
    return Finding(Invariant.STORED, place, sentence)
