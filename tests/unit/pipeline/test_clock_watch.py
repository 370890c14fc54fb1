"""A clock that disagrees with what is known destroys nothing, and says so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ldes_shok.cabinet.period_keys import KeyPeriod
from ldes_shok.clock import ManualClock
from ldes_shok.errors import PseudonymKeyUnavailable
from ldes_shok.log.pseudonym_keys import KeyDirectory
from ldes_shok.pipeline.clock_watch import CONFIRMED_AFTER, LEAP, RECORD_NAME, ClockWatch

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)


class Log:
    """What a watch knows of a log."""

    def __init__(self, published: datetime | None = None) -> None:
        self.published = published


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


@pytest.fixture
def keys(tmp_path: Path, clock: ManualClock) -> KeyDirectory:
    return KeyDirectory(tmp_path / "keys", KeyPeriod.MONTH, 1, clock)


def watch(tmp_path: Path, clock: ManualClock, log: Log) -> ClockWatch:
    """As after a start."""
    keys = KeyDirectory(tmp_path / "keys", KeyPeriod.MONTH, 1, clock)
    return ClockWatch(tmp_path / "keys", clock, lambda: log.published, keys.periods, "say so")


def test_a_new_log_believes_its_clock(tmp_path: Path, clock: ManualClock) -> None:
    assert watch(tmp_path, clock, Log()).doubt() == ""
    assert not (tmp_path / "keys").exists()


@pytest.mark.parametrize("days", [1, 400, 4_000])
def test_a_clock_before_the_newest_publication_is_doubted(
    tmp_path: Path, clock: ManualClock, days: int
) -> None:
    clock.set(NOON - days * DAY)
    said = watch(tmp_path, clock, Log(NOON)).doubt()
    assert "the newest publication of the log is of 2026-11-30T12:00:00Z" in said
    assert f"the clock says {NOON - days * DAY:%Y-%m-%d}" in said
    assert "say so" in said


def test_a_clock_before_the_newest_key_is_doubted(
    tmp_path: Path, clock: ManualClock, keys: KeyDirectory
) -> None:
    keys.key("2026-12", "2026-11")  # a device that runs ahead
    assert watch(tmp_path, clock, Log()).doubt() == ""
    (tmp_path / "keys" / RECORD_NAME).unlink()
    clock.set(NOON - 400 * DAY)
    assert "there is a key of 2026-12" in watch(tmp_path, clock, Log()).doubt()


@pytest.mark.parametrize("kind", KeyPeriod)
def test_keys_of_every_kind_of_period_are_known(
    tmp_path: Path, clock: ManualClock, kind: KeyPeriod
) -> None:
    keys, name = KeyDirectory(tmp_path / "keys", kind, 1, clock), kind.name_of(NOON)
    keys.key(name, name)
    clock.set(NOON - 800 * DAY)
    assert f"there is a key of {name}" in watch(tmp_path, clock, Log()).doubt()


def test_it_is_corrected_by_seconds_all_the_time(tmp_path: Path, clock: ManualClock) -> None:
    clock.set(NOON - 30 * SECOND)
    assert watch(tmp_path, clock, Log(NOON)).doubt() == ""


def test_a_clock_that_was_set_back_is_doubted_until_it_has_caught_up(
    tmp_path: Path, clock: ManualClock, keys: KeyDirectory
) -> None:
    keys.key("2026-11", "2026-11")
    log = Log()
    assert watch(tmp_path, clock, log).doubt() == ""
    clock.set(NOON - HOUR)
    for again in (watch(tmp_path, clock, log), watch(tmp_path, clock, log)):
        assert "it was 2026-11-30T12:00:00Z before" in again.doubt()
    clock.set(NOON + SECOND)
    assert watch(tmp_path, clock, log).doubt() == ""


def test_a_leap_is_doubted_until_it_has_gone_on_for_three_days(
    tmp_path: Path, clock: ManualClock, keys: KeyDirectory
) -> None:
    """Over restarts too, and though what was published meanwhile says the same."""
    keys.key("2026-11", "2026-11")
    log = Log(NOON)
    assert watch(tmp_path, clock, log).doubt() == ""
    ahead = NOON + 400 * DAY
    at = ahead
    while at < ahead + CONFIRMED_AFTER:
        clock.set(at)
        log.published = at
        assert "it was 2026-11-30T12:00:00Z before" in watch(tmp_path, clock, log).doubt()
        at += 6 * HOUR
    clock.set(at)
    assert watch(tmp_path, clock, log).doubt() == ""


def test_a_leap_that_is_corrected_leaves_no_trace_in_what_is_believed(
    tmp_path: Path, clock: ManualClock, keys: KeyDirectory
) -> None:
    keys.key("2026-11", "2026-11")
    log = Log(NOON)
    assert watch(tmp_path, clock, log).doubt() == ""
    clock.set(NOON + 400 * DAY)
    assert watch(tmp_path, clock, log).doubt()
    clock.set(NOON + HOUR)
    assert watch(tmp_path, clock, log).doubt() == ""
    # And it counts from its beginning when it leaps again.
    clock.set(NOON + 400 * DAY + CONFIRMED_AFTER)
    assert watch(tmp_path, clock, log).doubt()


def test_a_clock_that_leaps_again_and_again_is_never_believed(
    tmp_path: Path, clock: ManualClock, keys: KeyDirectory
) -> None:
    keys.key("2026-11", "2026-11")
    for number in range(20):
        clock.set(NOON + number * 2 * DAY)
        assert bool(watch(tmp_path, clock, Log()).doubt()) == (number > 0)


def test_a_night_off_is_no_leap(tmp_path: Path, clock: ManualClock, keys: KeyDirectory) -> None:
    keys.key("2026-11", "2026-11")
    for number in range(60):
        clock.set(NOON + number * LEAP)
        assert watch(tmp_path, clock, Log()).doubt() == ""


@pytest.mark.parametrize("published", [NOON - 60 * DAY, NOON + 400 * DAY])
def test_an_operator_says_that_it_is_right(
    tmp_path: Path, clock: ManualClock, keys: KeyDirectory, published: datetime
) -> None:
    """After two months off; or when a clock that was ahead left its time in the log."""
    clock.set(NOON - 60 * DAY)
    keys.key("2026-10", "2026-10")
    clock.set(NOON)
    (tmp_path / "keys" / "2026-10.key").rename(tmp_path / "keys" / "2026-09.key")
    log = Log(published)
    assert watch(tmp_path, clock, log).doubt()
    running = watch(tmp_path, clock, log)
    watch(tmp_path, clock, log).believe()
    assert running.doubt() == ""
    # Publication goes on from where it was.
    log.published = published + HOUR
    assert running.doubt() == ""
    clock.set(NOON - HOUR)
    assert running.doubt()


def test_what_is_written_down_and_cannot_be_read_is_said(
    tmp_path: Path, clock: ManualClock, keys: KeyDirectory
) -> None:
    keys.key("2026-11", "2026-11")
    (tmp_path / "keys" / RECORD_NAME).write_text("{")
    with pytest.raises(PseudonymKeyUnavailable, match=r"keys_directory.*\.clock cannot be read"):
        watch(tmp_path, clock, Log()).doubt()
