"""What cannot be so waits, with a sentence that names the field."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldes_shok.errors import NotMapped
from ldes_shok.mapping.mapper import WAITS_FOR_CONFIGURATION
from tests.support.vertical import (
    CABINET,
    OUTLETS,
    Json,
    configuration,
    fault,
    measurement,
    reading,
    reservation,
    session,
    status,
)
from tests.unit.mapping.examples import QUARTER, drafts, map_all

AT = "2026-05-12T11:45:00Z"
AHEAD = "2026-05-12T12:10:00.000001Z"
RATED = configuration(
    cabinet={**CABINET, "maxCurrentA": 63, "phases": 3},
    outlets=(*OUTLETS, {"id": "3", "ratedCurrentA": 20, "phases": 1}, {"id": "4"}),
)


def _refusal(*payloads: bytes) -> NotMapped:
    with pytest.raises(NotMapped) as refused:
        map_all(RATED, *payloads)
    assert refused.value.code not in WAITS_FOR_CONFIGURATION
    return refused.value


def _power(value: str, outlet: str | None, **more: object) -> bytes:
    return measurement(AT, [reading("power.import", value, "W", **more)], outlet, meter="SN-HEAD")


# --------------------------------------------------------------------------------------- time


@pytest.mark.parametrize(
    "at", ["1970-01-01T00:00:00Z", "2000-01-01T00:10:00Z", "2014-12-31T23:59:59Z"]
)
@pytest.mark.parametrize("historical", [True, False])
def test_a_clock_that_was_never_set(at: str, historical: bool) -> None:
    refusal = _refusal(status(at, axes={"door": "open"}, historical=historical))
    assert refusal.code == "time_too_old"
    assert f"observedAt {at}" in refusal.reason


@pytest.mark.parametrize(
    "payload",
    [
        status(AHEAD, axes={"door": "open"}),
        measurement(AHEAD, [reading("current", "1", "A")]),
        session("started", AHEAD),
        fault("raised", AHEAD),
        reservation("confirmed", AHEAD, ("2026-06-01T00:00:00Z", "2026-06-02T00:00:00Z")),
    ],
)
def test_a_clock_that_is_ahead(payload: bytes) -> None:
    refusal = _refusal(payload)
    assert refusal.code == "time_in_future"
    assert f"observedAt {AHEAD}" in refusal.reason


def test_ten_minutes_ahead_is_taken_and_so_is_what_a_person_dated() -> None:
    assert drafts(RATED, status("2026-05-12T12:10:00Z", axes={"door": "open"}))
    assert drafts(RATED, status(AHEAD, axes={"door": "open"}, historical=True))
    assert drafts(RATED, configuration("2027-01-01T00:00:00Z"))


def test_a_session_ends_after_it_started() -> None:
    refusal = _refusal(session("ended", AT, data={"startedAt": "2026-05-12T11:46:00Z"}))
    assert refusal.code == "ends_before_start"
    assert "data.endedAt" in refusal.reason
    unset = _refusal(session("started", AT, data={"startedAt": "1970-01-01T00:00:07Z"}))
    assert unset.code == "time_too_old"
    assert "data.startedAt" in unset.reason


# ------------------------------------------------------------------------------------- values


@pytest.mark.parametrize(
    ("outlet", "watts", "more"),
    [
        ("1", 4600, {}),  # CEE blue 16 A: what the socket is made for
        ("2", 27600, {}),  # CEE red 32 A, three phases
        ("2", 9200, {"phase": "L1"}),
        ("3", 5750, {}),  # rated 20 A, one phase
        (None, 54337.5, {}),  # the cabinet's own fuse
    ],
)
def test_no_more_power_than_the_fuse_lets_through(
    outlet: str | None, watts: float, more: Json
) -> None:
    assert drafts(RATED, _power(f"{watts:.1f}", outlet, **more))
    refusal = _refusal(_power(f"{watts + 0.1:.1f}", outlet, **more))
    assert refusal.code == "over_physical_bound"
    assert "data.readings[0].value of power.import" in refusal.reason
    assert f"{watts:g} W at most" in refusal.reason


def test_without_a_rating_there_is_no_bound() -> None:
    assert drafts(RATED, _power("999999999", "4"))
    assert drafts(configuration(), _power("999999999", None))


@pytest.mark.parametrize(
    ("quantity", "unit"),
    [("energy.import.register", "Wh"), ("energy.import.interval", "Wh"), ("power.import", "W")],
)
def test_import_is_not_below_zero(quantity: str, unit: str) -> None:
    readings = [reading("voltage", "230", "V"), reading(quantity, "-0.5", unit)]
    refusal = _refusal(measurement(AT, readings, period=QUARTER))
    assert refusal.code == "negative_import"
    assert f"data.readings[1].value of {quantity} is -0.5" in refusal.reason
    readings[1] = reading(quantity, "-0.0", unit)
    assert drafts(RATED, measurement(AT, readings, period=QUARTER))


def _phases(watts: str, amperes: str) -> bytes:
    volts = [reading("voltage", "230", "V", phase=p) for p in ("L1", "L2", "L3")]
    currents = [reading("current", amperes, "A", phase=p) for p in ("L1", "L2", "L3")]
    return measurement(AT, [reading("power.import", watts, "W"), *volts, *currents], "4")


@pytest.mark.parametrize(
    ("watts", "amperes"), [("6.9", "10"), ("6.21", "10"), ("6900000", "10"), ("13.1", "10")]
)
def test_kilowatts_that_were_taken_for_watts(watts: str, amperes: str) -> None:
    refusal = _refusal(_phases(watts, amperes))
    assert refusal.code == "power_ratio"
    assert f"data.readings[0].value of power.import is {watts} W" in refusal.reason
    assert "6900 VA" in refusal.reason


@pytest.mark.parametrize(
    ("watts", "amperes"),
    [("6900", "10"), ("1200", "10"), ("0", "10"), ("0.1", "0.1"), ("50", "10")],
)
def test_power_that_goes_with_voltage_and_current(watts: str, amperes: str) -> None:
    assert drafts(RATED, _phases(watts, amperes))


@given(
    st.integers(0, 27_600),
    st.sampled_from(["power.import", "power.export", "power.demand"]),
    st.sampled_from(["total", "L1", "L2", "L3"]),
)
def test_what_a_socket_can_do_is_taken(watts: int, quantity: str, phase: str) -> None:
    limit = 27_600 if phase == "total" else 9_200
    said = [reading(quantity, str(min(watts, limit)), "W", phase=phase)]
    assert drafts(RATED, measurement(AT, said, "2", meter="SN-HEAD", period=QUARTER))
