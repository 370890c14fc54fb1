"""Translates the vendor's words to the axes of a status."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from ldes_shok.cabinet.event import StatusData
from ldes_shok.sources.common.json_text import text_of
from ldes_shok.sources.dialects.mapped.path import MessagePart
from ldes_shok.sources.dialects.mapped.places import shown
from ldes_shok.sources.dialects.mapped.readings import holds
from ldes_shok.sources.dialects.mapped.rules import StatusAxis

AXES: Final = ("operation", "occupancy", "power", "plug", "door", "connectivity")
"""The axes of a status rule. `cause` beside them gives the reason, and is no axis."""

CAUSE: Final = "cause"
_UNKNOWN: Final = "unknown"
_OTHER_CAUSE: Final = "other"


def status(rules: Iterable[StatusAxis], part: MessagePart) -> StatusData | None:
    """The status that `rules` find; None if they find none.

    A word that the mapping does not know makes its axis unknown. The word goes into `vendorState`,
    so that the maintainer of the mapping sees it. If two rules have the same axis, the first that
    finds a word counts.
    """
    axes: dict[str, str] = {}
    strange: dict[str, None] = {}
    for rule in rules:
        word = text_of(rule.path.find(part)) if holds(rule.when, part) else None
        if word is None or rule.axis in axes:
            continue
        ours = rule.values.get(word)
        if ours is None:
            strange[shown(word)] = None
        axes[rule.axis] = ours or (_OTHER_CAUSE if rule.axis == CAUSE else _UNKNOWN)
    if not axes.keys() & set(AXES):
        return None
    words: Any = axes  # checked when the settings were read
    return StatusData(**words, vendor_state=" ".join(strange)[:64] or None)
