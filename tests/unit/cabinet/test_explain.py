"""What a decoder says that is not in the examples."""

from __future__ import annotations

import pytest

from ldes_shok.cabinet.explain import explain, explain_syntax


def test_an_unknown_message_is_passed_on_short_and_printable() -> None:
    rejected = explain("Something new\n" + "x" * 5000 + " - at `$.data.meter`", b"{}")
    assert rejected.field == "data.meter"
    assert rejected.reason.startswith("Something new\N{REPLACEMENT CHARACTER}x")
    assert len(rejected.reason) == 240


def test_an_unknown_syntax_error_is_passed_on() -> None:
    rejected = explain_syntax("Something new", b"{}")
    assert (rejected.field, rejected.reason) == ("", "this is not JSON: Something new")


def test_a_pattern_without_a_hint_has_an_answer() -> None:
    rejected = explain("Expected `str` matching regex '^x$' - at `$.data.meter`", b"{}")
    assert str(rejected) == "data.meter: has the wrong form"


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("data: must be short - at `$.data`", "data.data: must be short"),
        ("readings[3].unit: must be W - at `$.data`", "data.readings[3].unit: must be W"),
        ("observedAt: names a time", "observedAt: names a time"),
    ],
)
def test_a_rule_names_the_field_inside_its_struct(message: str, text: str) -> None:
    assert str(explain(message, b"{}")) == text
