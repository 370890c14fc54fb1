"""How many events fit in so many seconds."""

from __future__ import annotations

from ldes_shok.pipeline.pace import Pace


def test_before_any_commit_there_is_no_reason_to_be_slow() -> None:
    pace = Pace()
    pace.note(0, 5.0)
    assert pace.events_in(0.05, 500) == 500


def test_it_follows_what_was_seen() -> None:
    pace = Pace()
    pace.note(100, 1.0)
    assert pace.events_in(0.05, 500) == 5
    for _ in range(40):
        pace.note(100, 0.01)
    assert 450 < pace.events_in(0.05, 1_000) <= 500
    for _ in range(40):
        pace.note(1, 10.0)
    assert pace.events_in(0.05, 500) == 1
