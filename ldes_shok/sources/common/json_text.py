"""JSON as Python values; every number keeps its exact digits."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from typing import Final

import msgspec

from ldes_shok.cabinet.syntax import check_depth, check_encoding, check_names
from ldes_shok.errors import EventRejected
from ldes_shok.sources.decoder import Refusal

MAX_BYTES: Final = 5_000_000
"""A larger message is refused. POST /ingest takes as much by default."""

_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")
_NOT_JSON: Final = "not_json"


def _exact(text: str) -> Decimal | str:
    # An exponent of a million digits is not usable, but must not raise either.
    try:
        return Decimal(text)
    except InvalidOperation:
        return text


_DECODER: Final = msgspec.json.Decoder(float_hook=_exact)
_LENIENT: Final = json.JSONDecoder(parse_float=_exact, parse_constant=str)


def read(payload: bytes, *, lenient: bool = False) -> object | Refusal:
    """The value of a message; numbers with a fraction are Decimal, others int.

    NaN and Infinity are not JSON (RFC 8259, section 6), but gateways write them, and the readings
    beside them are good. `lenient` reads them as text, so that only the reading with such a value
    is dropped.
    """
    if len(payload) > MAX_BYTES:
        return Refusal("too_large", f"the message has more than {MAX_BYTES} bytes")
    try:
        check_encoding(payload)
        check_depth(payload)
        value = _decoded(payload, lenient=lenient)
        check_names(payload)
    except EventRejected as error:
        return Refusal(_NOT_JSON, str(error))
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        return Refusal(_NOT_JSON, f"the message is not JSON: {error}")
    return value


def _decoded(payload: bytes, *, lenient: bool) -> object:
    try:
        value: object = _DECODER.decode(payload)
    except msgspec.DecodeError:
        if not lenient or (b"NaN" not in payload and b"Infinity" not in payload):
            raise
        try:
            value = _LENIENT.decode(payload.decode())
        except ValueError as error:
            raise msgspec.DecodeError(str(error)) from error
    return value


def written(value: object) -> bytes:
    """A value from `read`, as JSON with the same numbers."""
    return _ENCODER.encode(value)


def reread(text: bytes) -> object:
    """The value of a text from `written`; None for any other text."""
    try:
        value: object = _DECODER.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None
    return value


def text_of(value: object) -> str | None:
    """A scalar as text, as JSON writes it; None for null and for anything else."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return value
        case int() | Decimal():
            return str(value)
        case _:
            return None
