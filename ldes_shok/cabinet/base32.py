"""Base 32 with the extended hex alphabet in lower case (RFC 4648, section 7): safe in an IRI.

For the 26 characters of an event's key, the standard library needs 3.1 microseconds and this module
1.3. Each event has one key.
"""

from __future__ import annotations

from itertools import product
from typing import Final

_ALPHABET: Final = "0123456789abcdefghijklmnopqrstuv"
PAIRS: Final = tuple(first + second for first, second in product(_ALPHABET, repeat=2))
"""The two characters for each value of ten bits."""

_SHIFTS: Final = tuple(range(120, -1, -10))


def encode_130_bits(digest: bytes) -> str:
    """The first 130 bits of `digest` as 26 characters."""
    number = int.from_bytes(digest[:17], "big") >> 6
    return "".join([PAIRS[number >> shift & 1023] for shift in _SHIFTS])
