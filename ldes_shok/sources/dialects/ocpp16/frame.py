"""Parses OCPP-J frames (OCPP-J 1.6, 4.2). It interprets nothing and raises nothing.

Numbers keep their text: a reading's digits never pass through a float.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ldes_shok.cabinet.syntax import MAX_BYTES, check_depth
from ldes_shok.errors import EventRejected
from ldes_shok.sources.decoder import Refusal

_MAX_ID_CHARACTERS: Final = 128
_MAX_ACTION_CHARACTERS: Final = 64
_WHOLE: Final = re.compile(r"(-?[0-9]{1,15})(?:\.0{1,9})?")
_UNPRINTABLE: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")


class Numeral(str):
    """The text of a JSON number; also NaN and Infinity, which some stations send."""

    __slots__ = ()


_JSON: Final = json.JSONDecoder(parse_int=Numeral, parse_float=Numeral, parse_constant=Numeral)


@dataclass(frozen=True, slots=True)
class Call:
    """A request: `[2, id, action, payload]`."""

    unique_id: str
    action: str
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Result:
    """The answer to a request: `[3, id, payload]`."""

    unique_id: str
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Failure:
    """A request that failed: `[4, id, code, description, details]`."""

    unique_id: str
    code: str


Frame = Call | Result | Failure


def load_json(payload: bytes) -> object:
    """A JSON value, its numbers as `Numeral`; a `Refusal` if it is not JSON.

    A byte order mark at the beginning is ignored: the readings are still good.
    """
    if len(payload) > MAX_BYTES:
        reason = f"this is {len(payload)} bytes: a frame has at most {MAX_BYTES} bytes"
        return Refusal("frame_too_large", reason)
    try:
        check_depth(payload)
        return _JSON.decode(payload.decode("utf-8-sig"))
    except EventRejected as error:
        return Refusal("not_json", error.reason)
    except UnicodeDecodeError:
        return Refusal("not_json", "this is not UTF-8: send the frame as UTF-8")
    except (ValueError, RecursionError):
        return Refusal("not_json", "this is not JSON: send the whole frame, and nothing beside it")


def frame_of(value: object) -> Frame | Refusal:
    """The frame that a JSON value is."""
    if isinstance(value, Refusal):
        return value
    match value:
        case [kind, unique_id, *rest] if _is_id(unique_id):
            frame = _of_kind(str(kind), str(unique_id), rest)
            if frame is not None:
                return frame
    return Refusal(
        "not_a_frame",
        "an OCPP frame is [2, id, action, {...}], [3, id, {...}] or [4, id, code, text, {...}]",
    )


def _is_id(value: object) -> bool:
    return isinstance(value, str) and len(value) <= _MAX_ID_CHARACTERS


def _of_kind(kind: str, unique_id: str, rest: list[object]) -> Frame | None:
    match kind, rest:
        case "2", [str() as action, dict() as payload] if len(action) <= _MAX_ACTION_CHARACTERS:
            return Call(unique_id, action, payload)
        case "3", [dict() as payload]:
            return Result(unique_id, payload)
        case "4", [str() as code, *_]:
            return Failure(unique_id, code[:_MAX_ACTION_CHARACTERS])
        case _:
            return None


def whole(payload: Mapping[str, Any], name: str) -> int | None:
    """A whole number, also in quotes or with `.0` at its end; None if there is none."""
    value = payload.get(name)
    match_ = _WHOLE.fullmatch(value.strip()) if isinstance(value, str) else None
    return None if match_ is None else int(match_[1])


def text(payload: Mapping[str, Any], name: str, most_characters: int) -> str:
    """A text without control characters, cut to a length; empty if there is none."""
    value = payload.get(name)
    if not isinstance(value, str):
        return ""
    return _UNPRINTABLE.sub(" ", value).strip()[:most_characters].rstrip()


def items(payload: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """The objects of a list; other elements are left out."""
    value = payload.get(name)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
