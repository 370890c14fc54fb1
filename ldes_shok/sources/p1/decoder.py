"""P1 telegrams as canonical events."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Final

from ldes_shok.cabinet.encode import instant_text
from ldes_shok.cabinet.event import Event, Measurement
from ldes_shok.cabinet.measurement import MeasurementData, Phase, Quantity, Reading, Unit
from ldes_shok.sources.decoder import Decoded, Message, Refusal
from ldes_shok.sources.p1.telegram import Damaged, Telegram, telegrams

_TIME: Final = "0-0:1.0.0"
_SERIAL: Final = ("0-0:96.1.1", "0-0:96.1.0")
_IMPORT: Final = ("1-0:1.8.1", "1-0:1.8.2")
_EXPORT: Final = ("1-0:2.8.1", "1-0:2.8.2")
_INSTANT: Final[tuple[tuple[str, Quantity, Phase, str, Unit, int], ...]] = (
    ("1-0:1.7.0", "power.import", "total", "kW", "W", 3),
    ("1-0:2.7.0", "power.export", "total", "kW", "W", 3),
    ("1-0:32.7.0", "voltage", "L1", "V", "V", 0),
    ("1-0:52.7.0", "voltage", "L2", "V", "V", 0),
    ("1-0:72.7.0", "voltage", "L3", "V", "V", 0),
    ("1-0:31.7.0", "current", "L1", "A", "A", 0),
    ("1-0:51.7.0", "current", "L2", "A", "A", 0),
    ("1-0:71.7.0", "current", "L3", "A", "A", 0),
)
_STAMP: Final = re.compile(r"^([0-9]{12})([SW])$")
_NUMBER: Final = re.compile(r"^([0-9]{1,12}(?:\.[0-9]{1,6})?)\*([A-Za-z]+)$")
_OFFSETS: Final = {"S": timezone(timedelta(hours=2)), "W": timezone(timedelta(hours=1))}


class P1Decoder:
    """Reads telegrams of the head meter of one cabinet.

    Args:
        cabinet: the cabinet that the meter measures.
    """

    def __init__(self, cabinet: str) -> None:
        self._cabinet = cabinet

    def subject(self, message: Message) -> str | None:  # noqa: ARG002  a telegram says it all
        """Nothing is remembered."""
        return None

    def decode(self, message: Message, memory: bytes) -> Decoded:  # noqa: ARG002
        """One measurement for each telegram."""
        found = telegrams(message.payload)
        if not found:
            reason = "there is no telegram in it: one begins with / and ends with ! and a checksum"
            return Decoded((Refusal("no_telegram", reason),))
        return Decoded(tuple(self._event(telegram) for telegram in found))

    def _event(self, telegram: Telegram | Damaged) -> Event | Refusal:
        if isinstance(telegram, Damaged):
            return Refusal("crc_mismatch", telegram.reason)
        observed_at = stamp(telegram.one(_TIME))
        if observed_at is None:
            return Refusal("no_time", f"{_TIME} holds no time YYMMDDhhmmss with S or W behind it")
        serial = _serial(telegram)
        readings = tuple(_readings(telegram, has_meter=bool(serial)))
        if not readings:
            return Refusal("no_reading", "none of its lines is a reading that this service knows")
        return Measurement(
            v=1,
            cabinet=self._cabinet,
            observed_at=instant_text(observed_at),
            clock="S",
            data=MeasurementData(readings=readings, meter=serial or None, context="periodic"),
        )


def stamp(text: str) -> datetime | None:
    """A P1 time in UTC; None if it is none.

    S and W are the offset, +02:00 and +01:00: the meter says so, and no calendar knows better
    (a meter that misses a change of the clock would otherwise be an hour off).
    """
    match = _STAMP.match(text)
    if match is None:
        return None
    try:
        local = datetime.strptime(f"20{match[1]}", "%Y%m%d%H%M%S")  # noqa: DTZ007  zone follows
    except ValueError:
        return None
    return local.replace(tzinfo=_OFFSETS[match[2]]).astimezone(UTC)


def _serial(telegram: Telegram) -> str:
    """The meter's serial number: ASCII, written as hexadecimal digits."""
    for reference in _SERIAL:
        try:
            serial = bytes.fromhex(telegram.one(reference)).decode("ascii")
        except (ValueError, UnicodeDecodeError):
            continue
        if serial:
            return serial
    return ""


def _readings(telegram: Telegram, *, has_meter: bool) -> Iterator[Reading]:
    if has_meter:
        yield from _register(telegram, _IMPORT, "energy.import.register")
        yield from _register(telegram, _EXPORT, "energy.export.register")
    for reference, quantity, phase, unit, ours, shift in _INSTANT:
        value = _number(telegram, reference, unit)
        if value is not None:
            yield Reading(quantity, phase, _shifted(value, shift), ours)


def _register(
    telegram: Telegram, tariffs: tuple[str, ...], quantity: Quantity
) -> Iterator[Reading]:
    """The sum over the tariffs: which of them is day differs by country, the sum does not."""
    values = [_number(telegram, reference, "kWh") for reference in tariffs]
    if all(value is not None for value in values):
        total = sum((value for value in values if value is not None), Decimal())
        yield Reading(quantity, "total", _shifted(total, 3), "Wh")


def _number(telegram: Telegram, reference: str, unit: str) -> Decimal | None:
    match = _NUMBER.match(telegram.one(reference))
    return Decimal(match[1]) if match and match[2] == unit else None


def _shifted(value: Decimal, places: int) -> str:
    return f"{value.scaleb(places):f}"
