"""Topic templates: `shok/{cabinet}/{outlet}/up`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from ldes_shok.sections.texts import Text

PLACES: Final = ("cabinet", "outlet", "meter", "device")
_PLACEHOLDER: Final = re.compile(r"^\{([a-z]+)\}$")
_ONE: Final = "+"
_REST: Final = "#"
_PART: Final = "is only a part of a level; it must fill it"


def check_filter(text: str) -> None:
    """Check that a text is a topic filter (MQTT 5.0 and 3.1.1, section 4.7.1).

    Raises:
        ValueError: it is not; one sentence.
    """
    levels = text.split("/")
    for index, level in enumerate(levels):
        if _PLACEHOLDER.match(level):
            raise ValueError(f"a subscription has no {level}; write + here, and it in decode.topic")
        _check_level(level, is_last=index == len(levels) - 1)


def _check_level(level: str, *, is_last: bool) -> None:
    if level not in (_ONE, _REST) and any(sign in level for sign in (_ONE, _REST)):
        raise ValueError(f"{level} {_PART}")
    if level == _REST and not is_last:
        raise ValueError("# must be the last level")


class Topic(Text):
    """A template: a level is text, `{cabinet}` and the like, `+` (any), or `#` at the end (rest).

    Attributes:
        levels: the texts between the slashes.
        placeholders: the name in braces of a level, by the number of that level.

    Raises:
        ValueError: it is no template; one sentence.
    """

    __slots__ = ("levels", "placeholders")

    def __init__(self, text: str) -> None:
        super().__init__(text)
        levels = tuple(text.split("/"))
        placeholders: dict[int, str] = {}
        for index, level in enumerate(levels):
            placeholder = _PLACEHOLDER.match(level)
            if placeholder is None:
                if any(sign in level for sign in "{}"):
                    raise ValueError(f"{level} {_PART}")
                _check_level(level, is_last=index == len(levels) - 1)
            elif placeholder[1] not in PLACES or placeholder[1] in placeholders.values():
                known = ", ".join(f"{{{place}}}" for place in PLACES)
                raise ValueError(f"{level} must be one of {known}, and each at most once")
            else:
                placeholders[index] = placeholder[1]
        self.levels = levels
        self.placeholders: Mapping[int, str] = placeholders

    def match(self, topic: str) -> Mapping[str, str] | None:
        """The values of the placeholders in `topic`; None if the topic does not match."""
        given = topic.split("/")
        levels = self.levels
        if levels[-1] == _REST:
            levels = levels[:-1]
            given = given[: len(levels)]
        if len(levels) != len(given):
            return None
        for index, (level, actual) in enumerate(zip(levels, given, strict=True)):
            if index not in self.placeholders and level not in (_ONE, actual):
                return None
        return {place: given[index] for index, place in self.placeholders.items()}
