"""Constrained values: every pattern has a hint, numbers have limits."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec import Meta

from ldes_shok.cabinet import fields
from ldes_shok.cabinet.fields import HINTS, check_distinct, check_number, wrong

LIMITS = (Decimal(-90), Decimal(90))


def _patterns() -> set[str]:
    found = set()
    for value in vars(fields).values():
        for meta in getattr(value, "__metadata__", ()):
            if isinstance(meta, Meta) and meta.pattern is not None:
                found.add(meta.pattern)
    return found


def test_every_pattern_has_a_hint_and_every_hint_a_pattern() -> None:
    assert _patterns() == set(HINTS)


def test_patterns_are_anchored_at_the_very_end() -> None:
    # $ would let a line break through.
    assert all(pattern.startswith("^") and pattern.endswith(r"\Z") for pattern in HINTS)


def test_a_wrong_field_reads_as_a_sentence() -> None:
    assert str(wrong("readings[0].unit", "must be W")) == "readings[0].unit: must be W"


@pytest.mark.parametrize("text", ["-90", "90", "0", "-0.0", "89.999999", "51.20"])
def test_a_number_within_limits_passes(text: str) -> None:
    check_number("position[1]", Decimal(text), LIMITS, 6)


@pytest.mark.parametrize(
    "text", ["90.000001", "-91", "NaN", "sNaN", "Infinity", "-Infinity", "1E+1", "1E-7", "0E+9"]
)
def test_a_number_outside_limits_is_wrong(text: str) -> None:
    with pytest.raises(ValueError, match=r"^position\[1\]: must be a number from -90 to 90 with"):
        check_number("position[1]", Decimal(text), LIMITS, 6)


def test_words_are_different() -> None:
    check_distinct("flags", ())
    check_distinct("flags", ("a", "b"))
    with pytest.raises(ValueError, match=r"^flags: must be different words$"):
        check_distinct("flags", ("a", "b", "a"))
