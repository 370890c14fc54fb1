"""Bytes that look like an event but are not valid, as broken firmware sends them."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random
from typing import Final

_OBSERVED: Final = re.compile(rb'"observedAt":"([^"]*)"')
_OBSERVED_FIELD: Final = re.compile(rb'"observedAt":"[^"]*",')


def _cut_off(payload: bytes) -> bytes:
    return payload[: len(payload) // 2]


def _naive_time(payload: bytes) -> bytes:
    return _OBSERVED.sub(lambda match: b'"observedAt":"' + match[1][:-1] + b'"', payload, count=1)


def _not_a_number(payload: bytes) -> bytes:
    return _OBSERVED.sub(b'"observedAt":NaN', payload, count=1)


def _no_such_day(payload: bytes) -> bytes:
    return _OBSERVED.sub(b'"observedAt":"2026-02-30T12:00:00Z"', payload, count=1)


def _without_time(payload: bytes) -> bytes:
    return _OBSERVED_FIELD.sub(b"", payload, count=1)


def _other_version(payload: bytes) -> bytes:
    return payload.replace(b'"v":1', b'"v":2', 1)


def _unknown_field(payload: bytes) -> bytes:
    return payload[:-1] + b',"firmwareDebug":"0x1f"}'


def _not_text(payload: bytes) -> bytes:
    return payload.replace(b'"cabinet":"', b'"cabinet":"\xff\xfe', 1)


def _twice(payload: bytes) -> bytes:
    return payload + payload


_DAMAGES: Final[tuple[Callable[[bytes], bytes], ...]] = (
    _cut_off,
    _naive_time,
    _not_a_number,
    _no_such_day,
    _without_time,
    _other_version,
    _unknown_field,
    _not_text,
    _twice,
)


def spoil(payload: bytes, rng: Random) -> bytes:
    """Damage a canonical event in one of nine ways; the result is never a canonical event."""
    return rng.choice(_DAMAGES)(payload)
