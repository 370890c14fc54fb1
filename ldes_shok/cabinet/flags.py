"""Flags: the notes of adapters on an event or a reading that is not as it should be.

A flag is a stable word, `[a-z_]+`. With most flags the event is published, and its flag with it.
The flags in HELD_BACK keep the event in quarantine, because its content would be invented. It waits
until the mapping of its source is mended and the raw bytes are decoded again.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

TIME_NAIVE: Final = "time_naive"
DST_NONEXISTENT: Final = "dst_nonexistent"
CLOCK_UNSET: Final = "clock_unset"
TIME_UNREADABLE: Final = "time_unreadable"
TIME_IN_FUTURE: Final = "time_in_future"
SESSION_UNKNOWN: Final = "session_unknown"
TARIFF_SLIP: Final = "tariff_slip"
NEGATIVE_IMPORT: Final = "negative_import"
ENERGY_RATIO: Final = "energy_ratio"

DST_AMBIGUOUS: Final = "dst_ambiguous"
CLOCK_OFFSET: Final = "clock_offset"
CLOCK_SUSPECT: Final = "clock_suspect"
CLOCK_STEP: Final = "clock_step"
SNAPPED: Final = "snapped_to_grid"
RECEIPT_TIME: Final = "receipt_time"
UNIT_DEFAULTED: Final = "unit_defaulted"
ZERO_OMITTED: Final = "zero_omitted"
READING_DROPPED: Final = "reading_dropped"
ROUNDED: Final = "rounded"
RETAINED: Final = "retained"
REPORT_TIME: Final = "report_time"
DIRECTION_SWAPPED: Final = "direction_swapped"
SESSION_INFERRED: Final = "session_inferred"

HELD_BACK: Final[Mapping[str, str]] = MappingProxyType(
    {
        TIME_NAIVE: (
            "its time has no zone and the source has none configured: set the source's zone and "
            "run its raw bytes again"
        ),
        DST_NONEXISTENT: (
            "its local time does not exist, because the clock was put forward then: the device "
            "does not know about summer time; correct it and run its raw bytes again"
        ),
        CLOCK_UNSET: ("its clock was not set when it measured this: nobody can tell when that was"),
        TIME_UNREADABLE: (
            "its time cannot be read: set the time format of the source and run its raw bytes again"
        ),
        TIME_IN_FUTURE: (
            "its time is later than when it was received: set the clock of the device; nobody can "
            "tell when that was"
        ),
        SESSION_UNKNOWN: (
            "it ends a session whose start never came: nobody can tell where and since when; send "
            "the start, and run its raw bytes again"
        ),
        TARIFF_SLIP: (
            "the register of one tariff shows the value of another: the reader of the meter "
            "counts its columns wrong"
        ),
        NEGATIVE_IMPORT: (
            "its power is negative and it has no export: the current transformers may be turned "
            "around"
        ),
        ENERGY_RATIO: (
            "its register moves a thousand times as fast or as slowly as its power says: correct "
            "the unit of the energy (or of the power) in the mapping of its source and run its raw "
            "bytes again"
        ),
    }
)
"""Flags that keep an event out of the streams, each with the reason as a sentence."""

ABOUT_DELIVERY: Final = frozenset({RETAINED, CLOCK_SUSPECT, CLOCK_STEP})
"""Flags about the delivery of an event, not about its content: they do not make another event.

How old the event was at its arrival, and what came before it, belong to the delivery. A reading
that a broker repeats for a year stays the reading of the first day.
"""


def about_event(words: tuple[str, ...]) -> tuple[str, ...]:
    """The flags that belong to the content of an event."""
    return tuple(word for word in words if word not in ABOUT_DELIVERY) if words else words
