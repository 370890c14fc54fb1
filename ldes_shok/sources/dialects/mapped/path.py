"""Paths into JSON: `params."em:0".voltage`, `readings[2].value`, `$.device`.

A path names one value, or with `*` the values of one object or array. The syntax is our own,
because JSONPath (RFC 9535) also has filters, slices and descent. These give a list where one value
is meant, and take time that grows with the message.

    name        a member of an object; anything but . [ ] " and * "a name"    the same with any
    character but " [0]         an element of an array *           every element, or the value of
    every member $           the whole message; a path without it starts at the part that `each`
    gives $key        the name of the member that the last * of `each` stood for
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ldes_shok.sections.texts import Text

_STEP: Final = re.compile(r'\.?(?:"([^"]+)"|\[([0-9]{1,6})\]|(\*)|([^."\[\]*]+))')
_KEY: Final = "$key"
_ROOT: Final = "$"


class _Absent:
    """The result of a path that leads nowhere; null is a value."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = _Absent()
_EVERY: Final = _Absent()

Step = str | int | _Absent


@dataclass(frozen=True, slots=True)
class MessagePart:
    """A part of a message.

    Attributes:
        value: the JSON value.
        root: the whole message.
        key: the name of the member that is this part; empty if it has none.
    """

    value: object
    root: object
    key: str = ""


class Path(Text):
    """Steps to a value, or with `*` to several.

    Attributes:
        steps: names and numbers.
        from_root: whether the path starts at the whole message.
        is_key: whether the path is the member's name and not a value.

    Raises:
        ValueError: the text is no path; one sentence.
    """

    __slots__ = ("from_root", "is_key", "steps")

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.is_key = text == _KEY
        self.from_root = text == _ROOT or text.startswith((f"{_ROOT}.", f"{_ROOT}["))
        rest = text[1:] if self.from_root else text
        self.steps = () if self.is_key else tuple(_steps(rest, text))

    def find(self, part: MessagePart) -> object:
        """The value of the path in `part`; ABSENT if there is none."""
        if self.is_key:
            return part.key or ABSENT
        return _walk(part.root if self.from_root else part.value, self.steps)

    def parent(self, part: MessagePart) -> object:
        """The value that the last step starts from; ABSENT if that is missing too."""
        return _walk(part.root if self.from_root else part.value, self.steps[:-1])

    def each(self, root: object) -> Iterator[MessagePart]:
        """Every part of a message that the path finds; an array at its end gives its elements."""
        yield from _flat(_every(MessagePart(root, root), self.steps))


def _steps(rest: str, text: str) -> Iterator[Step]:
    position = 0
    while position < len(rest):
        match = _STEP.match(rest, position)
        if match is None or (position == 0 and rest[0] == "." and rest == text):
            raise ValueError(
                f"{text} is no path: write names with dots between them, [0] for the first of a "
                'list, and quotes around other names, such as params."em:0".voltage'
            )
        quoted, index, every, name = match.groups()
        if index is not None:
            yield int(index)
        else:
            yield _EVERY if every else quoted or name
        position = match.end()


def _walk(value: object, steps: tuple[Step, ...]) -> object:
    for step in steps:
        value = _one(value, step)
        if value is ABSENT:
            break
    return value


def _one(value: object, step: Step) -> object:
    if isinstance(value, dict) and isinstance(step, str):
        return value.get(step, ABSENT)
    if isinstance(value, list) and isinstance(step, int):
        return value[step] if step < len(value) else ABSENT
    return ABSENT


def _every(part: MessagePart, steps: tuple[Step, ...]) -> Iterator[MessagePart]:
    if not steps:
        yield part
        return
    step, rest = steps[0], steps[1:]
    if step is not _EVERY:
        value = _one(part.value, step)
        if value is not ABSENT:
            yield from _every(MessagePart(value, part.root, part.key), rest)
    elif isinstance(part.value, dict):
        for key, value in part.value.items():
            yield from _every(MessagePart(value, part.root, key), rest)
    elif isinstance(part.value, list):
        for value in part.value:
            yield from _every(MessagePart(value, part.root, part.key), rest)


def _flat(parts: Iterator[MessagePart]) -> Iterator[MessagePart]:
    for part in parts:
        if isinstance(part.value, list):
            for value in part.value:
                yield MessagePart(value, part.root, part.key)
        else:
            yield part


class ValuePath(Path):
    """A path that leads to one value.

    Raises:
        ValueError: it is no path, or may lead to several values; one sentence.
    """

    __slots__ = ()

    def __init__(self, text: str) -> None:
        super().__init__(text)
        if _EVERY in self.steps:
            raise ValueError("must lead to one value; only each may have a *")


WHOLE: Final = Path("")
"""The message itself."""
