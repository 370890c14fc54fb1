"""Encodes a typed event as a controller would write it: canonical JSON without optional parts."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Final

import msgspec

from ldes_shok.cabinet.event import Event

_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")
_FIELDS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_RAW: Final = "raw"
_DEFAULTS: Final[dict[str, object]] = {"historical": False, "quality": "good"}


def canonical_json(event: Event) -> bytes:
    """The event without absent fields, without defaults and without what the service sets."""
    fields = msgspec.to_builtins(event, builtin_types=(Decimal,))
    return _ENCODER.encode(
        {
            name: _without_absent(value)
            for name, value in fields.items()
            if not _absent(value) and (name not in _DEFAULTS or _DEFAULTS[name] != value)
        }
    )


def with_raw(payload: bytes, raw: str) -> bytes:
    """A canonical event with this `raw`, or without `raw` if it is empty. The rest is unchanged.

    Raises:
        msgspec.DecodeError: the payload is no JSON object.
    """
    fields = _FIELDS.decode(payload)
    fields.pop(_RAW, None)
    if raw:
        fields[_RAW] = msgspec.Raw(msgspec.json.encode(raw))
    return msgspec.json.encode(fields)


def instant_text(instant: datetime) -> str:
    """A UTC instant as text, with a fraction only if it has one."""
    text = f"{instant:%Y-%m-%dT%H:%M:%S}"
    if instant.microsecond:
        text += f".{instant.microsecond:06d}".rstrip("0")
    return f"{text}Z"


def _absent(value: object) -> bool:
    return value is None or (isinstance(value, list | tuple) and not value)


def _without_absent(value: object) -> object:
    if isinstance(value, str | Decimal):
        return value  # most values end here
    if isinstance(value, dict):
        return {name: _without_absent(item) for name, item in value.items() if not _absent(item)}
    if isinstance(value, list | tuple):
        return [_without_absent(item) for item in value]
    return value
