"""The decimal point that moves without touching a digit."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldes_shok.cabinet.decimals import point_moved

lexicals = st.from_regex(r"\A-?[0-9]{1,12}(\.[0-9]{1,6})?\Z")


@given(lexicals, st.integers(1, 6))
def test_the_value_is_divided_exactly(lexical: str, places: int) -> None:
    assert Decimal(point_moved(lexical, -places)) == Decimal(lexical) / 10**places


@given(lexicals, st.integers(1, 6))
def test_no_digit_is_changed_or_lost(lexical: str, places: int) -> None:
    shifted = point_moved(lexical, -places)
    digits, shifted_digits = lexical.replace(".", ""), shifted.replace(".", "")
    # Only zeros in front are added, where there were too few digits to move the point over.
    assert shifted_digits.lstrip("-").endswith(digits.lstrip("-"))
    added = len(shifted_digits) - len(digits)
    assert set(shifted_digits.lstrip("-")[:added]) <= {"0"}
    assert shifted.startswith("-") == lexical.startswith("-")
    assert len(shifted.partition(".")[0].lstrip("-")) >= 1


@pytest.mark.parametrize(
    ("lexical", "left", "expected"),
    [
        ("1284530", 3, "1284.530"),
        ("1284530.500", 3, "1284.530500"),
        ("0250.0", 3, "0.2500"),
        ("0", 3, "0.000"),
        ("-5", 3, "-0.005"),
        ("-0.5", 3, "-0.0005"),
        ("0012345", 3, "0012.345"),
        ("0012345", 0, "12345"),
        ("1284.530", -3, "1284530"),
        ("0.0005", -3, "0.5"),
        ("-000.5", -3, "-500"),
        ("0", -3, "0"),
        ("999999999999.999999", 3, "999999999.999999999"),
    ],
)
def test_points_that_move(lexical: str, left: int, expected: str) -> None:
    assert point_moved(lexical, -left) == expected


@given(st.from_regex(r"\A-?[1-9][0-9]{0,8}(\.[0-9]{1,6})?\Z"))
def test_what_moves_left_comes_back_as_it_was(lexical: str) -> None:
    moved = point_moved(lexical, -3)
    assert point_moved(point_moved(moved, 3), -3) == moved
