"""Terms taken apart, strictly."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldes_shok.rdf.syntax import RDF_LANG_STRING, XSD_STRING, RdfTermKind, TermParts, split


@pytest.mark.parametrize(
    ("term", "parts"),
    [
        ("<http://x.test/>", TermParts(RdfTermKind.IRI, "http://x.test/")),
        ("_:b0", TermParts(RdfTermKind.BLANK_NODE, "b0")),
        ('"x"', TermParts(RdfTermKind.LITERAL, "x", XSD_STRING)),
        ('""', TermParts(RdfTermKind.LITERAL, "", XSD_STRING)),
        ('"x"@nl-BE', TermParts(RdfTermKind.LITERAL, "x", RDF_LANG_STRING, "nl-BE")),
        ('"x"^^<urn:t>', TermParts(RdfTermKind.LITERAL, "x", "urn:t")),
        (r'"\t\b\n\r\f\"\'\\"', TermParts(RdfTermKind.LITERAL, "\t\b\n\r\f\"'\\", XSD_STRING)),
        (r'"A\U0001F50C"', TermParts(RdfTermKind.LITERAL, "A\U0001f50c", XSD_STRING)),
    ],
)
def test_parts(term: str, parts: TermParts) -> None:
    assert split(term) == parts


@pytest.mark.parametrize(
    "term",
    [
        "", "x", "<a b>", "<a", 'a"', '"', '"a', '"a"b"', '"a\nb"', r'"\x"', r'"\u12"', '"a"@',
        '"a"@1', '"a"^^x', '"a"^^<b c>', "_:", "_:-a", "_:a.", "<a>\n", r'"\uD800"',
        r'"\U00110000"',
    ],
)  # fmt: skip
def test_what_is_no_term(term: str) -> None:
    with pytest.raises(ValueError, match="not an RDF term"):
        split(term)


@given(st.text(max_size=20))
def test_any_text_is_a_term_or_refused(text: str) -> None:
    try:
        parts = split(text)
    except ValueError:
        return
    assert parts.kind in RdfTermKind
