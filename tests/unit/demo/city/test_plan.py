from __future__ import annotations

from dataclasses import replace
from datetime import time

import pytest

from ldes_shok.demo.city.plan import EVERY_DAY, ActivityPlan
from ldes_shok.demo.city.voorbeeldstad import MAX_CABINETS, demo_plan
from ldes_shok.errors import ConfigurationError


@pytest.mark.parametrize("cabinets", [1, 2, 6, 7, 50, MAX_CABINETS])
def test_a_city_of_any_size(cabinets: int) -> None:
    plan = demo_plan(cabinets)
    assert len(plan.cabinets) == cabinets
    assert len({cabinet.stand.position for cabinet in plan.cabinets}) == cabinets
    assert len({cabinet.ean for cabinet in plan.cabinets}) == cabinets
    assert all(len(cabinet.ean) == 18 for cabinet in plan.cabinets)
    assert (
        len({(cabinet.stand.street, cabinet.stand.number) for cabinet in plan.cabinets}) == cabinets
    )


def test_the_demo_has_one_foorkast() -> None:
    types = [cabinet.type for cabinet in demo_plan().cabinets]
    assert types.count("foorkast") == 1
    assert types.count("marktkast") == 5


@pytest.mark.parametrize("cabinets", [0, -1, MAX_CABINETS + 1])
def test_a_size_that_cannot_be(cabinets: int) -> None:
    with pytest.raises(ConfigurationError, match="cabinets must be 1 to"):
        demo_plan(cabinets)


def test_plans_that_contradict_themselves() -> None:
    plan = demo_plan(2)
    one, two = plan.cabinets
    with pytest.raises(ConfigurationError, match="same id"):
        replace(plan, cabinets=(one, one))
    with pytest.raises(ConfigurationError, match="same serial"):
        replace(plan, cabinets=(one, replace(two, head_meter=one.head_meter)))
    with pytest.raises(ConfigurationError, match="no cabinet stands at Nergens"):
        replace(plan, activities=(replace(plan.activities[0], place="Nergens"),))


@pytest.mark.parametrize(("opens", "closes"), [(9, 9), (10, 9), (9, 23.5)])
def test_activities_end_before_midnight(opens: float, closes: float) -> None:
    plan = demo_plan(1)
    at = [time(int(hour), int(hour % 1 * 60)) for hour in (opens, closes)]
    activity = ActivityPlan("market", plan.cabinets[0].place, EVERY_DAY, at[0], at[1], 500)
    with pytest.raises(ConfigurationError, match="must open before it closes"):
        replace(plan, activities=(activity,))
