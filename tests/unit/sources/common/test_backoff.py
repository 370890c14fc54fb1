from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from ldes_shok.sources.common.backoff import Backoff


@given(attempt=st.integers(0, 10_000), seed=st.integers())
def test_a_wait_lies_between_zero_and_the_bound(attempt: int, seed: int) -> None:
    backoff = Backoff(base_seconds=1, most_seconds=60)
    assert 0 <= backoff.wait_seconds(attempt, Random(seed)) <= min(60, 2 ** min(attempt, 16))


def test_later_attempts_wait_longer_on_average() -> None:
    backoff = Backoff(base_seconds=1, most_seconds=60)
    rng = Random(1)
    means = [
        sum(backoff.wait_seconds(attempt, rng) for _ in range(500)) / 500 for attempt in (0, 2, 5)
    ]
    assert means[0] < means[1] < means[2]


def test_the_whole_range_is_used() -> None:
    """Full jitter: no lower bound that makes clients meet."""
    backoff = Backoff(base_seconds=8, most_seconds=8)
    waits = [backoff.wait_seconds(0, Random(seed)) for seed in range(200)]
    assert min(waits) < 1
    assert max(waits) > 7
