"""Times as cron has them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldes_shok.sources.transports.poll.cron import CronTimes, read_cron
from ldes_shok.sources.transports.poll.section import PollSource
from ldes_shok.sources.transports.poll.timetable import is_missed, trigger_of

NOON = datetime(2026, 5, 12, 12, tzinfo=UTC)  # a Tuesday


def _source(**keys: object) -> PollSource:
    return PollSource("verkoper", "voorbeeldstad", "https://api.example/v1", **keys)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("15 2 * * *", CronTimes("15", "2", "*", "*", "*")),
        ("*/20 0-3,22 1 jan,12 *", CronTimes("0,20,40", "0,1,2,3,22", "1", "1,12", "*")),
        ("0 0 * * 0", CronTimes("0", "0", "*", "*", "sun")),
        ("0 0 * * 7", CronTimes("0", "0", "*", "*", "sun")),
        ("0 0 * * 5-7", CronTimes("0", "0", "*", "*", "sun,fri,sat")),
        ("0 0 * * MON-FRI", CronTimes("0", "0", "*", "*", "mon,tue,wed,thu,fri")),
        ("50/5 * * * *", CronTimes("50,55", "*", "*", "*", "*")),
    ],
)
def test_fields_are_read_as_cron_reads_them(text: str, times: CronTimes) -> None:
    assert read_cron(text) == times


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "five fields"),
        ("0 2 * *", "five fields"),
        ("60 * * * *", "as minute numbers from 0 to 59"),
        ("* 24 * * *", "as hour"),
        ("* * 0 * *", "as day of month"),
        ("* * * 13 *", "as month numbers from 1 to 12 or jan to dec"),
        ("* * * * 8", "as day of week"),
        ("5-2 * * * *", "as minute"),
        ("*/0 * * * *", "as minute"),
        ("a * * * *", "as minute"),
        ("0 0 1 * 1", "as day of month or as day of week"),
    ],
)
def test_what_cannot_be_read_names_the_field(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_cron(text)


@given(st.text(alphabet="0123456789*/,- jansu", max_size=20))
def test_any_text_is_times_or_a_sentence(text: str) -> None:
    problem = ""
    try:
        read_cron(text)
    except ValueError as error:
        problem = str(error)
    if problem:
        assert problem.startswith("must have")
        return
    trigger = trigger_of(_source(cron=text))
    due = trigger.get_next_fire_time(None, NOON)
    assert due is None or due >= NOON


def test_days_are_counted_from_sunday() -> None:
    due = trigger_of(_source(cron="0 0 * * 1")).get_next_fire_time(None, NOON)
    assert due == datetime(2026, 5, 18, tzinfo=UTC)
    assert due.isoweekday() == 1


def test_a_time_is_in_its_zone_over_the_change_of_the_clock() -> None:
    section = _source(cron="0 3 * * *", zone="Europe/Brussels")
    before = datetime(2026, 3, 28, 2, tzinfo=UTC)  # 03:00 in winter time
    assert is_missed(section, before - timedelta(seconds=1), before)
    assert not is_missed(section, before, before + timedelta(hours=22))
    assert is_missed(section, before, before + timedelta(hours=23))  # 03:00 in summer time


def test_what_runs_every_so_often_is_due_at_a_start() -> None:
    assert is_missed(_source(every_seconds=60), None, NOON)
