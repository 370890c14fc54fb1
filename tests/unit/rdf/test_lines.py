from __future__ import annotations

import pyoxigraph
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldes_shok.rdf.lines import read_lines
from ldes_shok.rdf.terms import iri, literal, plain, text


def test_statements_stand_in_their_order_with_their_graph() -> None:
    body = (
        b"# a comment\n\n<http://a> <http://p> _:b1 .\r\n"
        b'_:b1 <http://p>\t"x"@nl-BE . \n<http://a> <http://p> "1"^^<http://d> <http://g> .'
    )
    assert list(read_lines(body)) == [
        ("<http://a>", "<http://p>", "_:b1", ""),
        ("_:b1", "<http://p>", '"x"@nl-BE', ""),
        ("<http://a>", "<http://p>", '"1"^^<http://d>', "<http://g>"),
    ]


@pytest.mark.parametrize(
    "line",
    [
        '<a b> <http://p> "x" .',
        '<http://a> <http://p> "x"',
        '<http://a> "p" "x" .',
        '"a" <http://p> "x" .',
        '<http://a> <http://p> "x .',
        '<http://a> <http://p> "x\\q" .',
        '<http://a> <http://p> "x" . .',
        "<http://a> <http://p> .",
        "{}",
    ],
)
def test_what_is_no_statement_names_its_line(line: str) -> None:
    with pytest.raises(ValueError, match="line 2 "):
        list(read_lines(f"<http://a> <http://p> <http://b> .\n{line}\n".encode()))


def test_what_is_not_utf_8_is_refused() -> None:
    with pytest.raises(ValueError):
        list(read_lines(b'<http://a> <http://p> "\xff" .\n'))


@given(st.lists(st.text(alphabet=st.characters(exclude_categories=["Cs"])), max_size=5))
def test_any_text_that_we_write_is_read_back_as_another_parser_does(values: list[str]) -> None:
    subject, predicate = iri("http://a"), iri("http://p")
    terms = [t for v in values for t in (plain(v), text(v, "nl"), literal(v, "http://d"))]
    body = "".join(f"{subject} {predicate} {term} .\n" for term in terms).encode()
    assert [quad[2] for quad in read_lines(body)] == terms
    other = pyoxigraph.parse(body, format=pyoxigraph.RdfFormat.N_QUADS)
    assert [quad.object.value for quad in other] == [v for v in values for _ in range(3)]
