"""What is learned of silence, and how seldom a flapping link is told of."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ldes_shok.cabinet.event import Status
from ldes_shok.cabinet.incoming import receive
from ldes_shok.clock import to_milliseconds
from ldes_shok.derive.fold_state import Notebook
from ldes_shok.derive.silence import CHANGE_US, WatchFold
from ldes_shok.log.records import EventRecord

START = datetime(2026, 5, 12, tzinfo=UTC)
SOURCE = "http:voorbeeldstad:push"


def report(at: datetime) -> EventRecord:
    payload = b'{"v":1}'
    return EventRecord(
        1, "voorbeeldstad", "s:1", b"", b"", "status", SOURCE, "VBS-001", to_milliseconds(at),
        payload, b"", None,
    )  # fmt: skip


class Watched:
    """One cabinet, watched minute by minute."""

    def __init__(
        self, after_seconds: int | None = None, told: frozenset[str] = frozenset()
    ) -> None:
        configured = {SOURCE: after_seconds} if after_seconds else {}
        self._fold = WatchFold(configured, START, told)
        self._notebook = Notebook(lambda _: None, lambda _: [])

    def live(self, reports: Iterable[int], minutes: int) -> list[tuple[float, str]]:
        """What is told, and when, in minutes after the start."""
        told = []
        heard = set(reports)
        for minute in range(minutes):
            now = START + timedelta(minutes=minute)
            if minute in heard:
                self._fold.take(report(now), self._notebook)
            for delivery in self._fold.give(now, self._notebook, caught_up=True):
                said = json.loads(delivery.payload)
                assert isinstance(receive(delivery).event, Status), "an event as any other"
                offline = said["data"]["connectivity"] == "offline"
                assert said["data"]["cause"] == ("heartbeat_lost" if offline else "inferred")
                at = datetime.fromisoformat(said["observedAt"])
                told.append(((at - START) / timedelta(minutes=1), said["data"]["connectivity"]))
            self._notebook.settle()
        return told


DAY = 24 * 60


def test_nothing_is_said_before_a_day_was_watched() -> None:
    assert Watched().live(range(0, DAY - 60, 15), 2 * DAY) == []


def test_three_missed_intervals_are_offline() -> None:
    assert Watched().live(range(0, DAY + 1, 15), 2 * DAY) == [(DAY + 45, "offline")]


def test_who_tells_by_itself_is_not_watched() -> None:
    assert Watched(600).live([0], 60) == [(10, "offline")]
    assert Watched(600, frozenset({SOURCE})).live([0], 60) == []


def test_an_idle_night_is_usual() -> None:
    by_day = [minute for minute in range(0, 3 * DAY, 15) if minute % DAY < DAY // 2]
    hourly = range(0, 3 * DAY, 60)
    assert Watched().live([*by_day, *hourly], 3 * DAY) == []


def test_a_link_that_comes_for_a_moment_is_not_online() -> None:
    told = Watched(600).live([0, 100], 200)
    assert told == [(10, "offline"), (101, "online"), (110, "offline")]
    assert Watched(60).live([0, 100], 105) == [(1, "offline"), (101, "online")]


@given(st.sets(st.integers(0, 300), min_size=1))
def test_between_two_changes_lie_five_minutes(minutes: set[int]) -> None:
    told = Watched(120).live([0, *minutes], 330)
    times = [at for at, _ in told]
    pairs = pairwise(times)
    assert all(later - earlier >= CHANGE_US / 60_000_000 for earlier, later in pairs)
    words = [word for _, word in told]
    assert words[::2] == ["offline"] * len(words[::2])
    assert words[1::2] == ["online"] * len(words[1::2])
