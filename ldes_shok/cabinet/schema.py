"""The JSON Schema of the canonical event: documentation, generated from the types that decode it.

The decoder is the authority. What it checks beyond this schema: days that do not exist, order of
times, readings and identifiers that come twice, a meter or period that a reading needs, names
given twice, size and depth.
"""

from __future__ import annotations

import json
from typing import Any, Final

import msgspec

from ldes_shok.cabinet.event import Reported
from ldes_shok.cabinet.measurement import UNIT_OF

EVENT_SCHEMA_ID: Final = "urn:ldes-shok:event:1"
_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_AXES: Final = ("operation", "occupancy", "power", "plug", "door", "connectivity")


def event_schema() -> bytes:
    """JSON Schema 2020-12 of the canonical event, UTF-8, the same bytes every time."""
    generated = _portable(msgspec.json.schema(Reported))
    definitions = generated["$defs"]
    definitions["Reading"]["allOf"] = [_unit_rule(*pair) for pair in UNIT_OF.items()]
    definitions["StatusData"]["anyOf"] = [_has_axis(axis) for axis in _AXES]
    definitions["SessionData"].update(_ended_rule())
    schema = {
        "$schema": _DIALECT,
        "$id": EVENT_SCHEMA_ID,
        "title": "Canonical event, version 1",
        **generated,
    }
    return json.dumps(schema, indent=2, ensure_ascii=False).encode() + b"\n"


def _portable(value: Any) -> Any:
    """The generated schema with what only Python or msgspec understands said in JSON Schema."""
    if isinstance(value, dict):
        if value == {"type": "string", "format": "decimal"}:
            return {"type": "number"}
        changed = {name: _portable(held) for name, held in value.items()}
        # \Z is Python's; elsewhere $ is the end of the text.
        if isinstance(pattern := changed.get("pattern"), str):
            changed["pattern"] = pattern.removesuffix(r"\Z") + "$"
        return changed
    if isinstance(value, list | tuple):
        return [_portable(held) for held in value]
    return value


def _unit_rule(quantity: str, unit: str) -> dict[str, Any]:
    return {
        "if": {"properties": {"quantity": {"const": quantity}}, "required": ["quantity"]},
        "then": {"properties": {"unit": {"const": unit}}},
    }


def _has_axis(axis: str) -> dict[str, Any]:
    return {"properties": {axis: {"type": "string"}}, "required": [axis]}


def _ended_rule() -> dict[str, Any]:
    needed = ("endedAt", "stopReason")
    return {
        "if": {"properties": {"event": {"const": "ended"}}, "required": ["event"]},
        "then": {
            "properties": {name: {"type": "string"} for name in needed},
            "required": list(needed),
        },
    }
