"""Times of the clock on the wall, in the hours of the clock change too."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldes_shok.cabinet.flags import DST_AMBIGUOUS, DST_NONEXISTENT
from ldes_shok.sources.common.local_time import in_zone

BRUSSELS = ZoneInfo("Europe/Brussels")


@pytest.mark.parametrize(
    ("local", "instant", "flags"),
    [
        ("2026-05-12T14:00:00", "2026-05-12T12:00:00+00:00", ()),
        ("2026-10-25T02:30:00", "2026-10-25T00:30:00+00:00", (DST_AMBIGUOUS,)),
        ("2026-10-25T03:00:00", "2026-10-25T02:00:00+00:00", ()),
        ("2026-03-29T01:59:59", "2026-03-29T00:59:59+00:00", ()),
        ("2026-03-29T02:30:00", "2026-03-29T01:30:00+00:00", (DST_NONEXISTENT,)),
    ],
)
def test_an_hour_that_comes_twice_or_never_is_flagged(
    local: str, instant: str, flags: tuple[str, ...]
) -> None:
    found = in_zone(datetime.fromisoformat(local), BRUSSELS)
    assert found == (datetime.fromisoformat(instant), flags)


@given(st.datetimes(datetime(2015, 1, 1), datetime(2099, 12, 31)))  # noqa: DTZ001  of a wall
def test_every_other_time_comes_back(local: datetime) -> None:
    instant, flags = in_zone(local, BRUSSELS)
    assert instant.tzinfo is UTC
    there_and_back = instant.astimezone(BRUSSELS).replace(tzinfo=None, fold=0)
    assert (there_and_back == local) == (flags != (DST_NONEXISTENT,))
    assert abs(instant.replace(tzinfo=None) - local) in (timedelta(hours=1), timedelta(hours=2))
