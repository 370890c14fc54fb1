"""Reads back a decoder's memory between two messages."""

from __future__ import annotations

from typing import TypeVar

import msgspec

_Memory = TypeVar("_Memory")


def recalled(
    stored: bytes,
    decoder: msgspec.json.Decoder[_Memory] | msgspec.msgpack.Decoder[_Memory],
    empty: _Memory,
) -> _Memory:
    """The stored memory; `empty` if there is none, or if this version does not know its form.

    A decoder without its memory goes on. What it cannot decide without it, it holds back or
    publishes again.
    """
    if not stored:
        return empty
    try:
        return decoder.decode(stored)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return empty
