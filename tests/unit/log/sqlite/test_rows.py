"""How values stand in rows."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldes_shok.errors import LogUnavailable
from ldes_shok.ldes.member import FIRST_POSITION
from ldes_shok.log.sqlite.rows import (
    member_id,
    select,
    stream_and_position,
    stream_range,
)


@given(st.integers(1, 2**15 - 2), st.integers(0, 2**48 - 1))
def test_a_row_id_is_a_stream_and_a_place_in_it(stream_id: int, number: int) -> None:
    row_id = member_id(stream_id, FIRST_POSITION + number)
    assert stream_and_position(row_id) == (stream_id, FIRST_POSITION + number)
    first, end = stream_range(stream_id)
    assert first <= row_id < end < 2**63


def test_what_cannot_be_read_is_unavailable() -> None:
    connection = sqlite3.connect(":memory:")
    with pytest.raises(LogUnavailable, match="cannot be read"):
        select(connection, "SELECT 1 FROM nothing")
    connection.close()
