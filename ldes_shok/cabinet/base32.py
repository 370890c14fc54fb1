"""Base 32 with the extended hex alphabet in lower case (RFC 4648, section 7): safe in an IRI.

The standard library needs 3.1 microseconds for the 26 characters of an event's key, this 1.3; each
event has one.
"""

from __future__ import annotations

from itertools import product
from typing import Final

_ALPHABET: Final = "0123456789abcdefghijklmnopqrstuv"
PAIRS: Final = tuple(first + second for first, second in product(_ALPHABET, repeat=2))
"""The two characters of each ten bits."""

_SHIFTS: Final = tuple(range(120, -1, -10))


def encode_130_bits(digest: bytes) -> str:
    """The first 130 bits of `digest` as 26 characters."""
    number = int.from_bytes(digest[:17], "big") >> 6
    return "".join([PAIRS[number >> shift & 1023] for shift in _SHIFTS])
