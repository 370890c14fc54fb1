"""Parses a vendor's time; the judge of clocks makes an instant of it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from ldes_shok.cabinet import flags
from ldes_shok.clock import EPOCH
from ldes_shok.sources.common.clocks import Observed, at_receipt, judged
from ldes_shok.sources.common.quantities import number_of
from ldes_shok.sources.dialects.mapped.rules import EPOCH_MILLISECONDS, EPOCH_SECONDS, ISO
from ldes_shok.sources.dialects.mapped.section import Mapping

_TO_GRID: Final = timedelta(seconds=30)
_MICROSECONDS: Final = {EPOCH_SECONDS: 1_000_000, EPOCH_MILLISECONDS: 1_000}
_LATEST_MICROSECONDS: Final = 253_402_300_800_000_000
_EARLIEST_YEAR: Final = 1000
_HAS_TIME: Final = re.compile(r"^[0-9-]{8,10}[T ][0-9]{2}")


def observed(rules: Mapping, value: object, received_at: datetime) -> Observed:
    """The time of a message, by the rules of its source.

    Args:
        rules: the form of the time.
        value: the value in the message; anything.
        received_at: when the message came, aware UTC.
    """
    rule = rules.time
    if rule is None or not rule.has_clock:
        return at_receipt(received_at)
    return judged(
        _read(rule.format or ISO, value),
        received_at,
        clock=rule.clock or "I",
        zone=rule.zone,
        historical_after=rules.historical_after,
    )


def snapped(rules: Mapping, found: Observed, received_at: datetime) -> Observed:
    """The planned instant of a measurement, if the given instant is 30 s or less away.

    Stations that measure by the clock are seconds early or late. The raw bytes keep the original
    time.
    """
    grid = rules.grid
    if grid is None or found.is_held_back:
        return found
    nearest = EPOCH + (found.at - EPOCH + grid / 2) // grid * grid
    if found.at == nearest or abs(found.at - nearest) > _TO_GRID:
        return found
    after = rules.historical_after
    historical = after is not None and received_at - nearest > after
    return replace(found, at=nearest, flags=(*found.flags, flags.SNAPPED), historical=historical)


def _read(form: str, value: object) -> datetime | None:
    """The parsed time, perhaps naive; None if it cannot be read."""
    try:
        if form in _MICROSECONDS:
            return _epoch(number_of(value), _MICROSECONDS[form])
        if not isinstance(value, str | int | Decimal) or isinstance(value, bool):
            return None
        text = str(value)
        if form != ISO:
            read = datetime.strptime(text, form)  # noqa: DTZ007  a zone may be in the pattern
        elif _HAS_TIME.match(text):
            read = datetime.fromisoformat(text)
        else:
            return None
    except (ValueError, OverflowError):
        return None
    return read if read.year >= _EARLIEST_YEAR else None


def _epoch(number: Decimal | None, microseconds: int) -> datetime | None:
    if number is None or not 0 <= number * microseconds < _LATEST_MICROSECONDS:
        return None
    return EPOCH + timedelta(microseconds=int(number * microseconds))
