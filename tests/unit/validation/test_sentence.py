"""Terms as a person reads them, in the sentence of a verdict."""

from __future__ import annotations

import pytest

from ldes_shok.ldes.member import Term, Triple
from ldes_shok.validation.sentence import describe, short
from ldes_shok.validation.source import ShapesSource

XSD = "http://www.w3.org/2001/XMLSchema#"
SH = "http://www.w3.org/ns/shacl#"


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


def _name(predicate: Term) -> str:
    return predicate.strip("<>")


def _report(*results: tuple[str, str]) -> ShapesSource:
    """A result for each component and path; without a path it is about the whole member."""
    triples: list[Triple] = []
    for number, (component, path) in enumerate(results):
        node = f"_:r{number}"
        triples += [
            ("_:report", f"<{SH}result>", node),
            (node, f"<{SH}sourceConstraintComponent>", f"<{SH}{component}ConstraintComponent>"),
            (node, f"<{SH}value>", '"x"'),
        ]
        if path:
            triples.append((node, f"<{SH}resultPath>", f"<{path}>"))
    return ShapesSource(triples)


@pytest.mark.parametrize(
    ("results", "sentence"),
    [
        ([("Or", ""), ("Datatype", "p")], 'Kast: p is "x" (1 more: the member).'),
        ([("Xone", ""), ("Datatype", "p")], 'Kast: p is "x" (1 more: the member).'),
        ([("Or", "q"), ("Closed", "p")], "Kast: p may not be published here (1 more: q)."),
        ([("Closed", "q"), ("MinCount", "p")], "Kast: p is missing (1 more: q)."),
        ([("Or", "")], "Kast: the member does not fit with the rest."),
    ],
)
def test_what_tells_most_comes_first(results: list[tuple[str, str]], sentence: str) -> None:
    assert describe(_report(*results), ShapesSource([]), _name, "Kast") == sentence
