"""Registers become intervals: nothing is invented, nothing is lost, whatever the order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from ldes_shok.derive.intervals import (
    CORRECTED,
    INTERPOLATED,
    REGISTER_DIP,
    RESET_INFERRED,
    Interval,
    intervals,
    news,
)
from ldes_shok.derive.quarters import HOUR_US, QUARTER_US, SECOND_US, to_us
from ldes_shok.derive.registers import Point, Register, RegisterStart, with_points, with_start

NOON = to_us("2026-05-12T12:00:00Z")
MINUTE_US = 60 * SECOND_US


def at(minutes: float, wh: int | str) -> Point:
    return Point(NOON + round(minutes * MINUTE_US), str(wh))


def told(points: Iterable[Point], register: Register | None = None) -> list[Interval]:
    """The intervals that come out one by one."""
    found: list[Interval] = []
    register = register or Register()
    for point in points:
        after = with_points(register, [point])
        found += news(register, after)
        register = after
    return found


def said(found: Sequence[Interval]) -> list[tuple[float, str, tuple[str, ...]]]:
    """In minutes after noon."""
    return [((i.start_us - NOON) / MINUTE_US, i.wh, i.flags) for i in found]


def last_word(found: Iterable[Interval]) -> dict[int, str]:
    return {interval.start_us: interval.wh for interval in found}


def test_readings_on_the_boundaries_are_intervals() -> None:
    found = told([at(0, 1000), at(15, 1250), at(30, "1300.5")])
    assert said(found) == [(0, "250", ()), (15, "50.5", ())]


def test_a_reading_near_a_boundary_counts_as_taken_at_it() -> None:
    found = told([at(0.4, 1000), at(14.6, 1250), at(20, 1300)])
    assert said(found) == [(0, "250", ())]


def test_a_boundary_waits_for_a_reading_after_it() -> None:
    assert told([at(0, 1000), at(14.6, 1250)]) == []


def test_a_boundary_without_a_reading_is_interpolated_and_says_so() -> None:
    found = told([at(0, 1000), at(10, 1100), at(20, 1200), at(30, 1300)])
    assert said(found) == [(0, "150", (INTERPOLATED,)), (15, "150", (INTERPOLATED,))]


def test_a_late_reading_corrects_only_what_it_touches() -> None:
    found = told([at(0, 0), at(15, 100), at(45, 400), at(30, 150)])
    assert said(found) == [
        (0, "100", ()),
        (15, "150", (INTERPOLATED,)),
        (30, "150", (INTERPOLATED,)),
        (15, "50", (CORRECTED,)),
        (30, "250", (CORRECTED,)),
    ]


def test_an_idle_meter_says_one_zero_and_falls_silent() -> None:
    found = told([at(0, 0), at(15, 5), at(30, 5), at(45, 5), at(60, 5), at(240, 5), at(255, 9)])
    assert said(found) == [(0, "5", ()), (15, "0", ()), (240, "4", ())]


def test_a_register_that_dips_is_no_consumption_of_megawatthours() -> None:
    """evcc: 53.7 MWh in a slot, because a register fell to 0 and came back."""
    points = [at(0, 53_700_000), at(15, 53_700_100), at(20, 0), at(30, 53_700_300)]
    assert said(told(points)) == [(0, "100", ()), (15, "200", (REGISTER_DIP,))]


def test_a_register_that_stays_low_starts_anew_and_the_difference_is_unknown() -> None:
    low = [at(30 + 15 * n, 10 * n) for n in range(7)]
    found = told([at(0, 90_000), at(15, 90_100), *low])
    assert said(found)[0] == (0, "100", ())
    assert said(found)[1] == (30, "10", (RESET_INFERRED,))
    assert [wh for _, wh, _ in said(found)[2:]] == ["10"] * 5


def test_low_readings_within_the_hour_are_not_a_reset_yet() -> None:
    low = [at(20 + n, n) for n in range(5)]
    assert said(told([at(0, 100), at(15, 200), *low])) == [(0, "100", ())]


def test_a_configured_start_is_a_new_epoch_at_once() -> None:
    register = with_points(Register(), [at(0, 9_000), at(15, 9_100)])
    started = with_start(register, RegisterStart(NOON + 20 * MINUTE_US, "5"))
    assert said(told([at(30, 7), at(45, 17)], started)) == [(30, "10", ())]


def test_a_configured_start_that_nothing_follows_changes_nothing() -> None:
    register = with_points(Register(), [at(0, 9_000), at(15, 9_100)])
    started = with_start(register, RegisterStart(NOON + 20 * MINUTE_US, "5"))
    assert said(told([at(30, 9_200)], started)) == [(15, "100", ())]


def test_a_register_goes_round_only_where_that_is_configured() -> None:
    points = [at(0, 838_000), at(15, 838_800), at(30, 40)]
    turning = Register(rollover_wh="838860.7")
    assert said(told(points, turning)) == [(0, "800", ()), (15, "100.7", ())]
    assert said(told(points)) == [(0, "800", ())]


def test_a_register_far_from_its_end_does_not_go_round() -> None:
    points = [at(0, 400_000), at(15, 400_800), at(30, 40)]
    assert said(told(points, Register(rollover_wh="838860.7"))) == [(0, "800", ())]


@st.composite
def a_register(draw: st.DrawFn) -> list[Point]:
    """A register that only grows, read at any time, once at each boundary or not."""
    steps = draw(
        st.lists(
            st.tuples(st.integers(1, 40 * 60), st.integers(0, 50_000)), min_size=2, max_size=40
        )
    )
    at_us, tenths, points = NOON, 0, []
    for seconds, more in steps:
        at_us += seconds * SECOND_US
        tenths += more
        points.append(Point(at_us, f"{tenths // 10}.{tenths % 10}"))
    return points


@given(a_register(), st.randoms(use_true_random=False))
def test_the_order_of_arrival_changes_nothing(points: list[Point], random: object) -> None:
    in_order = last_word(told(points))
    shuffled = list(points)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    out_of_order = last_word(told(shuffled))
    assert {k: v for k, v in out_of_order.items() if Decimal(v)} == {
        k: v for k, v in in_order.items() if Decimal(v)
    }


@given(a_register())
def test_intervals_in_a_row_add_up_to_the_difference_of_the_register(points: list[Point]) -> None:
    bounded = [Point(point.at_us // QUARTER_US * QUARTER_US, point.value) for point in points]
    register = with_points(Register(), bounded)
    first, last = register.points[0], register.points[-1]
    total = sum((Decimal(i.wh) for i in intervals(register).values()), Decimal(0))
    assert total == Decimal(last.value) - Decimal(first.value)


@given(a_register())
def test_energy_between_any_two_boundaries_is_kept(points: list[Point]) -> None:
    register = with_points(Register(), points)
    found = intervals(register)
    total = sum((Decimal(i.wh) for i in found.values()), Decimal(0))
    assert all(Decimal(i.wh) >= 0 for i in found.values())
    assert total <= Decimal(points[-1].value) - Decimal(points[0].value)


@given(st.lists(st.tuples(st.integers(1, 1800), st.integers(0, 5_000)), max_size=60))
def test_whatever_a_register_says_no_interval_is_negative(jumps: list[tuple[int, int]]) -> None:
    at_us, points = NOON, []
    for seconds, wh in jumps:
        at_us += seconds * SECOND_US
        points.append(Point(at_us, str(wh)))
    assert all(Decimal(interval.wh) >= 0 for interval in told(points))


def test_a_week_of_silence_is_bridged_and_a_month_is_not() -> None:
    bridged = told([at(0, 0), Point(NOON + 7 * 24 * HOUR_US, "672")])
    assert sum(Decimal(i.wh) for i in bridged) == 672
    assert all(i.flags == (INTERPOLATED,) for i in bridged[:-1])
    assert told([at(0, 0), Point(NOON + 30 * 24 * HOUR_US, "672")]) == []


def test_the_only_reading_of_a_meter_may_be_corrected() -> None:
    assert told([at(0, 5), at(0, 6)]) == []


def test_a_register_keeps_each_reading_once() -> None:
    register = with_points(with_points(Register(), [at(0, 1)]), [at(20, 2)])
    assert [(point.at_us, point.value) for point in register.points] == [
        (NOON, "1"),
        (NOON + 20 * MINUTE_US, "2"),
    ]
