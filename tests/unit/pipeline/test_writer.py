"""The writer: what comes of events does not depend on the order in which they arrive."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from ldes_shok.cabinet.incoming import Delivery
from ldes_shok.clock import ManualClock, to_milliseconds
from ldes_shok.ldes.member import Form
from ldes_shok.mapping.streams import STREAMS, VERBRUIK_INDIVIDUEEL
from tests.support.city import city_life
from tests.support.examples import examples
from tests.support.vertical import (
    NOON,
    Vertical,
    configuration,
    deliveries,
    delivery,
    open_vertical,
    status,
)
from tests.unit.pipeline.reading import all_rows, rows, tallies, texts

FREE = status("2026-05-12T11:45:00Z", axes={"occupancy": "free"})


def _published(directory: Path, batches: Sequence[Sequence[Delivery]]) -> Vertical:
    vertical = open_vertical(directory, clock=ManualClock(NOON))
    for batch in batches:
        vertical.writer.write(batch)
        vertical.clock.set(vertical.clock.now() + timedelta(milliseconds=7))
    vertical.writer.release_all()
    return vertical


def _said(vertical: Vertical, stream: str) -> set[bytes]:
    """The members of a stream without their stamps."""
    return {
        b"".join(
            line
            for line in block.splitlines(keepends=True)
            if b"generatedAtTime" not in line and b"/position>" not in line
        ).replace(f"_:m{10**15 + 1 + number}".encode(), b"_:")
        for number, block in enumerate(texts(vertical, stream, Form.NTRIPLES))
    }


@pytest.fixture(scope="module")
def life() -> list[Delivery]:
    return [delivery(payload) for payload in city_life(cabinets=2, days=0.45, seed=7).payloads]


@pytest.fixture(scope="module")
def in_order(
    life: list[Delivery], tmp_path_factory: pytest.TempPathFactory
) -> tuple[set[str], set[bytes]]:
    vertical = _published(tmp_path_factory.mktemp("ordered"), [life])
    found = {row.iri for row in all_rows(vertical)}, _said(vertical, VERBRUIK_INDIVIDUEEL)
    assert all(found)
    vertical.close()
    return found


@examples(0.06, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**32), st.integers(1, 60))
def test_the_order_of_arrival_does_not_change_which_members_there_are(
    life: list[Delivery],
    in_order: tuple[set[str], set[bytes]],
    tmp_path_factory: pytest.TempPathFactory,
    seed: int,
    size: int,
) -> None:
    """P2: delivered once or a thousand times, it is one member with one IRI."""
    shuffled = [*life, *life[:20]]
    Random(seed).shuffle(shuffled)
    batches = [shuffled[start : start + size] for start in range(0, len(shuffled), size)]
    vertical = _published(tmp_path_factory.mktemp("shuffled"), batches)
    try:
        assert {row.iri for row in all_rows(vertical)} == in_order[0]
        assert _said(vertical, VERBRUIK_INDIVIDUEEL) == in_order[1]
        assert sum(tallies(vertical).values()) == len(shuffled)
    finally:
        vertical.close()


def test_sealing_is_done_only_when_something_is_over(tmp_path: Path) -> None:
    vertical = open_vertical(tmp_path)
    vertical.writer.write(deliveries(configuration()))
    assert not vertical.writer.seal()
    vertical.clock.set(NOON + timedelta(days=1))
    assert vertical.writer.seal()
    assert not vertical.writer.seal()
    for stream in STREAMS[:2]:
        node = vertical.reader.node(stream, "2026/05/12")
        assert node is not None
        assert node.sealed
    vertical.close()


def test_a_clock_that_goes_back_does_not_take_publication_time_along(tmp_path: Path) -> None:
    """P3: publication time never goes back, whatever the clock does."""
    vertical = open_vertical(tmp_path)
    vertical.writer.write(deliveries(configuration()))
    vertical.clock.set(NOON - timedelta(hours=1))
    vertical.writer.write(deliveries(FREE))
    times = [row.published_ms for row in rows(vertical, "kasten")]
    # The socket that is free now was told of at noon: the same thing cannot have the same time.
    assert set(times) == {to_milliseconds(NOON), to_milliseconds(NOON) + 1}
    assert times == sorted(times)
    vertical.close()


def test_a_restart_goes_on_where_it_stood(tmp_path: Path) -> None:
    vertical = open_vertical(tmp_path)
    vertical.writer.write(deliveries(configuration()))
    vertical.close()
    vertical = open_vertical(tmp_path)
    written = vertical.writer.write(deliveries(configuration(), FREE))
    assert [outcome.kind.value for outcome in written.outcomes] == ["duplicate", "published"]
    positions = [row.position for row in rows(vertical, "kasten")]
    assert positions == list(range(10**15 + 1, 10**15 + 1 + len(positions)))
    vertical.close()


def test_a_probe_writes_what_is_known_and_changes_nothing(tmp_path: Path) -> None:
    vertical = open_vertical(tmp_path)
    vertical.writer.write(deliveries(configuration()))
    before = [vertical.reader.stream(name) for name in STREAMS]
    vertical.writer.probe()
    assert [vertical.reader.stream(name) for name in STREAMS] == before
    vertical.close()
