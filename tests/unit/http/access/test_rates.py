from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ldes_shok.http.access.rates import Rates


class _Time:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_a_minute_s_worth_at_once_and_then_as_it_comes_in() -> None:
    time = _Time()
    rates = Rates(time)
    assert [rates.take("a", 60) for _ in range(61)] == [0] * 60 + [1]
    time.now += 0.5
    assert rates.take("a", 60) == 1
    time.now += 0.5
    assert [rates.take("a", 60) for _ in range(2)] == [0, 1]


def test_whoever_waits_as_long_as_told_is_answered() -> None:
    time = _Time()
    rates = Rates(time)
    assert rates.take("a", 1) == 0
    time.now += rates.take("a", 1)
    assert rates.take("a", 1) == 0


def test_silence_fills_a_bucket_and_no_more() -> None:
    time = _Time()
    rates = Rates(time)
    rates.take("a", 3)
    time.now += 1e6
    assert [rates.take("a", 3) for _ in range(4)] == [0, 0, 0, 20]


@given(st.integers(1, 100), st.lists(st.floats(0, 30), max_size=60))
def test_over_any_time_no_more_than_the_rate_and_one_bucket(
    per_minute: int, pauses: list[float]
) -> None:
    time = _Time()
    rates = Rates(time)
    answered = 0
    for pause in pauses:
        time.now += pause
        answered += rates.take("a", per_minute) == 0
    assert answered <= per_minute + sum(pauses) * per_minute / 60 + 1e-6


def test_a_look_takes_nothing() -> None:
    time = _Time()
    rates = Rates(time)
    assert rates.wait_seconds("a", 6) == 0
    assert [rates.take("a", 6) for _ in range(6)] == [0] * 6
    assert [rates.wait_seconds("a", 6) for _ in range(3)] == [10] * 3
    time.now += 10
    assert rates.wait_seconds("a", 6) == 0
    assert rates.take("a", 6) == 0
