"""What the city is told of a day: everything, once, and every change of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import pytest

from ldes_shok.derive import city_sums
from ldes_shok.derive.contributions import ZONE
from ldes_shok.derive.day import Stretch, SumSubject
from ldes_shok.derive.fold_state import Notebook
from ldes_shok.derive.quarters import QUARTER_US, day_bounds

DAY = date(2026, 5, 12)
START_US = day_bounds(DAY, ZONE)[0]


def used(cabinet: str, quarter: int, wh: int) -> Stretch:
    start_us = START_US + quarter * QUARTER_US
    subjects = (SumSubject("zone", "stad"), SumSubject("cabinet", cabinet))
    return Stretch(
        cabinet, "1", "m", start_us, start_us + QUARTER_US, Decimal(wh), start_us, subjects
    )


@pytest.fixture
def notebook() -> Notebook:
    return Notebook(lambda _: None, lambda _: [])


def told(day: Sequence[Stretch], notebook: Notebook) -> list[tuple[str, str, str, int]]:
    events, is_all = city_sums.changes("t", DAY, day, notebook)
    assert is_all
    return [(e.data.subject, e.data.quantity, e.data.value, e.data.revision) for e in events]


def test_every_sum_and_peak_of_however_few(notebook: Notebook) -> None:
    assert told([used("A", 40, 100), used("B", 40, 50), used("B", 41, 70)], notebook) == [
        ("A", "power.peak", "400", 0),
        ("A", "energy.import", "100", 0),
        ("A", "energy.import", "100", 0),
        ("B", "power.peak", "280", 0),
        ("B", "energy.import", "120", 0),
        ("B", "energy.import", "50", 0),
        ("B", "energy.import", "70", 0),
        ("stad", "power.peak", "600", 0),
        ("stad", "energy.import", "220", 0),
        ("stad", "energy.import", "150", 0),
        ("stad", "energy.import", "70", 0),
    ]


def test_only_what_changed_is_told_again_and_counted(notebook: Notebook) -> None:
    """Back to what it was is another version than the first."""
    day = [used("A", 40, 100), used("B", 41, 70)]
    told(day, notebook)
    assert told(day, notebook) == []
    changed = [used("A", 40, 100), used("B", 41, 71)]
    assert told(changed, notebook) == [
        ("B", "power.peak", "284", 1),
        ("B", "energy.import", "71", 1),
        ("B", "energy.import", "71", 1),
        ("stad", "energy.import", "171", 1),
        ("stad", "energy.import", "71", 1),
    ]
    assert [item[3] for item in told(day, notebook)] == [2] * 5


def test_what_is_gone_is_nothing(notebook: Notebook) -> None:
    told([used("A", 40, 100), used("B", 41, 70)], notebook)
    assert [item for item in told([used("A", 40, 100)], notebook) if item[0] == "B"] == [
        ("B", "power.peak", "0", 1),
        ("B", "energy.import", "0", 1),
        ("B", "energy.import", "0", 1),
    ]


def test_a_large_city_is_told_in_several_rounds(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(city_sums, "MOST_SUMS", 5)
    day = [used(f"C{n}", 40, 100) for n in range(4)]
    rounds = []
    is_all = False
    while not is_all:
        events, is_all = city_sums.changes("t", DAY, day, notebook)
        rounds.append(len(events))
    assert rounds == [5, 5, 5]
    assert told(day, notebook) == []


def test_a_day_that_is_over_for_good_is_forgotten(notebook: Notebook) -> None:
    told([used("A", 40, 100)], notebook)
    city_sums.forget("t", DAY, notebook)
    assert notebook.all("city/", city_sums.CityNotes) == {}
