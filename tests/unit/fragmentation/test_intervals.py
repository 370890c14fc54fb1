"""Calendar intervals: paths, bounds, and what may be a path at all."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldes_shok.clock import from_milliseconds, to_milliseconds
from ldes_shok.fragmentation.intervals import (
    Level,
    bounds_of,
    is_leaf_segment,
    is_node_path,
    path_of,
)
from tests.unit.fragmentation.growing import FIRST_MS, LAST_MS

LEVELS = [level for level in Level if level is not Level.ROOT]
instants = st.integers(FIRST_MS, LAST_MS)


def _ms(*parts: int) -> int:
    return to_milliseconds(datetime(*parts, tzinfo=UTC))  # type: ignore[arg-type,misc]


@given(instants, st.sampled_from(LEVELS))
def test_the_interval_of_a_path_holds_the_instant_it_was_made_of(ms: int, level: Level) -> None:
    lower, upper = bounds_of(path_of(ms, level))
    assert lower <= ms < upper


@given(instants, st.sampled_from(LEVELS))
def test_every_instant_of_an_interval_has_its_path(ms: int, level: Level) -> None:
    path = path_of(ms, level)
    lower, upper = bounds_of(path)
    assert path_of(lower, level) == path_of(upper - 1, level) == path
    assert path_of(upper, level) != path != path_of(lower - 1, level)


@given(instants)
def test_a_finer_interval_lies_in_the_coarser_one_whose_path_begins_its_own(ms: int) -> None:
    for coarse, fine in itertools.pairwise(LEVELS):
        assert path_of(ms, fine).rpartition("/")[0] == path_of(ms, coarse)
        (low, high), (lower, upper) = bounds_of(path_of(ms, coarse)), bounds_of(path_of(ms, fine))
        assert low <= lower < upper <= high


@given(instants, st.sampled_from(LEVELS))
def test_what_is_made_is_a_node_path_also_with_a_leaf_behind_it(ms: int, level: Level) -> None:
    path = path_of(ms, level)
    assert is_node_path(path)
    assert is_node_path(f"{path}/p1")
    assert from_milliseconds(bounds_of(path)[0]).strftime("%Y") == path[:4]


@pytest.mark.parametrize(
    ("path", "lower", "upper"),
    [
        ("2026", _ms(2026, 1, 1), _ms(2027, 1, 1)),
        ("2026/12", _ms(2026, 12, 1), _ms(2027, 1, 1)),
        ("2024/02", _ms(2024, 2, 1), _ms(2024, 3, 1)),
        ("2024/02/29", _ms(2024, 2, 29), _ms(2024, 3, 1)),
        ("2100/02/28", _ms(2100, 2, 28), _ms(2100, 3, 1)),
        ("2026/12/31", _ms(2026, 12, 31), _ms(2027, 1, 1)),
        ("2026/12/31/23", _ms(2026, 12, 31, 23), _ms(2027, 1, 1)),
        ("2026/12/31/23/59", _ms(2026, 12, 31, 23, 59), _ms(2027, 1, 1)),
        ("2026/12/31/23/59/59", _ms(2026, 12, 31, 23, 59, 59), _ms(2027, 1, 1)),
        ("1970/01/01/00", 0, 3_600_000),
        # The nights in which Brussels changes its clocks are 24 hours like all others.
        ("2026/03/29", _ms(2026, 3, 29), _ms(2026, 3, 29) + 86_400_000),
        ("2026/10/25", _ms(2026, 10, 25), _ms(2026, 10, 25) + 86_400_000),
    ],
)
def test_bounds_at_the_edges_of_the_calendar(path: str, lower: int, upper: int) -> None:
    assert bounds_of(path) == (lower, upper)


@pytest.mark.parametrize(
    "path",
    [
        "", "/", "p1", "p0", "2026/13", "2026/00", "2026/02/30", "2026/02/29", "2100/02/29",
        "2026/04/31", "2026/05/12/24", "2026/05/12/18/60", "2026/05/12/18/00/60",
        "2026/05/12/18/00/00/00", "2026/5", "2026/05/1", "26/05", "02026", "2026/", "/2026",
        "2026//05", "2026/05/p0", "2026/05/p01", "2026/05/p", "2026/05/P1", "2026/05/p1/p2",
        "2026/05/p1/", "2026/05/p1\n", "2026\n", "2026/05/-1", "2026/05/+1", "2026/0x", "0000",
        "2026/05/\u0661\u0662", "2026/05/p\u0661", "..", "2026/..", "2026/05/12?x", "9999",
        "9999/12", "9999/12/31", "9999/12/31/23", "9999/12/31/23/59/59",
    ],
)  # fmt: skip
def test_what_no_node_is_called(path: str) -> None:
    assert not is_node_path(path)


@pytest.mark.parametrize("path", ["2026/13", "2026/02/30", "x", "9999", "9999/12/31"])
def test_bounds_of_what_does_not_exist(path: str) -> None:
    with pytest.raises(ValueError):
        bounds_of(path)


@given(st.text(max_size=24))
def test_any_text_is_a_node_path_or_not_and_nothing_else_happens(text: str) -> None:
    assert is_node_path(text) in {True, False}


@given(st.integers(1, 10**9))
def test_leaves_are_counted_from_one(number: int) -> None:
    assert is_leaf_segment(f"p{number}")
    assert not is_leaf_segment(f"p0{number}")
    assert not is_leaf_segment(str(number))
