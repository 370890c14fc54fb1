"""Who is there, on a clock by hand."""

from __future__ import annotations

from dataclasses import dataclass

from ldes_shok.sources.dialects.ocpp16.presence.attendance import Attendance


@dataclass
class Seconds:
    now: float = 1_000.0

    def __call__(self) -> float:
        return self.now


def attendance(seconds: Seconds) -> Attendance:
    return Attendance(["b", "a"], seconds, silent_seconds=90, away_seconds=10)


def test_a_station_that_never_comes_is_lost_once() -> None:
    seconds = Seconds()
    places = attendance(seconds)
    seconds.now += 89
    assert places.lost() == []
    seconds.now += 1
    assert places.lost() == ["a", "b"]
    seconds.now += 500
    assert places.lost() == []


def test_a_word_is_three_heartbeats() -> None:
    seconds = Seconds()
    places = attendance(seconds)
    places.opened("a")
    seconds.now += 60
    places.heard("a")
    seconds.now += 60
    assert places.lost() == ["b"]
    seconds.now += 30
    assert places.lost() == ["a"]
    places.heard("a")
    seconds.now += 90
    assert places.lost() == ["a"]


def test_a_station_that_hangs_up_may_come_back_in_time() -> None:
    seconds = Seconds()
    places = attendance(seconds)
    places.opened("a")
    places.closed("a")
    seconds.now += 9
    places.opened("a")
    seconds.now += 20
    assert places.lost() == []
    places.closed("a")
    seconds.now += 10
    assert places.lost() == ["a"]


def test_of_two_connections_the_last_one_counts() -> None:
    seconds = Seconds()
    places = attendance(seconds)
    places.opened("a")
    places.opened("a")
    places.closed("a")
    assert places.connected == 1
    seconds.now += 20
    assert places.lost() == []
    places.closed("a")
    assert places.connected == 0
    seconds.now += 10
    assert places.lost() == ["a"]
