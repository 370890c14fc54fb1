"""Events as they are told with what their meters said before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec
import pytest

from ldes_shok.cabinet.encode import instant_text
from ldes_shok.cabinet.event import Measurement
from ldes_shok.cabinet.flags import DST_AMBIGUOUS, ENERGY_RATIO, NEGATIVE_IMPORT
from ldes_shok.cabinet.measurement import MeasurementData, Period, Reading
from ldes_shok.sources.common.registers.memory import subject_of
from ldes_shok.sources.common.registers.metering import RegisterWatch

HALF_PAST_TWO = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
LIVE = HALF_PAST_TWO + HOUR + timedelta(seconds=2)
WATCH = RegisterWatch(HOUR)


def _event(
    register_wh: str,
    *flags: str,
    at: datetime = HALF_PAST_TWO,
    watts: str = "2000",
    phase: str = "total",
) -> Measurement:
    readings = (
        Reading("energy.import.register", phase, register_wh, "Wh"),  # type: ignore[arg-type]
        Reading("power.import", "total", watts, "W"),
    )
    period = Period(instant_text(at - HOUR / 4), instant_text(at))
    return Measurement(
        v=1,
        cabinet="VBS-001",
        outlet="1",
        observed_at=instant_text(at),
        clock="I",
        historical=True,
        flags=flags,
        data=MeasurementData(readings, "SN-000012345", period),
    )


def test_a_reading_of_the_second_hour_is_told_an_hour_later() -> None:
    first, memory = WATCH.checked(_event("1000", DST_AMBIGUOUS), LIVE - HOUR, b"")
    assert first == _event("1000", DST_AMBIGUOUS)
    second, _ = WATCH.checked(_event("1900", DST_AMBIGUOUS), LIVE, memory)
    assert second.observed_at == "2026-10-25T01:30:00Z"
    assert second.data.period == Period("2026-10-25T01:15:00Z", "2026-10-25T01:30:00Z")
    assert second.flags == ()
    assert second.data.readings == _event("1900").data.readings


@pytest.mark.parametrize(
    ("historical_after", "late", "historical"),
    [(HOUR, timedelta(), False), (HOUR, 2 * HOUR, True), (None, 2 * HOUR, False)],
)
def test_whether_it_comes_from_a_buffer_goes_by_that_time(
    historical_after: timedelta | None, late: timedelta, historical: bool
) -> None:
    watch = RegisterWatch(historical_after)
    _, memory = watch.checked(_event("1000", DST_AMBIGUOUS), LIVE, b"")
    second, _ = watch.checked(_event("1900", DST_AMBIGUOUS), LIVE + late, memory)
    assert second.historical is historical


def _series(*flags: str, watts: str = "2000") -> tuple[list[Measurement], bytes]:
    """Kilowatt-hours that are called watt-hours, six times."""
    checked, memory = [], b""
    for number in range(6):
        at = HALF_PAST_TWO + number * HOUR / 4
        register_wh = f"{Decimal(1000 + 500 * number) / 1000:.3f}"
        event = _event(register_wh, *flags, at=at, watts=watts)
        event, memory = WATCH.checked(event, at, memory)
        checked.append(event)
    return checked, memory


def test_a_register_in_the_wrong_unit_is_flagged() -> None:
    checked, _ = _series()
    assert [event.flags for event in checked] == [(), (), (), *(((ENERGY_RATIO,),) * 3)]
    assert [event.observed_at for event in checked[:2]] == [
        "2026-10-25T00:30:00Z",
        "2026-10-25T00:45:00Z",
    ]


@pytest.mark.parametrize("flag", [DST_AMBIGUOUS, NEGATIVE_IMPORT])
def test_a_reading_that_is_in_doubt_itself_proves_nothing(flag: str) -> None:
    checked, _ = _series(flag)
    assert {event.flags for event in checked} == {(flag,)}


def test_a_time_that_is_ahead_is_not_believed() -> None:
    event = _event("1000", at=LIVE + HOUR)
    assert WATCH.checked(event, LIVE, b"") == (event, b"")


def test_an_idle_outlet_leaves_nothing_to_remember() -> None:
    event = _event("1000", watts="0")
    assert WATCH.checked(event, LIVE, b"") == (event, b"")


def test_a_register_of_one_phase_is_told_as_it_is() -> None:
    event = _event("1000", DST_AMBIGUOUS, phase="L1")
    assert WATCH.checked(event, LIVE, b"") == (event, b"")


def test_a_memory_that_nobody_can_read_is_begun_anew() -> None:
    event = _event("1000", DST_AMBIGUOUS)
    assert WATCH.checked(event, LIVE, b"\xff{") == WATCH.checked(event, LIVE, b"")


def test_only_a_register_of_a_meter_has_a_subject() -> None:
    event = _event("1000")
    assert WATCH.subject(event) == subject_of("VBS-001", "1", "SN-000012345")
    power = MeasurementData(event.data.readings[1:], "SN-000012345", event.data.period)
    assert WATCH.subject(msgspec.structs.replace(event, data=power)) is None
    nobodys = MeasurementData(event.data.readings[1:], None, event.data.period)
    assert WATCH.subject(msgspec.structs.replace(event, data=nobodys)) is None
