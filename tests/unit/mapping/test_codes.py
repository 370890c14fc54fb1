"""Words to concepts, and quantities to their units."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from ldes_shok.cabinet.configuration import CabinetType, Socket
from ldes_shok.cabinet.measurement import UNIT_OF, Quantity
from ldes_shok.mapping import codes

CONCEPTS = (Path(__file__).parents[3] / "shapes" / "concepts.ttl").read_text()


def test_every_word_of_the_canonical_event_has_a_concept() -> None:
    assert set(codes.KASTTYPE) == set(get_args(CabinetType))
    assert set(codes.STOPCONTACTTYPE) == set(get_args(Socket))
    assert set(codes.QUANTITY) == set(get_args(Quantity)) == set(UNIT_OF)


@pytest.mark.parametrize(
    ("scheme", "names"),
    [
        ("kasttype", codes.KASTTYPE.values()),
        ("stopcontacttype", codes.STOPCONTACTTYPE.values()),
        ("operationelestatus", codes.OPERATION.values()),
        ("beschikbaarheidsstatus", [*codes.OCCUPANCY.values(), "defect"]),
        ("statistiek", codes.STATISTIEK.values()),
        ("fase", ["L1", "L2", "L3", "N", "L1-L2", "L2-L3", "L3-L1"]),
        ("kenmerktype", [q.kenmerk for q in (*codes.QUANTITY.values(), codes.PEAK_POWER)]),
        *((scheme, names.values()) for scheme, names in codes.PRIVATE_AXES.values()),
    ],
)
def test_every_concept_that_is_written_is_described(scheme: str, names: list[str]) -> None:
    for name in names:
        assert f"{scheme}/{name}>" in CONCEPTS or f"{scheme}/{name} " in CONCEPTS


@pytest.mark.parametrize("quantity", codes.QUANTITY)
def test_units_are_said_in_thousands_where_the_standard_wants_it(quantity: str) -> None:
    mapping = codes.QUANTITY[quantity]
    thousand = UNIT_OF[quantity] in {"Wh", "W", "VA"}
    assert mapping.shift == (3 if thousand else 0)
    assert mapping.unit.startswith("Kilo") == thousand
    assert mapping.individual == quantity.startswith("energy.")
    assert mapping.published("0250.5") == ("0.2505" if thousand else "0250.5")
    assert mapping.reported("0.2505") == ("250.5" if thousand else "0.2505")
