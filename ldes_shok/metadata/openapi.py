"""Builds the OpenAPI 3.1 document: `openapi.yaml` and what only the running service knows."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from typing import Final

import msgspec
import yaml

from ldes_shok.cabinet.event import Event

Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]
"""A JSON value."""

_REFERENCE: Final = "#/components/schemas/{name}"


def openapi_document(public_url: str, version: str, stream_names: Sequence[str]) -> bytes:
    """Return the description of the HTTP interface, as JSON.

    Args:
        public_url: without a slash at its end; becomes the only server.
        version: of the software.
        stream_names: the configured streams; the only values of the path parameter `stream`.
    """
    source = resources.files("ldes_shok.metadata").joinpath("openapi.yaml").read_bytes()
    document = _object(yaml.safe_load(source))
    _object(document["info"])["version"] = version
    document["servers"] = [{"url": public_url}]
    components = _object(document["components"])
    stream = _object(_object(components["parameters"])["stream"])
    stream["schema"] = {"type": "string", "enum": list(stream_names)}
    _object(components["schemas"]).update(_event_schemas())
    return msgspec.json.encode(document)


def _event_schemas() -> dict[str, Json]:
    (event,), parts = msgspec.json.schema_components((Event,), ref_template=_REFERENCE)
    schemas = _object(_portable({"Event": event, **parts}))
    _object(schemas["Event"])["description"] = (
        "The canonical event, version 1. `key`, `source`, `receivedAt` and `raw` may be left out: "
        "the service sets them."
    )
    return schemas


def _portable(value: Json) -> Json:
    """Return `value` with its patterns in JSON Schema's dialect (ECMA-262: `$` for the end)."""
    match value:
        case dict():
            return {
                key: item.replace(r"\Z", "$")
                if key == "pattern" and isinstance(item, str)
                else _portable(item)
                for key, item in value.items()
            }
        case list():
            return [_portable(item) for item in value]
        case _:
            return value


def _object(value: Json) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise TypeError(f"an object is needed here, not {type(value).__name__}")
    return value
