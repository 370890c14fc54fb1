"""What devices say follows from the seed and the time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from ldes_shok.demo.devices.bookings import Bookings
from ldes_shok.demo.devices.load import Load, with_point
from ldes_shok.demo.devices.places import PLACES, Dialect, assets_csv
from ldes_shok.demo.devices.readings import readings
from ldes_shok.demo.devices.station import Station
from ldes_shok.demo.devices.telegrams import telegram
from ldes_shok.sources.dialects.p1.telegram import Telegram, frames, scan

NOON = datetime(2026, 5, 12, 12, tzinfo=UTC)
LOAD = Load(1, "VBM-901-H")
STATION = Station("CP-1", "KAART", LOAD)
INSTANTS = st.integers(0, 40_000_000).map(lambda s: NOON + timedelta(seconds=s))


@given(INSTANTS, st.integers(0, 10_000_000))
def test_a_register_never_goes_down(at: datetime, seconds: int) -> None:
    assert LOAD.register_wh(at) <= LOAD.register_wh(at + timedelta(seconds=seconds))


@given(INSTANTS)
def test_an_hour_adds_what_was_drawn_in_it(at: datetime) -> None:
    hour = at.replace(minute=0, second=0)
    added = LOAD.register_wh(hour + timedelta(hours=1)) - LOAD.register_wh(hour)
    assert added == LOAD.watts(hour)


@given(INSTANTS)
def test_a_telegram_is_whole(at: datetime) -> None:
    (found,) = scan(telegram(LOAD, at)).found
    assert isinstance(found, Telegram)
    assert frames(telegram(LOAD, at))[1] == b""


@given(INSTANTS, st.integers(0, 20_000), st.integers(0, 20_000))
def test_a_station_says_the_same_however_often_it_is_asked(
    at: datetime, first: int, second: int
) -> None:
    middle = at + timedelta(seconds=first)
    end = middle + timedelta(seconds=second)
    parts = [*STATION.calls(at, middle), *STATION.calls(middle, end)]
    assert parts == list(STATION.calls(at, end))


def test_a_session_begins_is_metered_and_ends() -> None:
    since = STATION.remembered_since(NOON)
    actions = [call.action for call in STATION.calls(since, since + timedelta(hours=2))]
    assert actions.count("StartTransaction") == actions.count("StopTransaction") == 1
    assert actions.count("MeterValues") == 6


def test_readings_are_of_the_whole_hours_asked_for() -> None:
    place = PLACES[Dialect.REST]
    since = NOON + timedelta(minutes=1)
    answer = msgspec.json.decode(readings(place, LOAD, since, NOON + timedelta(hours=3)))
    times = [row["tijdstip"] for row in answer["metingen"]]
    assert times == ["2026-05-12T13:00:00Z", "2026-05-12T14:00:00Z"]


def test_what_is_booked_is_told_once_an_hour() -> None:
    bookings = Bookings(1, PLACES[Dialect.WEBHOOK])
    assert bookings.cloud_events(NOON) == bookings.cloud_events(NOON + timedelta(minutes=59))
    assert bookings.cloud_events(NOON) != bookings.cloud_events(NOON + timedelta(hours=1))


def test_the_table_has_a_row_for_each_cabinet() -> None:
    rows = assets_csv(PLACES.values(), date(2026, 5, 1)).splitlines()
    assert [row.split(";")[0] for row in rows[1:]] == [p.cabinet for p in PLACES.values()]
    assert {row.count(";") for row in rows} == {12}


def test_a_point_is_only_moved() -> None:
    assert (with_point(1_005), with_point(2_307, 1)) == ("1.005", "230.7")
