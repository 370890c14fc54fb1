"""Times as stations write them, and what is said of those that cannot be right."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldes_shok.sources.dialects.ocpp16.frame_context import FrameContext, no_pseudonym
from ldes_shok.sources.dialects.ocpp16.memory import StationMemory
from ldes_shok.sources.dialects.ocpp16.section import Ocpp16
from ldes_shok.sources.dialects.ocpp16.times import parse_time

BRUSSELS = ZoneInfo("Europe/Brussels")
NOON = datetime(2026, 5, 12, 12, tzinfo=UTC)
CONTEXT = FrameContext(
    source="mqtt:voorbeeldstad:palen",
    station="CP-1",
    cabinet="VBS-001",
    at=NOON,
    received_at=NOON,
    tables=Ocpp16(zone=BRUSSELS),
    users=no_pseudonym,
    gives_numbers=False,
    memory=StationMemory(),
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-05-12T12:00:00Z", "2026-05-12T12:00:00Z"),
        ("2026-05-12t12:00:00.000z", "2026-05-12T12:00:00Z"),
        ("2026-05-12 14:00:00+02:00", "2026-05-12T12:00:00Z"),
        ("2026-05-12T14:00:00,25+0200", "2026-05-12T12:00:00.25Z"),
        ("2026-05-12T12:00:00.123456789Z", "2026-05-12T12:00:00.123456Z"),
        ("2026-05-12T14:00:00", "2026-05-12T12:00:00Z"),
    ],
)
def test_a_time_is_put_in_utc(text: str, expected: str) -> None:
    when = CONTEXT.measured_at(text)
    assert (when.text, when.clock, when.flags) == (expected, "I", ())


@pytest.mark.parametrize(
    "text",
    ["yesterday", "", "2026-05-12", "2026-02-30T12:00:00Z", "2026-05-12T24:00:00Z",
     "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00", "2026-05-12T12:00:00+99:00", None, 7],
)  # fmt: skip
def test_what_is_no_time_is_held_back_or_taken_for_now(text: object) -> None:
    measured, known = CONTEXT.measured_at(text), CONTEXT.known_since(text)
    assert (measured.at, measured.clock, measured.flags) == (NOON, "N", ("time_unreadable",))
    assert (known.at, known.clock, known.flags) == (NOON, "N", ("report_time", "receipt_time"))


@given(st.datetimes(datetime(2015, 1, 2), datetime(2090, 1, 1), timezones=st.timezones()))  # noqa: DTZ001
def test_every_time_with_an_offset_is_that_instant(moment: datetime) -> None:
    offset = moment.utcoffset() or timedelta()
    if offset.seconds % 60:
        return
    parsed = parse_time(moment.isoformat())
    # Between zones, a time in an hour that comes twice equals nothing (PEP 495).
    assert parsed is not None
    assert parsed.astimezone(UTC) == moment.astimezone(UTC)
