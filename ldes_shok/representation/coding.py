"""Content codings of pages: equal bodies give equal bytes, in every process."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Final, Literal

import brotli

Coding = Literal["gzip", "br", "identity"]

_GZIP_LEVEL: Final = 6
_GZIP_WINDOW: Final = 31
"""zlib's name for the largest window in a gzip frame; the frame holds no time."""

_BROTLI_QUALITY: Final = 5
"""At 5 brotli takes as long as gzip 6 and gives a fifth less; 11 takes 250 times as long."""


@dataclass(frozen=True, slots=True)
class Coded:
    """A body with its content coding.

    `tag` identifies the uncoded body; `sealed` means that it never changes again.
    """

    body: bytes
    tag: str
    sealed: bool


def encode(body: bytes, coding: Coding) -> bytes:
    """Return `body` in a content coding."""
    match coding:
        case "gzip":
            return zlib.compress(body, _GZIP_LEVEL, _GZIP_WINDOW)
        case "br":
            return bytes(brotli.compress(body, quality=_BROTLI_QUALITY))
        case "identity":
            return body


def decode_gzip(coded: bytes) -> bytes:
    """Return the body that `encode` coded with gzip.

    Raises:
        zlib.error: the bytes are not such a body.
    """
    return zlib.decompress(coded, _GZIP_WINDOW)


class GrowingGzip:
    """The gzip coding of a text that grows at its end, without coding the old text again.

    zlib's output does not depend on where its input is cut, so the bytes equal those of `encode`.
    """

    def __init__(self) -> None:
        self._compressor = zlib.compressobj(_GZIP_LEVEL, zlib.DEFLATED, _GZIP_WINDOW)
        self._out: list[bytes] = []

    def add(self, text: bytes) -> None:
        """Append to the text."""
        self._out.append(self._compressor.compress(text))

    def coded(self, suffix: bytes) -> bytes:
        """Return the text so far with `suffix` after it, coded; the text does not change."""
        end = self._compressor.copy()
        self._out = [b"".join(self._out)]
        return self._out[0] + end.compress(suffix) + end.flush()
