"""Whose telegrams these are: a cabinet that the settings name, or one in the topic."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from ldes_shok.sources.common.topic import Topic
from ldes_shok.sources.decoder import Message

_CABINET: Final = "cabinet"
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class OneCabinet:
    """All telegrams are of one cabinet."""

    name: str

    def cabinet(self, message: Message) -> str | None:  # noqa: ARG002  it is always this one
        """The cabinet."""
        return self.name


class CabinetInTopic:
    """The topic says it: `p1/{cabinet}` or `+/{cabinet}/p1`.

    Args:
        template: a topic with `{cabinet}` as one of its levels; see `Topic`.

    Raises:
        ValueError: it is none, or names something else too; one sentence.
    """

    def __init__(self, template: str) -> None:
        topic = Topic.parse(template)
        if set(topic.holes.values()) != {_CABINET}:
            raise ValueError("must have {cabinet} as one of its levels, such as p1/{cabinet}")
        self._topic = topic

    def cabinet(self, message: Message) -> str | None:
        """The cabinet; None if the topic has another form."""
        match = self._topic.match(message.attributes.get("topic", ""))
        return match[_CABINET] if match and _NAME.fullmatch(match[_CABINET]) else None
