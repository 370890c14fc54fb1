"""A vendor's number and unit, as a reading has them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldes_shok.sources.common.quantities import ReadingValue, converted, fits, number_of


@pytest.mark.parametrize(
    ("number", "unit", "quantity", "expected"),
    [
        ("1284.530", "kWh", "energy.import.register", ReadingValue("1284530")),
        ("0.071", "MW", "power.import", ReadingValue("71000")),
        ("30", "mA", "current.residual", ReadingValue("30")),
        ("0.03", "A", "current.residual", ReadingValue("30")),
        ("97", "%", "power.factor", ReadingValue("0.97")),
        ("0.1234565", "V", "voltage", ReadingValue("0.123456", is_rounded=True)),
        ("1E3", "V", "voltage", ReadingValue("1000")),
        ("1234567890123", "W", "power.import", None),
        ("7", "kVA", "power.import", None),
        ("7", "kW", "power.apparent", None),
        ("7", "furlong", "power.import", None),
    ],
)
def test_the_point_moves_and_a_unit_of_something_else_is_none(
    number: str, unit: str, quantity: str, expected: ReadingValue | None
) -> None:
    assert converted(Decimal(number), unit, quantity) == expected


@given(st.integers(0, 10**9), st.integers(0, 3))
def test_no_digit_is_lost_or_made_up(digits: int, decimals: int) -> None:
    number = Decimal(digits).scaleb(-decimals)
    value = converted(number, "kWh", "energy.import.register")
    assert value is not None
    assert Decimal(value.text) == number * 1000
    assert not value.is_rounded


def test_what_is_no_number_is_none() -> None:
    assert [number_of(value) for value in (True, None, "", "NaN", "1,5", [1], "0x1")] == [None] * 7
    assert [number_of(value) for value in (5, "5", " 5 ", "[5]", Decimal(5))] == [Decimal(5)] * 5


def test_a_unit_fits_what_is_counted_in_its_multiples() -> None:
    assert fits("mA", "current")
    assert not fits("Wh", "power.import")
