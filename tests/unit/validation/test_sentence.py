"""Terms as a person reads them, in the sentence of a verdict."""

from __future__ import annotations

import pytest

from ldes_shok.validation.sentence import short

XSD = "http://www.w3.org/2001/XMLSchema#"


@pytest.mark.parametrize(
    ("term", "text"),
    [
        ("<http://shok.test/x>", "<http://shok.test/x>"),
        ("_:b0", "a blank node"),
        ('"kort"', '"kort"'),
        (f'"kort"^^<{XSD}string>', '"kort"'),
        ('"kort"@nl', '"kort"@nl'),
        (f'"12"^^<{XSD}integer>', '"12" (xsd:integer)'),
        ('"x"^^<http://shok.test/type>', '"x" (http://shok.test/type)'),
    ],
)
def test_a_term_is_said_as_a_person_reads_it(term: str, text: str) -> None:
    assert short(term) == text


def test_a_long_text_is_cut_and_says_so() -> None:
    texts = [short(f'"{"x" * size}"') for size in (1, 10_000)]
    limit = texts[1].count("x")
    assert texts[1] == f'"{"x" * limit}..."'
    assert short(f'"{"x" * limit}"') == f'"{"x" * limit}"'
    assert short(f'"{"x" * (limit + 1)}"') == texts[1]
    assert short(f"<http://{'x' * 10_000}>").count("x") == limit - len("http://")
