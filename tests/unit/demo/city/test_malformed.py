from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldes_shok.cabinet.decode import decode_event
from ldes_shok.demo.city import City, demo_plan
from ldes_shok.demo.city.malformed import spoil
from ldes_shok.errors import EventRejected

START = datetime(2026, 5, 1, tzinfo=UTC)
PAYLOADS = [
    delivery.payload
    for delivery in City(demo_plan(1, whole_life=True), 1, START).deliveries(
        START + timedelta(days=1)
    )
]


@given(st.sampled_from(PAYLOADS), st.integers())
def test_a_spoiled_event_is_always_rejected(payload: bytes, seed: int) -> None:
    decode_event(payload)
    with pytest.raises(EventRejected):
        decode_event(spoil(payload, Random(seed)))


def test_all_damages_are_done() -> None:
    assert len({spoil(PAYLOADS[0], Random(seed)) for seed in range(200)}) == 9
