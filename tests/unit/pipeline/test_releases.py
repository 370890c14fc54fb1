"""What waits for a configuration: all goes through that can, a bounded part in each commit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldes_shok.pipeline import releases
from ldes_shok.pipeline.releases import LOOKED_AT, TRIED, Wait
from tests.support.examples import examples
from tests.support.vertical import (
    Vertical,
    configuration,
    deliveries,
    measurement,
    open_vertical,
    reading,
    status,
)

AT = "2026-05-12T11:45:00Z"


@pytest.fixture
def vertical(tmp_path: Path) -> Iterator[Vertical]:
    opened = open_vertical(tmp_path)
    yield opened
    opened.close()


def _waiting(count: int, outlet: str = "9") -> list[bytes]:
    return [
        status(
            f"2026-05-12T{n // 3600:02d}:{n // 60 % 60:02d}:{n % 60:02d}Z",
            outlet,
            axes={"occupancy": "free"},
        )
        for n in range(count)
    ]


def _configuration(day: int, *outlets: str) -> bytes:
    return configuration(
        f"2026-05-{day:02d}T00:00:00Z", outlets=tuple({"id": name} for name in outlets), meters=()
    )


def test_one_commit_lets_a_bounded_part_through_and_the_next_ones_the_rest(
    vertical: Vertical,
) -> None:
    """P8: received = published + duplicate + quarantined + rejected + pending."""
    count = 3 * TRIED + 7
    vertical.writer.write(deliveries(_configuration(1, "1")))
    vertical.writer.write(deliveries(*_waiting(count)))
    vertical.writer.write(deliveries(_configuration(2, "9")))
    left = [vertical.reader.quarantined_count()]
    while vertical.writer.releases:
        vertical.writer.release()
        left.append(vertical.reader.quarantined_count())
    assert left[:4] == [count - TRIED, count - 2 * TRIED, count - 3 * TRIED, 0]
    assert set(left[3:]) == {0}
    tallies = {(t.outcome, t.events) for t in vertical.reader.tallies() if t.events}
    assert tallies == {("published", count + 2)}


def test_what_was_left_is_found_after_a_restart(tmp_path: Path) -> None:
    before = open_vertical(tmp_path)
    before.writer.write(deliveries(_configuration(1, "1")))
    before.writer.write(deliveries(*_waiting(2 * TRIED)))
    before.writer.write(deliveries(_configuration(2, "9")))
    assert before.writer.releases
    before.close()
    after = open_vertical(tmp_path)
    assert after.writer.releases
    after.writer.release_all()
    assert after.reader.quarantined_count() == 0
    assert not after.writer.releases
    after.close()


def test_a_cabinet_that_nobody_configured_is_not_looked_at(tmp_path: Path) -> None:
    before = open_vertical(tmp_path)
    before.writer.write(deliveries(*_waiting(3)))
    before.close()
    after = open_vertical(tmp_path)
    assert not after.writer.releases
    after.close()


def test_a_configuration_that_mends_nothing_looks_at_nothing(
    vertical: Vertical, monkeypatch: pytest.MonkeyPatch
) -> None:
    vertical.writer.write(deliveries(_configuration(1, "1")))
    vertical.writer.write(deliveries(*_waiting(20)))
    asked: list[frozenset[str]] = []
    waiting = vertical.log.waiting

    def count(
        tenant: str, cabinet: str, codes: frozenset[str], after_id: int, limit: int
    ) -> Sequence[object]:
        asked.append(codes)
        return waiting(tenant, cabinet, codes, after_id, limit)

    monkeypatch.setattr(vertical.log, "waiting", count)
    for day in range(2, 7):
        vertical.writer.write(deliveries(_configuration(day, "1")))
    assert asked == []
    vertical.writer.write(deliveries(_configuration(7, "8")))
    assert asked
    assert vertical.reader.quarantined_count() == 20


def test_many_that_wait_for_something_else_are_passed_over_in_steps(
    vertical: Vertical, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(releases, "LOOKED_AT", 40)
    vertical.writer.write(deliveries(_configuration(1, "1")))
    vertical.writer.write(deliveries(*_waiting(100, "8"), *_waiting(5, "9")))
    vertical.writer.write(deliveries(_configuration(2, "9")))
    steps = 0
    while vertical.writer.releases:
        vertical.writer.release()
        steps += 1
    assert vertical.reader.quarantined_count() == 100
    assert steps == 2


def test_two_waits_are_looked_at_from_where_the_first_of_them_stands() -> None:
    one, other = Wait(frozenset({"a"}), 7), Wait(frozenset({"b"}), 3)
    assert one.and_also(other) == other.and_also(one) == Wait(frozenset({"a", "b"}), 3)
    assert one.and_also(None) == one
    assert LOOKED_AT > TRIED


OUTLETS = st.sampled_from(["1", "2", "3"])
METERS = st.sampled_from(["M-1", "M-2"])
EVENT = st.one_of(
    st.builds(lambda o, n: ("status", o, n), OUTLETS, st.integers(0, 59)),
    st.builds(lambda m, n: ("measured", m, n), st.none() | METERS, st.integers(0, 59)),
    st.builds(lambda o, n: ("outlet", o, n), OUTLETS, st.integers(1, 9)),
    st.builds(lambda m, n: ("meter", m, n), METERS, st.integers(1, 9)),
    st.builds(lambda n: ("remove", None, n), st.integers(1, 9)),
)


def _payload(kind: str, name: str | None, number: int) -> bytes:
    at, day = f"2026-05-0{1 + number % 9}T11:{number:02d}:00Z", f"2026-05-0{number or 1}T00:00:00Z"
    match kind:
        case "status":
            return status(at, name, axes={"occupancy": "free"})
        case "measured":
            return measurement(at, [reading("current", "11.4", "A")], meter=name)
        case "outlet":
            return configuration(day, outlets=({"id": name},), meters=())
        case "meter":
            return configuration(day, outlets=(), meters=({"serial": name, "outlet": "1"},))
        case _:
            return configuration(day, op="remove")


@examples(0.4)
@given(st.lists(st.lists(EVENT, min_size=1, max_size=6), min_size=1, max_size=6))
def test_nothing_waits_that_could_go_through(
    batches: list[list[tuple[str, str | None, int]]],
) -> None:
    with TemporaryDirectory() as directory, pytest.MonkeyPatch.context() as patch:
        patch.setattr(releases, "TRIED", 1)
        patch.setattr(releases, "LOOKED_AT", 2)
        vertical = open_vertical(Path(directory))
        try:
            for batch in batches:
                vertical.writer.write(deliveries(*(_payload(*event) for event in batch)))
            vertical.writer.release_all()
            waiting = [event.id for event in vertical.reader.quarantined(1000)]
            outcomes = vertical.writer.retry(waiting).outcomes
            assert [outcome.kind.value for outcome in outcomes] == ["quarantined"] * len(waiting)
        finally:
            vertical.close()
