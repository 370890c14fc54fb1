"""A source that fails again and again where it stands says so once, and once when it gets past."""

from __future__ import annotations

import structlog
from structlog.testing import capture_logs

from ldes_shok.errors import LogUnavailable
from ldes_shok.sources.base import SourceState
from ldes_shok.sources.common.progress import LINK, STUCK_AFTER_FAILURES, SourceProgress

WHY = "the broker answers no"


class Told:
    """A source's progress, and what it said in the log."""

    def __init__(self, stuck_after: int = 3) -> None:
        self.progress = SourceProgress("broker", structlog.get_logger(), stuck_after)
        self.events: list[str] = []

    def fails(self, times: int, position: str = LINK, why: str = WHY) -> None:
        with capture_logs() as lines:
            for _ in range(times):
                self.progress.lost(why, position)
        self.events += [line["event"] for line in lines]

    @property
    def stuck(self) -> str:
        return self.progress.status.stuck


def test_it_is_stuck_after_so_many_failures_in_a_row_and_says_so_once() -> None:
    told = Told()
    told.fails(2)
    assert told.stuck == ""
    told.fails(1)
    assert told.stuck == f"failed 3 times at the same position: {WHY}"
    told.fails(10)
    assert told.stuck == f"failed 13 times at the same position: {WHY}"
    assert told.events == ["source_disconnected", "source_stuck"]


def test_it_says_once_that_it_got_past() -> None:
    told = Told()
    told.fails(5)
    with capture_logs() as lines:
        told.progress.connected(host="127.0.0.1")
        assert told.stuck, "a connection alone is no progress"
        told.progress.done()
        told.progress.done()
    assert told.stuck == ""
    assert [line["event"] for line in lines] == ["source_connected", "source_recovered"]
    told.fails(3)
    assert told.events == ["source_disconnected", "source_stuck"] * 2


def test_each_position_counts_for_itself() -> None:
    """Or a source that reads again from its first page would never be stuck at its last one."""
    told = Told()
    for _ in range(3):
        told.progress.passed("first")
        told.fails(1, "last")
    assert told.stuck
    told.progress.passed("first")
    assert told.stuck
    told.progress.passed("last")
    assert told.stuck == ""
    for number in range(20):
        told.fails(1, f"page {number}")
    assert told.stuck == ""


def test_a_link_that_flaps_is_one_line_and_another_reason_is_another() -> None:
    told = Told(100)
    with capture_logs() as lines:
        for _ in range(5):
            told.progress.connected()
            told.progress.lost(WHY, LINK)
        told.progress.lost("nobody listens", LINK)
    assert [line["event"] for line in lines] == [
        "source_connected", "source_disconnected", "source_connected", "source_disconnected",
    ]  # fmt: skip
    assert told.progress.status.detail == "nobody listens"


def test_what_the_service_does_not_take_counts_too() -> None:
    told = Told()
    told.progress.connected()
    for _ in range(3):
        told.progress.held_back("the key of a period cannot be read")
    status = told.progress.status
    why = "the key of a period cannot be read"
    assert (status.state, status.detail) == (SourceState.CONNECTED, why)
    assert status.stuck == f"failed 3 times at the same position: {why}"
    told.progress.held_back("")
    assert told.progress.status.detail == told.stuck == ""


def test_an_error_that_is_not_known_is_named_without_its_text() -> None:
    told = Told()
    assert told.progress.crashed(ValueError("secret"))
    assert not told.progress.crashed(ValueError("secret"))
    assert told.progress.status.detail == "this service failed on it, ValueError"
    assert told.progress.crashed(LogUnavailable("the disk is full"))
    assert told.progress.status.detail == "the disk is full"
    assert told.stuck


def test_the_positions_that_are_counted_are_bounded() -> None:
    told = Told()
    for number in range(5_000):
        told.progress.lost(WHY, str(number))
    for _ in range(3):
        told.progress.lost(WHY, "4999")
    assert told.stuck


def test_the_default_is_a_handful() -> None:
    told = Told(STUCK_AFTER_FAILURES)
    told.fails(STUCK_AFTER_FAILURES - 1)
    assert told.stuck == ""
