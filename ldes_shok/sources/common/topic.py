"""Topic templates: `shok/{cabinet}/{outlet}/up`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

PLACES: Final = ("cabinet", "outlet", "meter", "device")
_HOLE: Final = re.compile(r"^\{([a-z]+)\}$")
_ONE: Final = "+"
_REST: Final = "#"
_PART: Final = "is only a part of a level; it must fill it"


def check_filter(text: str) -> None:
    """See to it that a text is a topic filter (MQTT 5.0 and 3.1.1, section 4.7.1).

    Raises:
        ValueError: it is none; one sentence.
    """
    levels = text.split("/")
    for index, level in enumerate(levels):
        if _HOLE.match(level):
            raise ValueError(f"a subscription has no {level}; write + here, and it in decode.topic")
        _check_level(level, is_last=index == len(levels) - 1)


def _check_level(level: str, *, is_last: bool) -> None:
    if level not in (_ONE, _REST) and any(sign in level for sign in (_ONE, _REST)):
        raise ValueError(f"{level} {_PART}")
    if level == _REST and not is_last:
        raise ValueError("# must be the last level")


@dataclass(frozen=True, slots=True)
class Topic:
    """A template: a level is text, `{cabinet}` and the like, `+` (any), or `#` at the end (rest).

    Attributes:
        text: as it was written.
    """

    text: str
    levels: tuple[str, ...]
    holes: Mapping[int, str]

    @classmethod
    def parse(cls, text: str) -> Topic:
        """Read a template.

        Raises:
            ValueError: it is none; one sentence.
        """
        levels = tuple(text.split("/"))
        holes: dict[int, str] = {}
        for index, level in enumerate(levels):
            hole = _HOLE.match(level)
            if hole is None:
                if any(sign in level for sign in "{}"):
                    raise ValueError(f"{level} {_PART}")
                _check_level(level, is_last=index == len(levels) - 1)
            elif hole[1] not in PLACES or hole[1] in holes.values():
                known = ", ".join(f"{{{place}}}" for place in PLACES)
                raise ValueError(f"{level} must be one of {known}, and each at most once")
            else:
                holes[index] = hole[1]
        return cls(text, levels, holes)

    def match(self, topic: str) -> Mapping[str, str] | None:
        """What stands in the holes for `topic`; None if it is another topic."""
        given = topic.split("/")
        levels = self.levels
        if levels[-1] == _REST:
            levels = levels[:-1]
            given = given[: len(levels)]
        if len(levels) != len(given):
            return None
        for index, (level, word) in enumerate(zip(levels, given, strict=True)):
            if index not in self.holes and level not in (_ONE, word):
                return None
        return {place: given[index] for index, place in self.holes.items()}
