"""The meaning of a telegram's lines: OBIS references to quantities, in units of the event.

References: eMUCs-P1 1.7, 6.12 (as DSMR 5.0.2, 6.12). A value keeps its digits; kW and kWh become W
and Wh by moving the point.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Final

from ldes_shok.cabinet.decimals import point_moved
from ldes_shok.cabinet.fields import is_name
from ldes_shok.cabinet.measurement import Phase, Quantity, Reading, Unit
from ldes_shok.sources.dialects.p1.memory import Registers
from ldes_shok.sources.dialects.p1.telegram import Telegram

_SERIAL: Final = ("0-0:96.1.1", "0-0:96.1.0")
_IMPORTS: Final = ("1-0:1.8.1", "1-0:1.8.2")
_EXPORTS: Final = ("1-0:2.8.1", "1-0:2.8.2")
_INSTANT: Final[tuple[tuple[str, Quantity, Phase, str, Unit], ...]] = (
    ("1-0:1.7.0", "power.import", "total", "kW", "W"),
    ("1-0:2.7.0", "power.export", "total", "kW", "W"),
    ("1-0:21.7.0", "power.import", "L1", "kW", "W"),
    ("1-0:41.7.0", "power.import", "L2", "kW", "W"),
    ("1-0:61.7.0", "power.import", "L3", "kW", "W"),
    ("1-0:22.7.0", "power.export", "L1", "kW", "W"),
    ("1-0:42.7.0", "power.export", "L2", "kW", "W"),
    ("1-0:62.7.0", "power.export", "L3", "kW", "W"),
    ("1-0:32.7.0", "voltage", "L1", "V", "V"),
    ("1-0:52.7.0", "voltage", "L2", "V", "V"),
    ("1-0:72.7.0", "voltage", "L3", "V", "V"),
    ("1-0:31.7.0", "current", "L1", "A", "A"),
    ("1-0:51.7.0", "current", "L2", "A", "A"),
    ("1-0:71.7.0", "current", "L3", "A", "A"),
)
_SENTINELS: Final = {"kW": Decimal("999.9"), "A": Decimal(999)}
"""`no limit` of the limiter (0-0:17.0.0) and the fuse (1-0:31.4.0): not a reading."""

_SHIFTS: Final = {"kWh": 3, "kW": 3}
_STAMP: Final = re.compile(r"^([0-9]{12})([SW])\Z")
_NUMBER: Final = re.compile(r"^([0-9]{1,9}(?:\.[0-9]{1,6})?)\*([A-Za-z]+)\Z")
_OFFSETS: Final = {"S": timezone(timedelta(hours=2)), "W": timezone(timedelta(hours=1))}


@dataclass(frozen=True, slots=True)
class TelegramReadings:
    """The readings of a telegram at its own time.

    Attributes:
        readings: the readable ones.
        is_complete: False if a line should be a reading and is not.
    """

    readings: tuple[Reading, ...]
    is_complete: bool


def stamp(text: str) -> datetime | None:
    """A P1 time in UTC; None if it is no time.

    S and W are the offset, +02:00 and +01:00. The meter's offset counts, and no calendar (a meter
    that misses a change of the clock would otherwise be an hour off).
    """
    match = _STAMP.match(text)
    if match is None:
        return None
    try:
        local = datetime.strptime(f"20{match[1]}", "%Y%m%d%H%M%S")  # noqa: DTZ007  zone follows
    except ValueError:
        return None
    return local.replace(tzinfo=_OFFSETS[match[2]]).astimezone(UTC)


def serial(telegram: Telegram) -> str:
    """The meter's serial number: ASCII, written as hexadecimal digits; empty if it has none."""
    for reference in _SERIAL:
        try:
            text = bytes.fromhex(telegram.one(reference)).decode("ascii")
        except (ValueError, UnicodeDecodeError):
            continue
        if is_name(text):
            return text
    return ""


def watts(text: str) -> str | None:
    """A power in kW, such as `02.351*kW`, in W; None if it is no power, or a sentinel."""
    return _value(text, "kW")


def registers(telegram: Telegram, meter: str, at: int) -> Registers:
    """The registers of each tariff, without unreadable ones.

    Args:
        telegram: the parsed telegram.
        meter: its serial number.
        at: its time, seconds since 1970.
    """
    return Registers(meter, at, _tariffs(telegram, _IMPORTS), _tariffs(telegram, _EXPORTS))


def lines(telegram: Telegram, meter: str) -> TelegramReadings:
    """All readings with the time of the telegram.

    Args:
        telegram: the parsed telegram.
        meter: its serial number; without one its registers are left out.
    """
    known: list[Reading] = []
    expected = 0
    for references, quantity in _registers():
        if any(telegram.all(reference) for reference in references):
            expected += 1
            values = _tariffs(telegram, references)
            if meter and len(values) == len(references):
                # Which tariff is day differs by country (1 in Belgium, 2 in the Netherlands). Their
                # sum does not.
                total = point_moved(f"{sum(values, Decimal()):f}", 3)
                known.append(Reading(quantity, "total", total, "Wh"))
    for reference, quantity, phase, unit, ours in _INSTANT:
        if telegram.all(reference):
            expected += 1
            value = _value(telegram.one(reference), unit)
            if value is not None:
                known.append(Reading(quantity, phase, value, ours))
    return TelegramReadings(tuple(known), is_complete=len(known) == expected)


def _registers() -> Iterator[tuple[tuple[str, ...], Quantity]]:
    yield _IMPORTS, "energy.import.register"
    yield _EXPORTS, "energy.export.register"


def _tariffs(telegram: Telegram, references: tuple[str, ...]) -> tuple[Decimal, ...]:
    values = (_number(telegram.one(reference), "kWh") for reference in references)
    return tuple(value for value in values if value is not None)


def _value(text: str, unit: str) -> str | None:
    number = _number(text, unit)
    if number is None or number == _SENTINELS.get(unit):
        return None
    return point_moved(f"{number:f}", _SHIFTS.get(unit, 0))


def _number(text: str, unit: str) -> Decimal | None:
    match = _NUMBER.match(text)
    return Decimal(match[1]) if match and match[2] == unit else None
