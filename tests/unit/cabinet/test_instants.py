"""Instants: text that names a moment that exists."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ldes_shok.cabinet.instants import check_instant, parse_instant


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-05-06T05:45:00Z", datetime(2026, 5, 6, 5, 45, tzinfo=UTC)),
        ("2026-05-06T05:45:00.5Z", datetime(2026, 5, 6, 5, 45, 0, 500_000, tzinfo=UTC)),
        ("2026-05-06T05:45:00.123456Z", datetime(2026, 5, 6, 5, 45, 0, 123_456, tzinfo=UTC)),
        ("2024-02-29T23:59:59Z", datetime(2024, 2, 29, 23, 59, 59, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", datetime(1, 1, 1, tzinfo=UTC)),
        ("9999-12-31T23:59:59.999999Z", datetime.max.replace(tzinfo=UTC)),
    ],
)
def test_an_instant_is_aware_utc(text: str, instant: datetime) -> None:
    check_instant("observedAt", text)
    assert parse_instant(text) == instant
    assert parse_instant(text).utcoffset() == instant.utcoffset()


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-30T00:00:00Z",
        "2026-02-29T00:00:00Z",
        "2026-04-31T00:00:00Z",
        "0000-01-01T00:00:00Z",
    ],
)
def test_a_day_that_does_not_exist_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^observedAt: names a time that does not exist"):
        check_instant("observedAt", text)
    with pytest.raises(ValueError, match="does not exist"):
        parse_instant(text)
