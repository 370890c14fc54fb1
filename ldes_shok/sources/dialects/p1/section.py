"""The section `decode` with `as: p1`: telegrams of a head meter."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final

from msgspec import Meta

from ldes_shok.cabinet.fields import is_name
from ldes_shok.sections.fields import Name
from ldes_shok.sections.problems import exactly_one
from ldes_shok.sources.common.topic import Topic
from ldes_shok.sources.decoder import Message
from ldes_shok.sources.section import DialectSection

_CABINET: Final = "cabinet"


class CabinetTopic(Topic):
    """A topic with `{cabinet}` as one of its levels: `p1/{cabinet}` or `+/{cabinet}/p1`.

    Raises:
        ValueError: it is no topic, or names something else too; one sentence.
    """

    __slots__ = ()

    def __init__(self, text: str) -> None:
        super().__init__(text)
        if set(self.placeholders.values()) != {_CABINET}:
            raise ValueError("must have {cabinet} as one of its levels, such as p1/{cabinet}")


class P1(DialectSection, frozen=True, tag="p1", tag_field="as"):
    """Telegrams of the head meter's P1 port (DSMR 5, eMUCs)."""

    cabinet: Annotated[Name | None, Meta(description="The cabinet that the meter measures.")] = None
    topic: Annotated[
        CabinetTopic | None,
        Meta(description="Or where the topic has it: p1/{cabinet}, + for any level."),
    ] = None
    every_seconds: Annotated[
        int, Meta(ge=1, le=86_400, description="Grid on which readings are published.")
    ] = 900

    def cabinet_of(self, message: Message) -> str | None:
        """The cabinet of a message; None if its topic has another form."""
        if self.topic is None:
            return self.cabinet
        levels = self.topic.match(message.attributes.get("topic", ""))
        return levels[_CABINET] if levels and is_name(levels[_CABINET]) else None

    def problems(self, path: str, *, has_topics: bool) -> Iterator[str]:
        """One sentence for each contradiction, the key first."""
        yield from exactly_one(path, self, "cabinet", "topic")
        if self.topic is not None and not has_topics:
            yield f"{path}.topic: only an mqtt source has topics; use cabinet"
