"""How long a server wants us to wait."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from ldes_shok.errors import SourceUnavailable
from ldes_shok.sources.transports.poll.client import retry_after_seconds
from tests.support.ports import free_port
from tests.unit.sources.transports.poll.conftest import NOON, Bench


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, 0),
        ("", 0),
        ("120", 120),
        ("9999999", 86_400),
        ("Tue, 12 May 2026 12:00:30 GMT", 30),
        ("Tue, 12 May 2026 11:00:30 GMT", 0),
        ("soon", 0),
        ("-5", 0),
        ("1e9", 0),
    ],
)
def test_seconds_or_a_date(header: str | None, seconds: float) -> None:
    assert retry_after_seconds(header, NOON) == seconds


@given(st.text(max_size=40))
def test_any_text_is_a_bounded_wait(header: str) -> None:
    assert 0 <= retry_after_seconds(header, NOON) <= 86_400


async def test_nobody_listens(bench: Bench) -> None:
    url = URL(f"http://127.0.0.1:{free_port()}/?key=hush")
    with pytest.raises(SourceUnavailable, match="cannot be reached") as caught:
        await bench.client.get(url, {})
    assert "hush" not in str(caught.value)
