"""Whom a commit waits for: those who shared the last two, and not for long."""

from __future__ import annotations

import pytest

from ldes_shok.pipeline.commit_delay import CommitDelay


@pytest.mark.parametrize(
    ("senders", "expected"),
    [
        ((), 1),
        ((8,), 1),
        ((8, 8), 8),
        ((8, 3), 3),
        ((3, 8), 3),
        ((8, 8, 1), 1),
        ((8, 8, 1, 8), 1),
        ((0, 0), 1),
    ],
)
def test_as_many_are_expected_as_shared_each_of_the_last_two(
    senders: tuple[int, ...], expected: int
) -> None:
    commit_delay = CommitDelay()
    for count in senders:
        commit_delay.note(count, 0.001)
    assert commit_delay.expected == expected


def test_nobody_waits_long() -> None:
    commit_delay = CommitDelay()
    assert commit_delay.patience_seconds == 0
    commit_delay.note(8, 0.004)
    assert commit_delay.patience_seconds == 0.001
    commit_delay.note(8, 20.0)
    assert commit_delay.patience_seconds == 0.02
