"""Sentences about keys of sections that do not fit together."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from ldes_shok.sections.base import Section


def exactly_one(path: str, section: Section, *keys: str) -> Iterator[str]:
    """Yield a sentence unless exactly one of these keys of a section is given."""
    if _given(section, keys) != 1:
        yield f"{path}: must have exactly one of {' and '.join(keys)}"


def at_most_one(path: str, section: Section, *keys: str) -> Iterator[str]:
    """Yield a sentence if more than one of these keys of a section is given."""
    if _given(section, keys) > 1:
        yield f"{path}: must have at most one of {' and '.join(keys)}"


def time_zone(name: str) -> ZoneInfo:
    """Return the time zone with an IANA name.

    Raises:
        ValueError: no time zone has this name; one sentence.
    """
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"{name} is no time zone; write one such as Europe/Brussels") from None


def zone_problems(path: str, name: str) -> Iterator[str]:
    """Yield a sentence unless `name` is the IANA name of a time zone."""
    try:
        time_zone(name)
    except ValueError as error:
        yield f"{path}: {error}"


def _given(section: Section, keys: tuple[str, ...]) -> int:
    return sum(getattr(section, key) is not None for key in keys)
