"""Turns a decoder's message into a sentence for the sender: which field, and what to send."""

from __future__ import annotations

import re
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

import msgspec

from ldes_shok.cabinet.event import KINDS, REPORTED
from ldes_shok.cabinet.fields import HINTS
from ldes_shok.errors import EventRejected

_LOCATED = re.compile(r"^(?P<what>.*?)(?: - at `\$(?P<path>[^`]*)`)?$", re.DOTALL)
_PLACED = re.compile(r"^(?P<field>[A-Za-z]+(?:\[[0-9]+\])?(?:\.[A-Za-z]+)*): (?P<reason>.+)$")
_REGEX = re.compile(r"^Expected `str` matching regex (?P<quote>['\"])(?P<pattern>.*)(?P=quote)$")
_MISSING = re.compile(r"^Object missing required field `(?P<name>[^`]+)`$")
_UNKNOWN = re.compile(r"^Object contains unknown field `(?P<name>.*)`$", re.DOTALL)
_TYPES = re.compile(r"^Expected `(?P<expected>[^`]+)`, got `(?P<got>[^`]+)`$")
_LENGTH = re.compile(r"^Expected `(?P<type>str|array)` of length (?P<sign>[<>]=)? ?(?P<n>[0-9]+)$")
_BOUND = re.compile(r"^Expected `int` (?P<sign>[<>]=) (?P<limit>[0-9]+)$")
_ENUM = re.compile(r"^Invalid enum value (?P<value>.*)$", re.DOTALL)
_KIND = re.compile(r"^Invalid value (?P<value>.*)$", re.DOTALL)
_FIXED: Final = {
    "Expected `array` of length >= 1": "must not be empty",
    "Expected `str` of length >= 1": "must not be empty",
    "Expected `str`": "must be text",
    "Integer value out of range": "is too large a number",
    "Invalid decimal string": "must be a number",
    "Number out of range": "is too large a number",
}
_STEP = re.compile(r"[A-Za-z]+")
_MALFORMED = re.compile(r"^JSON is malformed: (?P<what>.*) \(byte (?P<byte>[0-9]+)\)$", re.DOTALL)
_HALF_CHARACTER = re.compile(rb"\\u[dD][89a-fA-F]")
_HINT_OF: Final = {repr(pattern)[1:-1]: hint for pattern, hint in HINTS.items()}
_WORDS: Final = {
    "array": "a list",
    "bool": "true or false",
    "decimal": "a number",
    "float": "a number with a fraction",
    "int": "a whole number",
    "null": "null",
    "object": "an object",
    "str": "text",
}
_ITEMS: Final = {"str": "characters", "array": "items"}
_SHOWN_CHARACTERS: Final = 64
_MESSAGE_CHARACTERS: Final = 240


class _KindField(msgspec.Struct):
    """The field that decides how to read the others."""

    kind: str


def explain_syntax(message: str, payload: bytes) -> EventRejected:
    """The error for a `payload` that is not JSON; `message` is that of msgspec's DecodeError."""
    malformed = _MALFORMED.match(message)
    what = malformed["what"] if malformed else message
    if "surrogate" in what or ("truncated" in what and _HALF_CHARACTER.search(payload)):
        return EventRejected(
            "",
            "this is not JSON: a \\u escape is half a character; send the character itself "
            "or both halves",
        )
    if "truncated" in what:
        return EventRejected("", "this is not JSON: it ends too early")
    if malformed is None:
        return EventRejected("", f"this is not JSON: {_shown(what, _MESSAGE_CHARACTERS)}")
    byte = int(malformed["byte"])
    # A minus sign before Infinity is reported at the byte after it.
    if payload[byte : byte + 3] in (b"NaN", b"Inf", b"nan", b"inf"):
        return EventRejected(
            "", f"this is not JSON: no NaN and no Infinity (byte {byte}); leave out what is unknown"
        )
    return EventRejected("", f"this is not JSON: {what} (byte {byte})")


def explain(message: str, payload: bytes) -> EventRejected:
    """The error for a msgspec ValidationError: a field, and what to do about it."""
    located = _LOCATED.match(message)
    what, path = (located["what"], located["path"] or "") if located else (message, "")
    field = path.removeprefix(".")
    if match := _PLACED.match(what):
        return EventRejected(_join(field, match["field"]), match["reason"])
    if match := _MISSING.match(what):
        return EventRejected(_join(field, match["name"]), "is missing: add it")
    if match := _UNKNOWN.match(what):
        name = _join(field, _shown(match["name"]))
        return EventRejected(name, "is not a field of the canonical event: remove it")
    return EventRejected(field, _value_reason(what, field, payload))


def _value_reason(what: str, field: str, payload: bytes) -> str:
    """What to do about a field with a wrong value."""
    if match := _REGEX.match(what):
        return _HINT_OF.get(match["pattern"], "has the wrong form")
    if match := _ENUM.match(what):
        allowed = _allowed(field, payload)
        if len(allowed) == 1:
            return f"must be {allowed[0]}, not {_shown(match['value'])}"
        return f"{_shown(match['value'])} is not one of {', '.join(allowed)}"
    if field == "kind" and (match := _KIND.match(what)):
        return f"{_shown(match['value'])} is not one of {', '.join(REPORTED.values())}"
    if match := _TYPES.match(what):
        return _type_reason(match["expected"], match["got"], field)
    return _limit_reason(what)


def _limit_reason(what: str) -> str:
    if what in _FIXED:
        return _FIXED[what]
    if match := _LENGTH.match(what):
        many = {"<=": "at most ", ">=": "at least "}.get(match["sign"], "")
        return f"must have {many}{match['n']} {_ITEMS[match['type']]}"
    if match := _BOUND.match(what):
        many = "at most" if match["sign"] == "<=" else "at least"
        return f"must be {many} {match['limit']}"
    return _shown(what, _MESSAGE_CHARACTERS)


def _type_reason(expected: str, got: str, field: str) -> str:
    kinds = expected.split(" | ")
    wanted = " or ".join(_WORDS.get(kind, kind) for kind in kinds)
    reason = f"must be {wanted}, not {_WORDS.get(got, got)}"
    if not field:
        return f"the event {reason}"
    if "str" in kinds and got in {"int", "float"}:
        return f"{reason}: put it in quotes"
    return reason


def _allowed(field: str, payload: bytes) -> list[str]:
    """The values that the field may have, found by walking the types of this kind of event."""
    kind = msgspec.json.decode(payload, type=_KindField).kind
    found: Any = next(struct for struct, name in KINDS.items() if name == kind)
    for step in _STEP.findall(field):
        fields = msgspec.structs.fields(found)
        found = _bare(next(info.type for info in fields if info.encode_name == step))
    return [str(word) for word in get_args(found)] if get_origin(found) is Literal else []


def _bare(found: Any) -> Any:
    """The type inside Annotated, `| None` and tuple."""
    origin = get_origin(found)
    if origin is Annotated or origin is tuple:
        return _bare(get_args(found)[0])
    if origin is Union or origin is UnionType:
        return _bare(next(part for part in get_args(found) if part is not NoneType))
    return found


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _shown(text: str, most: int = _SHOWN_CHARACTERS) -> str:
    """A sender's text, shortened and made printable, so that a message may repeat it."""
    short = text if len(text) <= most else f"{text[: most - 1]}\N{HORIZONTAL ELLIPSIS}"
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in short)
