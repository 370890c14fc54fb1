"""Checks a decoder's events against the earlier readings of their meters."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

import msgspec

from ldes_shok.cabinet import flags
from ldes_shok.cabinet.encode import instant_text
from ldes_shok.cabinet.event import Measurement
from ldes_shok.cabinet.instants import MOST_AHEAD, parse_instant
from ldes_shok.cabinet.measurement import Period
from ldes_shok.sources.common.registers.doubled import HOUR, is_second
from ldes_shok.sources.common.registers.memory import MeterMemory, recalled, remembered, subject_of
from ldes_shok.sources.common.registers.ratio import compared, is_suspect, seen

_REGISTER: Final = "energy.import.register"
_POWER: Final = "power.import"
_OF_NOW: Final = (None, "instant", "mean")


class RegisterWatch:
    """Checks the measurements of one source.

    Args:
        historical_after: older events come from a buffer; None: no event does.
    """

    def __init__(self, historical_after: timedelta | None) -> None:
        self._historical_after = historical_after

    def subject(self, event: Measurement) -> str | None:
        """The subject of the memory for the check of an event; None if it needs no check."""
        if event.data.meter is None:
            return None
        if any(reading.quantity == _REGISTER for reading in event.data.readings):
            return subject_of(event.cabinet, event.outlet, event.data.meter)
        return None

    def checked(
        self, event: Measurement, received_at: datetime, memory: bytes
    ) -> tuple[Measurement, bytes]:
        """The checked event, and the memory after it.

        Args:
            event: with a subject.
            received_at: when it came, aware UTC.
            memory: of the subject; empty for the first event.
        """
        register = _value(event, _REGISTER)
        at = parse_instant(event.observed_at)
        if register is None or not _has_time(event, at, received_at):
            return event, memory
        known = recalled(memory)
        ratio, night = known.ratio, known.night
        if flags.DST_AMBIGUOUS in event.flags:
            second, night = is_second(at, register, received_at, night)
            if second:
                at += HOUR
                event = self._an_hour_later(event, at, received_at)
        watts = _value(event, _POWER)
        if watts is None or flags.DST_AMBIGUOUS in event.flags:
            ratio = seen(ratio, at)
        else:
            ratio = compared(ratio, at, float(register), float(watts))
        if is_suspect(ratio, at):
            event = msgspec.structs.replace(event, flags=(*event.flags, flags.ENERGY_RATIO))
        after = MeterMemory(ratio, night)
        return event, memory if after == known else remembered(after)

    def _an_hour_later(
        self, event: Measurement, at: datetime, received_at: datetime
    ) -> Measurement:
        period = event.data.period
        if period is not None:
            period = Period(_later(period.start), _later(period.end))
        after = self._historical_after
        return msgspec.structs.replace(
            event,
            observed_at=instant_text(at),
            historical=after is not None and received_at - at > after,
            flags=tuple(flag for flag in event.flags if flag != flags.DST_AMBIGUOUS),
            data=msgspec.structs.replace(event.data, period=period),
        )


def _has_time(event: Measurement, at: datetime, received_at: datetime) -> bool:
    """Whether the time of an event is credible."""
    is_held_back = any(flag in flags.HELD_BACK for flag in event.flags)
    return not is_held_back and at <= received_at + MOST_AHEAD


def _value(event: Measurement, quantity: str) -> Decimal | None:
    for reading in event.data.readings:
        if (reading.quantity, reading.phase) == (quantity, "total") and reading.stat in _OF_NOW:
            return Decimal(reading.value)
    return None


def _later(text: str) -> str:
    return instant_text(parse_instant(text) + HOUR)
