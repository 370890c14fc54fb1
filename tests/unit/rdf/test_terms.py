"""Terms are escaped where they are made, and whatever is not an IRI is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, RdfFormat, parse

from ldes_shok.rdf import terms
from ldes_shok.rdf.syntax import RdfTermKind, split
from tests.unit.rdf.hostile import hostile_texts


def _object(term: str) -> object:
    (quad,) = parse(f"<urn:s> <urn:p> {term} .\n".encode(), RdfFormat.N_TRIPLES)
    return quad.object


@given(hostile_texts)
def test_any_text_comes_back_out_of_a_literal(text: str) -> None:
    assert _object(terms.plain(text)) == Literal(text)
    assert _object(terms.text(text, "nl")) == Literal(text, language="nl")
    assert split(terms.plain(text)).value == text


@given(hostile_texts)
def test_a_term_is_one_line_without_control_characters(text: str) -> None:
    term = terms.literal(text, terms.XSD + "token")
    assert not any(ord(character) < 0x20 or ord(character) == 0x7F for character in term)


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ('"', r"\""),
        ("\\", r"\\"),
        ("\n\r\t\b\f", r"\n\r\t\b\f"),
        ("\x00\x1f\x7f", r"\u0000\u001F\u007F"),
        ("\\u0041", r"\\u0041"),
        ("é\u202e\U0001f50c", "é\u202e\U0001f50c"),
    ],
)
def test_escapes(text: str, escaped: str) -> None:
    assert terms.escape(text) == escaped


def test_lexical_forms_stay_as_they_are() -> None:
    assert terms.decimal("0250.00") == f'"0250.00"^^<{terms.XSD}decimal>'
    assert terms.integer(10**15 + 1) == f'"1000000000000001"^^<{terms.XSD}integer>'


@pytest.mark.parametrize("character", [*map(chr, range(0x21)), *'<>"{}|^`\\'])
def test_what_no_iri_holds(character: str) -> None:
    with pytest.raises(ValueError, match="not an IRI"):
        terms.iri(f"http://shok.test/{character}x")


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_an_iri_term_is_read_back_or_refused(text: str) -> None:
    try:
        term = terms.iri(text)
    except ValueError:
        return
    assert terms.value_of(term) == text
    assert split(term).kind is RdfTermKind.IRI
    assert split(term).value == text
