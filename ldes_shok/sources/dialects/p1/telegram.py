"""Finds P1 telegrams in a stream of bytes, checks and parses them. It interprets nothing.

A telegram runs from `/` to `!`. The CRC-16 over both and all between follows in four hexadecimal
digits (DSMR 5.0.2 P1 companion standard, 6.2; adopted by eMUCs-P1 1.7). Neither character occurs
elsewhere in it, so a `/` within a telegram means that the rest of the first one was lost.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

MAX_TELEGRAM_BYTES: Final = 16_384
"""A telegram with 13 peaks and four gas and water meters takes about 2 kB."""

_BEGIN: Final = b"/"
_TELEGRAM: Final = re.compile(rb"/[^/!]*(?:(!)([0-9A-Fa-f]{0,4}))?")
_CHECKSUM_DIGITS: Final = 4
_LINE: Final = re.compile(
    r"^([0-9]+-[0-9]+:[0-9]+\.[0-9]+\.[0-9]+)((?:\([^()\r\n]*\))+)[ \t]*$", re.MULTILINE
)
_VALUE: Final = re.compile(r"\(([^()]*)\)")
_CRC_OF_NIBBLE: Final = (
    0x0000, 0xCC01, 0xD801, 0x1400, 0xF001, 0x3C00, 0x2800, 0xE401,
    0xA001, 0x6C00, 0x7800, 0xB401, 0x5000, 0x9C01, 0x8801, 0x4400,
)  # fmt: skip
"""CRC-16/ARC of each half byte: eight times fewer steps than bit by bit, at 16 numbers."""


@dataclass(frozen=True, slots=True)
class Telegram:
    """The lines of a telegram: OBIS reference to the texts in its brackets, in order.

    Of two lines with one reference the first counts.
    """

    objects: Mapping[str, tuple[str, ...]]

    def all(self, reference: str) -> tuple[str, ...]:
        """The text in each bracket of a line; nothing if there is no such line."""
        return self.objects.get(reference, ())

    def one(self, reference: str) -> str:
        """The text in the last bracket of a line; empty if there is no such line."""
        values = self.all(reference)
        return values[-1] if values else ""


@dataclass(frozen=True, slots=True)
class Damaged:
    """A damaged telegram: a stable word, and one sentence."""

    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Scan:
    """The telegrams in a piece of a stream.

    Attributes:
        found: the telegrams, in order, whole or damaged.
        rest: the beginning of a telegram without its end.
    """

    found: tuple[Telegram | Damaged, ...]
    rest: bytes = b""


def scan(data: bytes) -> Scan:
    """Every telegram in `data`, without the bytes between two of them. Raises nothing."""
    found: list[Telegram | Damaged] = []
    for match in _TELEGRAM.finditer(data):
        if match.end() - match.start() > MAX_TELEGRAM_BYTES:
            found.append(
                Damaged("too_long", f"a telegram has at most {MAX_TELEGRAM_BYTES} bytes, not this")
            )
        elif match.end() == len(data) and len(match[2] or b"") < _CHECKSUM_DIGITS:
            return Scan(tuple(found), match[0])
        else:
            found.append(_checked(match))
    return Scan(tuple(found))


def frames(buffer: bytes) -> tuple[list[bytes], bytes]:
    """Cut a stream into frames: each telegram that has ended, and the rest.

    Bytes before the first `/` are the end of a telegram that began before the connection. A
    telegram that another one interrupts is a frame too, and so is one that grows too long: the
    decoder refuses both, so that they are counted.
    """
    cut: list[bytes] = []
    for match in _TELEGRAM.finditer(buffer):
        ended = match.end() < len(buffer) or len(match[2] or b"") == _CHECKSUM_DIGITS
        if not ended and match.end() - match.start() <= MAX_TELEGRAM_BYTES:
            return cut, match[0]
        cut.append(match[0])
    return cut, b""


def crc16(data: bytes) -> int:
    """CRC-16/ARC: polynomial x16+x15+x2+1, least significant bit first, start 0."""
    register = 0
    for byte in data:
        register = (register >> 4) ^ _CRC_OF_NIBBLE[(register ^ byte) & 15]
        register = (register >> 4) ^ _CRC_OF_NIBBLE[(register ^ (byte >> 4)) & 15]
    return register


def _checked(match: re.Match[bytes]) -> Telegram | Damaged:
    if match[1] is None:
        return Damaged("cut_short", "the next telegram begins before this one has ended with !")
    written = match[2]
    if len(written) < _CHECKSUM_DIGITS:
        return Damaged("no_checksum", "the telegram has no checksum of 4 digits after its !")
    counted = crc16(match[0][: -len(written)])
    if counted != int(written, 16):
        return Damaged(
            "crc_mismatch",
            f"the telegram's checksum is {written.decode()}, counted was {counted:04X}: "
            "look at the cable between meter and reader",
        )
    return _taken_apart(match[0])


def _taken_apart(telegram: bytes) -> Telegram:
    objects: dict[str, tuple[str, ...]] = {}
    text = telegram.decode("ascii", "replace").replace("\r\n", "\n")
    for reference, brackets in _LINE.findall(text):
        objects.setdefault(reference, tuple(_VALUE.findall(brackets)))
    return Telegram(objects)
