"""Values that are written as text in the settings and are more than text: paths, topics, zones."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from ldes_shok.sections.fields import Line
from ldes_shok.sections.problems import time_zone


class Text:
    """A value that is written as one line. msgspec takes dataclasses apart, so it is none.

    Its constructor raises ValueError with one sentence for a text that it cannot be.

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
    """The `dec_hook` of msgspec for all sections.

    Raises:
        ValueError: the text is no value of this kind; one sentence.
        msgspec.ValidationError: it is not even a line of text.
    """
    line = msgspec.convert(raw, Line)
    return time_zone(line) if kind is ZoneInfo else kind(line)


def text_schema(_kind: type[Any]) -> dict[str, Any]:
    """The `schema_hook` of msgspec for all sections: each such value is a line of text."""
    schema = msgspec.json.schema(Line)
    return {key: schema[key] for key in ("type", "maxLength", "pattern")}
