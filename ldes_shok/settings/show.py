"""Shows the settings: as YAML without secrets, and as a JSON Schema."""

from __future__ import annotations

from typing import Any

import msgspec
import yaml

from ldes_shok.sections.base import HIDDEN, without_password
from ldes_shok.sections.texts import text_schema
from ldes_shok.settings.model import Settings
from ldes_shok.settings.store import POSTGRES_SCHEMES

_SECRET_KEYS = frozenset({"secret", "demo_token"})
_SCHEMA_ID = "urn:ldes-shok:settings:1"


def settings_yaml(settings: Settings) -> str:
    """Return the settings in effect as YAML; it can be loaded again, except hidden secrets."""
    tree = _redact(msgspec.to_builtins(settings, enc_hook=str))
    text: str = yaml.safe_dump(tree, allow_unicode=True, sort_keys=False, width=100)
    return text


def settings_schema() -> bytes:
    """Return the JSON Schema (2020-12) of the YAML file, UTF-8, for editors."""
    (root,), components = msgspec.json.schema_components(
        [Settings], schema_hook=text_schema, ref_template="#/$defs/{name}"
    )
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": _SCHEMA_ID,
        "title": "Settings of ldes-shok",
        **root,
        "$defs": _portable(components),
    }
    return msgspec.json.format(msgspec.json.encode(schema), indent=2) + b"\n"


def _portable(value: Any) -> Any:
    """Return `value` with patterns of JSON Schema's dialect (ECMA-262), ending with a dollar."""
    match value:
        case {"pattern": str() as pattern, **rest}:
            return {**_portable(rest), "pattern": pattern.replace(r"\Z", "$")}
        case dict():
            return {key: _portable(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_portable(inner) for inner in value]
        case _:
            return value


def _redact(value: Any) -> Any:
    match value:
        case dict():
            return {
                key: HIDDEN if key in _SECRET_KEYS else _redact(inner)
                for key, inner in value.items()
                if inner is not None
            }
        case list() | tuple():
            return [_redact(inner) for inner in value]
        case str() if value.startswith(POSTGRES_SCHEMES):
            return without_password(value)
        case _:
            return value
