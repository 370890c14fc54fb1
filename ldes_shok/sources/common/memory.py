"""What a decoder stored between two messages, read again."""

from __future__ import annotations

from typing import TypeVar

import msgspec

_Memory = TypeVar("_Memory")


def recalled(
    stored: bytes,
    decoder: msgspec.json.Decoder[_Memory] | msgspec.msgpack.Decoder[_Memory],
    empty: _Memory,
) -> _Memory:
    """What was stored; `empty` if nothing was, or in a form that this version does not know.

    A decoder without its memory goes on: what it then cannot tell it holds back or says again.
    """
    if not stored:
        return empty
    try:
        return decoder.decode(stored)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return empty
