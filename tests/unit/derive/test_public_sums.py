"""Which sums everybody may know of a day, and what is said of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from ldes_shok.cabinet.period_keys import KeyPeriod
from ldes_shok.derive.contributions import ZONE
from ldes_shok.derive.day import Stretch, SumSubject
from ldes_shok.derive.disclosure import Disclosure, Rule, first_disclosure, next_disclosure
from ldes_shok.derive.public_sums import PublicRules, as_events, candidates, contributions
from ldes_shok.derive.quarters import QUARTER_US, day_bounds
from ldes_shok.derive.users import Users

DAY = date(2026, 5, 12)
START_US, END_US = day_bounds(DAY, ZONE)
DEFAULT = PublicRules(Rule(10, 85))
MARKET = SumSubject("activity", "markt")
TOWN = SumSubject("zone", "stad")
Said = dict[tuple[str, str, str], str]
"""Kind of sum, subject and bounds (`day` or the number of a quarter) to value."""


def used(
    sockets: Iterable[int], quarter: int, *subjects: SumSubject, wh: int = 100, minutes: int = 15
) -> list[Stretch]:
    """What each of these sockets used in a stretch of the day."""
    start_us = START_US + quarter * QUARTER_US
    end_us = start_us + minutes * QUARTER_US // 15
    return [
        Stretch("A", str(n), "m", start_us, end_us, Decimal(wh), start_us, subjects)
        for n in sockets
    ]


def disclosed(
    stretches: list[Stretch], rules: PublicRules = DEFAULT, before: Disclosure | None = None
) -> Disclosure:
    users = Users({}, START_US, END_US, KeyPeriod.MONTH)
    found = contributions(DAY, stretches, users, rules)
    if before is not None:
        return next_disclosure(before, found, rules.rule)
    return first_disclosure(found, candidates(found, rules), rules.rule)


def values(disclosure: Disclosure) -> Said:
    told: Said = {}
    for event in as_events(disclosure, DAY).values():
        data = event.data
        quarter = data.period.start.rpartition("T")[2][:5]
        is_day = (data.period.start, data.period.end) == (
            "2026-05-11T22:00:00Z",
            "2026-05-12T22:00:00Z",
        )
        told[data.quantity, data.subject, "day" if is_day else quarter] = data.value
    return told


def test_a_day_and_its_peak_dated_by_the_day() -> None:
    day = [*used(range(12), 40, MARKET, TOWN), *used(range(12), 41, MARKET, TOWN, wh=150)]
    assert values(disclosed(day)) == {
        ("energy.import", "stad", "day"): "3000",
        ("power.peak", "stad", "day"): "7200",
        ("energy.import", "markt", "day"): "3000",
        ("power.peak", "markt", "day"): "7200",
    }


def test_no_peak_where_its_own_quarter_is_of_too_few() -> None:
    """Two who cook at noon are no peak of a market."""
    day = [*used(range(12), 40, TOWN), *used(range(9), 48, TOWN, wh=900)]
    assert values(disclosed(day)) == {("energy.import", "stad", "day"): "9300"}


def test_no_peak_where_two_have_most_of_its_quarter() -> None:
    day = [
        *used(range(12), 40, TOWN),
        *used(range(10), 48, TOWN, wh=50),
        *used((10, 11), 48, TOWN, wh=5_000),
    ]
    assert values(disclosed([*day, *used(range(12), 60, TOWN, wh=400)])) == {
        ("energy.import", "stad", "day"): "16500"
    }


def test_two_peaks_in_one_quarter_tell_no_one_apart() -> None:
    """The zone's peak less the market's would be that of the one beside it."""
    day = [
        *used(range(20, 32), 30, TOWN),
        *used(range(12), 40, MARKET, TOWN),
        *used((90,), 40, TOWN),
    ]
    assert values(disclosed(day)) == {
        ("energy.import", "stad", "day"): "2500",
        ("energy.import", "markt", "day"): "1200",
        ("power.peak", "markt", "day"): "4800",
    }


def test_no_peak_where_something_is_not_told_by_the_quarter() -> None:
    day = [*used(range(12), 40, TOWN), *used(range(12), 44, TOWN, minutes=60)]
    assert values(disclosed(day)) == {("energy.import", "stad", "day"): "2400"}


def test_quarters_and_cabinets_only_by_configuration_and_for_twenty_users() -> None:
    cabinet = SumSubject("cabinet", "A")
    finer = PublicRules(Rule(10, 85), quarters=True, cabinets=True, fine_k=20)
    nineteen = used(range(19), 40, TOWN, cabinet)
    twenty = used(range(20), 40, TOWN, cabinet)
    coarse = {"energy.import", "power.peak"}
    assert {kind[0] for kind in values(disclosed(twenty))} == coarse
    assert {kind[1:] for kind in values(disclosed(twenty))} == {("stad", "day")}
    assert {kind[1:] for kind in values(disclosed(nineteen, finer))} == {("stad", "day")}
    assert {kind[1:] for kind in values(disclosed(twenty, finer))} == {
        ("stad", "day"), ("A", "day"), ("stad", "08:00"), ("A", "08:00"),
    }  # fmt: skip


def test_a_peak_that_is_corrected_is_that_of_the_same_quarter() -> None:
    day = [*used(range(12), 40, TOWN, wh=100), *used(range(12), 41, TOWN, wh=90)]
    first = disclosed(day)
    higher = [*used(range(12), 40, TOWN, wh=110), *used(range(12), 41, TOWN, wh=90)]
    assert values(disclosed(higher, before=first))["power.peak", "stad", "day"] == "5280"
    other = [*used(range(12), 40, TOWN, wh=100), *used(range(12), 41, TOWN, wh=120)]
    later = values(disclosed(other, before=first))
    assert later == {("energy.import", "stad", "day"): "2640"}, "what was said of it stays"
