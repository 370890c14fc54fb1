"""P1 telegrams: cut out of a stream of bytes, checked, and taken apart. Nothing is interpreted.

A telegram runs from `/` to `!`, and CRC-16 over both and all between follows in four hexadecimal
digits (DSMR 5.0.2 P1 companion standard, 6.2; eMUCs-P1 1.7 takes it over).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_TELEGRAM: Final = re.compile(rb"/[^/!]{0,20000}!([0-9A-Fa-f]{4})?")
_LINE: Final = re.compile(
    r"^([0-9]+-[0-9]+:[0-9]+\.[0-9]+\.[0-9]+)((?:\([^()\r\n]*\))+)[ \t]*$", re.MULTILINE
)
_VALUE: Final = re.compile(r"\(([^()]*)\)")
_POLYNOMIAL: Final = 0xA001


@dataclass(frozen=True, slots=True)
class Telegram:
    """The lines of a telegram: OBIS reference to what stands in its brackets, in order.

    Of two lines with one reference the first counts.
    """

    objects: Mapping[str, tuple[str, ...]]

    def one(self, reference: str) -> str:
        """What stands in the last bracket of a line; empty if there is no such line."""
        values = self.objects.get(reference)
        return values[-1] if values else ""


@dataclass(frozen=True, slots=True)
class Damaged:
    """What looks like a telegram and is none; `reason` is one sentence."""

    reason: str


def telegrams(payload: bytes) -> list[Telegram | Damaged]:
    """Every telegram in a payload, in order; raises nothing, whatever the bytes."""
    found: list[Telegram | Damaged] = []
    for match in _TELEGRAM.finditer(payload):
        said = match.group(1)
        if said is None:
            found.append(Damaged("the telegram has no checksum after its !"))
            continue
        counted = crc16(match.group()[: -len(said)])
        if counted != int(said, 16):
            found.append(
                Damaged(f"the telegram's checksum is {said.decode()}, counted was {counted:04X}")
            )
            continue
        found.append(_taken_apart(match.group()))
    return found


def crc16(data: bytes) -> int:
    """CRC-16/ARC: polynomial x16+x15+x2+1, least significant bit first, start 0."""
    register = 0
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = (register >> 1) ^ (_POLYNOMIAL if register & 1 else 0)
    return register


def _taken_apart(telegram: bytes) -> Telegram:
    objects: dict[str, tuple[str, ...]] = {}
    text = telegram.decode("ascii", "replace").replace("\r\n", "\n")
    for reference, brackets in _LINE.findall(text):
        objects.setdefault(reference, tuple(_VALUE.findall(brackets)))
    return Telegram(objects)
