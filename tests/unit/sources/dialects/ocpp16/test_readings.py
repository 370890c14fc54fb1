"""A reading's digits are those that the meter sent; only the point moves."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldes_shok.sources.dialects.ocpp16.readings import read_sample, rounded, shifted

NUMBERS = st.from_regex(r"-?[0-9]{1,8}(\.[0-9]{1,5})?", fullmatch=True)


@given(NUMBERS)
def test_without_a_shift_it_is_the_same_text(text: str) -> None:
    assert shifted(text, 0) == text


@given(NUMBERS, st.sampled_from([3, -2]))
def test_a_shift_changes_the_value_and_no_digit(text: str, places: int) -> None:
    moved = shifted(text, places)
    if moved is not None:
        assert Decimal(moved) == Decimal(text).scaleb(places)
        assert moved.replace(".", "").strip("-0") == text.replace(".", "").strip("-0")


@pytest.mark.parametrize(
    ("text", "places", "expected"),
    [
        ("15.792", 3, "15792"),
        ("15.7", 3, "15700"),
        ("0.0005", 3, "0.5"),
        ("-0.5", 3, "-500"),
        ("98", -2, "0.98"),
        ("5", -2, "0.05"),
        (" 231.20 ", 0, "231.20"),
        ("0015", 0, "0015"),
        ("1.1234560000", 0, "1.123456"),
        ("1.1234567", 0, None),
        ("1234567890123", 0, None),
        ("1234567890.1", 3, None),
        ("1E3", 0, None),
        ("1,5", 0, None),
        ("+5", 0, None),
        (".5", 0, None),
        ("NaN", 0, None),
        ("-", 0, None),
        ("", 0, None),
        ("٣", 0, None),
        (5, 0, None),
        (None, 0, None),
    ],
)
def test_what_is_no_number_is_none(text: object, places: int, expected: str | None) -> None:
    assert shifted(text, places) == expected


@pytest.mark.parametrize(
    ("text", "places", "expected"),
    [
        ("231.20000457763672", 0, "231.200005"),
        ("2.3511234567891", 3, "2351.123457"),
        ("98.12345", -2, "0.981234"),
        ("231.2", 0, None),
        ("999999999999.12345678", 3, None),
        ("NaN", 0, None),
        (231.2, 0, None),
    ],
)
def test_noise_of_a_float_is_rounded_off(text: object, places: int, expected: str | None) -> None:
    """43: with the flag rounded, instead of losing every value of such a station."""
    assert rounded(text, places) == expected


@pytest.mark.parametrize(
    ("measurand", "unit"),
    [
        ("Energy.Active.Import.Register", "W"),
        ("Power.Active.Import", "Wh"),
        ("Current.Import", "mA"),
        ("Temperature", "Fahrenheit"),
        ("Voltage", "kV"),
    ],
)
def test_a_wrong_unit_drops_the_reading(measurand: str, unit: str) -> None:
    sample = read_sample({"value": "1", "measurand": measurand, "unit": unit}, whole_station=False)
    assert sample.reading is None
    assert sample.dropped.startswith(f"the unit of {measurand} must be ")


def test_what_is_measured_elsewhere_is_passed_over() -> None:
    inlet = {"value": "1", "location": "Inlet"}
    outside = read_sample(inlet, whole_station=False)
    assert (outside.reading, outside.dropped) == (None, "")
    assert read_sample(inlet, whole_station=True).reading is not None
