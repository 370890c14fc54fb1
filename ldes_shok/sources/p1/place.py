"""Whose telegrams these are: a cabinet that the settings name, or one in the topic."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from ldes_shok.sources.decoder import Message

_HOLE: Final = "{cabinet}"
_NAMED: Final = r"(?P<cabinet>[A-Za-z0-9][A-Za-z0-9._-]{0,63})"


@dataclass(frozen=True, slots=True)
class OneCabinet:
    """All telegrams are of one cabinet."""

    name: str

    def cabinet(self, message: Message) -> str | None:  # noqa: ARG002  it is always this one
        """The cabinet."""
        return self.name


class CabinetInTopic:
    """The topic says it: `p1/{cabinet}` or `+/{cabinet}/p1`; `+` is any one level.

    Args:
        template: a topic with `{cabinet}` as one of its levels.

    Raises:
        ValueError: `{cabinet}` is not exactly one of the levels.
    """

    def __init__(self, template: str) -> None:
        levels = template.split("/")
        if levels.count(_HOLE) != 1 or template.count("{") != 1 or template.count("}") != 1:
            raise ValueError(f"must have {_HOLE} as one of its levels, such as p1/{_HOLE}")
        expressions = (
            _NAMED if level == _HOLE else "[^/]+" if level == "+" else re.escape(level)
            for level in levels
        )
        self._expression = re.compile(rf"^{'/'.join(expressions)}\Z")

    def cabinet(self, message: Message) -> str | None:
        """The cabinet; None if the topic has another form."""
        match = self._expression.match(message.attributes.get("topic", ""))
        return match["cabinet"] if match else None
