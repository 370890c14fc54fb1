"""Words to concepts, and the decimal point that moves without touching a digit."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldes_shok.cabinet.configuration import CabinetType, Socket
from ldes_shok.cabinet.measurement import UNIT_OF, Quantity
from ldes_shok.mapping import codes

CONCEPTS = (Path(__file__).parents[3] / "shapes" / "concepts.ttl").read_text()

lexicals = st.from_regex(r"\A-?[0-9]{1,12}(\.[0-9]{1,6})?\Z")


@given(lexicals, st.integers(0, 6))
def test_the_value_is_divided_exactly(lexical: str, places: int) -> None:
    assert Decimal(codes.shift_point(lexical, places)) == Decimal(lexical) / 10**places


@given(lexicals, st.integers(1, 6))
def test_no_digit_is_changed_or_lost(lexical: str, places: int) -> None:
    shifted = codes.shift_point(lexical, places)
    digits, shifted_digits = lexical.replace(".", ""), shifted.replace(".", "")
    # Only zeros in front are added, where there were too few digits to move the point over.
    assert shifted_digits.lstrip("-").endswith(digits.lstrip("-"))
    added = len(shifted_digits) - len(digits)
    assert set(shifted_digits.lstrip("-")[:added]) <= {"0"}
    assert shifted.startswith("-") == lexical.startswith("-")
    assert len(shifted.partition(".")[0].lstrip("-")) >= 1


@pytest.mark.parametrize(
    ("lexical", "places", "expected"),
    [
        ("1284530", 3, "1284.530"),
        ("1284530.500", 3, "1284.530500"),
        ("0250.0", 3, "0.2500"),
        ("0", 3, "0.000"),
        ("-5", 3, "-0.005"),
        ("-0.5", 3, "-0.0005"),
        ("7", 0, "7"),
        ("999999999999.999999", 3, "999999999.999999999"),
    ],
)
def test_points_that_move(lexical: str, places: int, expected: str) -> None:
    assert codes.shift_point(lexical, places) == expected


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
