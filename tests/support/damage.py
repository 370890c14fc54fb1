"""Good bytes, spoiled: cut, doubled, swapped, flipped and stuffed."""

from __future__ import annotations

from random import Random
from typing import Final

PIECES: Final = (
    b"", b"{", b"}", b"[", b"]", b'"', b"\\", b"\\u0000", b"\\ud800", b"\x00", b"\xff",
    b"\xef\xbb\xbf", b"\n", b"\r\n", b",", b":", b"null", b"true", b"NaN", b"-0", b"1e999",
    b"9" * 400, b"1e-400", b"9999999999999999999999", b'"v":1,', b'"kind":"status",', b'"data":{',
    b"\xc0\xae", b"\xed\xa0\x80", "\u202e\u2028".encode(), b"2026-02-30T25:61:61Z", b"-12:00",
    b"../", b"<script>", b"%00", b"{}" * 40, b"[" * 40,
)  # fmt: skip


def damaged(rng: Random, good: bytes) -> bytes:
    """Good bytes after one to eight accidents."""
    text = bytearray(good)
    for _ in range(rng.choice((1, 1, 2, 3, 8))):
        first = rng.randrange(len(text) + 1)
        last = min(len(text), first + rng.randrange(40))
        match rng.randrange(6):
            case 0:
                text[first:last] = b""
            case 1:
                text[first:first] = rng.choice(PIECES)
            case 2:
                text[first:last] = rng.choice(PIECES)
            case 3:
                text[first:first] = text[first:last]
            case 4:
                at = rng.randrange(len(text) + 1)
                text[at:at] = text[first:last]
            case _ if first < len(text):
                text[first] ^= 1 << rng.randrange(8)
    return bytes(text)
