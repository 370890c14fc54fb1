"""Cuts a body with several events into the bytes of each, without interpreting them.

The bytes of an event are never re-encoded: the sent bytes are archived and digested.
"""

from __future__ import annotations

from typing import Final

import msgspec

from ldes_shok.cabinet.syntax import check_depth
from ldes_shok.errors import EventRejected, PayloadRejected

_WHITESPACE: Final = b" \t\r\n"
_ANYTHING: Final = msgspec.json.Decoder(msgspec.Raw)
_ARRAY: Final = msgspec.json.Decoder(list[msgspec.Raw])


def is_json(text: bytes) -> bool:
    """Whether `text` is one complete JSON value, nested no deeper than an event may be."""
    try:
        check_depth(text)
        _ANYTHING.decode(text)
    except (EventRejected, msgspec.DecodeError, RecursionError):
        return False
    return True


def split_lines(body: bytes) -> list[bytes]:
    """The lines of NDJSON, blank ones skipped."""
    return [stripped for line in body.split(b"\n") if (stripped := line.strip(_WHITESPACE))]


def split_json(body: bytes) -> list[bytes]:
    """An object as it is, or the elements of an array.

    Raises:
        PayloadRejected: it is neither; the message says what is wrong and what to do.
    """
    body = body.strip(_WHITESPACE)
    try:
        if body[:1] == b"[":
            return [bytes(element) for element in _ARRAY.decode(body)]
        _ANYTHING.decode(body)
    except RecursionError as error:
        raise PayloadRejected("this is nested deeper than any event") from error
    except msgspec.DecodeError as error:
        hint = "; lines of JSON go as application/x-ndjson" if b"\n" in body else ""
        raise PayloadRejected(f"this is not JSON: {error}{hint}") from error
    if body[:1] != b"{":
        raise PayloadRejected("send one event as a JSON object, or several as an array of objects")
    return [body]


def split_untyped(payload: bytes) -> list[bytes]:
    """Split an object, an array or NDJSON that comes without a content type (MQTT).

    Any other payload comes back whole, so that it is rejected, counted and stored as it is.
    """
    try:
        return split_json(payload) or [payload]
    except PayloadRejected:
        lines = split_lines(payload)
        # Only if the first line is JSON by itself: half of a pretty-printed object must give one
        # bad event, not thirty.
        return lines if len(lines) > 1 and is_json(lines[0]) else [payload]
