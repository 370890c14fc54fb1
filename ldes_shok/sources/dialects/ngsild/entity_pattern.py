"""Ids of entities with names in braces, such as `urn:ngsi-ld:Device:{cabinet}-{outlet}`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from ldes_shok.sections.texts import Text

_HOLE: Final = re.compile(r"\{(cabinet|outlet|meter|any)\}")
_NAMED: Final = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
_MOST_ID_CHARACTERS: Final = 256


class EntityPattern(Text):
    """An id in which `{cabinet}`, `{outlet}` and `{meter}` stand for a name.

    `{any}` stands for anything but a colon. The first name takes as much as it can: KST-01-3 gives
    the cabinet KST-01.

    Raises:
        ValueError: it has no {cabinet}, a name twice, or a brace that is none of these.
    """

    __slots__ = ("_expression",)

    def __init__(self, text: str) -> None:
        super().__init__(text)
        named = [hole for hole in _HOLE.findall(text) if hole != "any"]
        if "cabinet" not in named:
            raise ValueError("has no {cabinet} in it")
        if len(set(named)) != len(named):
            raise ValueError("has a name in braces twice")
        if set(_HOLE.sub("", text)) & {"{", "}"}:
            raise ValueError("knows only {cabinet}, {outlet}, {meter} and {any}")
        expression = ""
        for number, part in enumerate(_HOLE.split(text)):
            if number % 2 == 0:
                expression += re.escape(part)
            elif part == "any":
                expression += "[^:]+"
            else:
                expression += f"(?P<{part}>{_NAMED})"
        self._expression = re.compile(rf"^{expression}\Z")

    def match(self, entity: str) -> Mapping[str, str] | None:
        """The names in an id; None if the id does not match."""
        if len(entity) > _MOST_ID_CHARACTERS:
            return None
        found = self._expression.match(entity)
        return None if found is None else found.groupdict()
