from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldes_shok.clock import to_milliseconds
from ldes_shok.fragmentation.intervals import Level, path_of
from ldes_shok.log.postgres.months import NO_MONTH, after, month_of, month_of_path, year_of

INSTANTS = st.datetimes(
    datetime(1970, 1, 1),  # noqa: DTZ001  Hypothesis adds the zone
    datetime(9998, 12, 31),  # noqa: DTZ001  Hypothesis adds the zone
    timezones=st.just(UTC),
).map(to_milliseconds)


@given(INSTANTS, st.sampled_from([level for level in Level if level >= Level.MONTH]))
def test_a_node_lies_in_the_month_of_its_members(milliseconds: int, level: Level) -> None:
    path = path_of(milliseconds, level)
    assert month_of_path(path) == month_of_path(f"{path}/p7") == month_of(milliseconds)


@pytest.mark.parametrize("path", ["", "2026", "2026/p1", "2026/p12345"])
def test_above_a_month_there_is_none(path: str) -> None:
    assert month_of_path(path) == NO_MONTH


def test_after_december_comes_january() -> None:
    assert after(202605) == 202606
    assert after(202612) == 202701
    assert year_of(202612) == 2026
