"""Values that are written as text in the settings and parsed: paths, topics, zones."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from ldes_shok.sections.fields import Line
from ldes_shok.sections.problems import time_zone


class Text:
    """A value that is written as one line. It is no dataclass: msgspec would take it apart.

    Its constructor raises ValueError with one sentence for an invalid text.

    Attributes:
        text: as it was written.
    """

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.text!r})"

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and str(other) == self.text

    def __hash__(self) -> int:
        return hash(self.text)


def from_text(kind: type[Any], raw: object) -> object:
    """Convert a text; the `dec_hook` of msgspec for all sections.

    Raises:
        ValueError: the text is no value of this kind; one sentence.
        msgspec.ValidationError: the value is not a line of text.
    """
    line = msgspec.convert(raw, Line)
    return time_zone(line) if kind is ZoneInfo else kind(line)


def text_schema(_kind: type[Any]) -> dict[str, Any]:
    """Return a line of text as schema; the `schema_hook` of msgspec for all sections."""
    schema = msgspec.json.schema(Line)
    return {key: schema[key] for key in ("type", "maxLength", "pattern")}
