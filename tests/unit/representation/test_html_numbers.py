"""Numbers on the pages."""

from __future__ import annotations

import pytest

from ldes_shok.representation.html.numbers import counted, decimal_comma, integer_nl


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2.867 kW", "2,867 kW"),
        ("4.11 A (L1)", "4,11 A (L1)"),
        ("-0.5 kW", "-0,5 kW"),
        ("1.432", "1,432"),
        ("230 V", "230 V"),
        ("operationeel, vrij", "operationeel, vrij"),
        ("1.2.3", "1.2.3"),
        ("0123.45X", "0123.45X"),
        ("kast 1.5", "kast 1.5"),
        ("", ""),
    ],
)
def test_a_decimal_at_the_beginning_gets_a_comma(text: str, shown: str) -> None:
    assert decimal_comma(text) == shown


def test_thousands_are_told_apart_by_dots() -> None:
    assert integer_nl(1_234_567) == "1.234.567"
    assert counted(1, "lid", "leden") == "1 lid"
    assert counted(12_345, "lid", "leden") == "12.345 leden"
