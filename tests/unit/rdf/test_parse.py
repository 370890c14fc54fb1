"""Terms to rdflib and back: nothing is rewritten."""

from __future__ import annotations

from pathlib import Path

import pytest
import rdflib
from hypothesis import given
from hypothesis import strategies as st

from ldes_shok.ldes.member import Form
from ldes_shok.rdf.parse import graph_of, load_turtle, node_of, serialise, term_of, triples_of
from ldes_shok.rdf.syntax import RdfTermKind, split
from ldes_shok.rdf.terms import XSD, literal, plain, text

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
S, P = "<http://x.test/s>", "<http://x.test/p>"


@given(TEXT)
def test_every_literal_survives(value: str) -> None:
    for term in (plain(value), text(value, "nl"), literal(value, "http://x.test/d")):
        assert split(term).value == value
        assert term_of(node_of(term)) == term


@pytest.mark.parametrize(
    ("lexical", "datatype"),
    [
        ("2026-05-12T18:00:00.750Z", "dateTime"),
        ("1.50", "decimal"),
        ("007", "integer"),
        ("+1", "integer"),
        ("1", "boolean"),
        ("true", "boolean"),
        ("1_000", "decimal"),
        ("1e5", "double"),
        ("Infinity", "decimal"),
        ("1.2.3", "decimal"),
        ("nonsense", "dateTime"),
    ],
)
def test_lexical_forms_stay(lexical: str, datatype: str, tmp_path: Path) -> None:
    term = literal(lexical, XSD + datatype)
    assert triples_of(graph_of([(S, P, term)])) == [(S, P, term)]
    assert serialise(graph_of([(S, P, term)]), Form.NTRIPLES).decode() == f"{S} {P} {term} .\n"
    path = tmp_path / "a.ttl"
    before = rdflib.NORMALIZE_LITERALS
    for data in (f"{S} {P} {term} .".encode(), serialise(graph_of([(S, P, term)]), Form.TURTLE)):
        path.write_bytes(data)
        assert triples_of(load_turtle(path, "http://x.test/")) == [(S, P, term)]
    assert before == rdflib.NORMALIZE_LITERALS


def test_a_string_with_and_without_its_datatype_is_one_term() -> None:
    both = graph_of([(S, P, '"x"'), (S, P, f'"x"^^<{XSD}string>')])
    assert triples_of(both) == [(S, P, '"x"')]


@pytest.mark.parametrize(
    "term", ["", "x", "<a b>", "<a", '"a', '"a"b"', '"a"@', '"a"^^x', '"\n"', "_:", '"\\q"',
             '"\\UFFFFFFFF"', '"\\uD800"'],
)  # fmt: skip
def test_what_is_no_term_is_refused(term: str) -> None:
    with pytest.raises(ValueError):
        graph_of([(S, P, term)])


def test_kinds() -> None:
    kinds = [split(term).kind for term in (S, "_:b0", '"x"')]
    assert kinds == [RdfTermKind.IRI, RdfTermKind.BLANK_NODE, RdfTermKind.LITERAL]
    assert term_of(node_of("_:b0")) == "_:b0"


def test_a_bad_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "stuk.ttl"
    path.write_text("<a> <b", encoding="utf-8")
    with pytest.raises(ValueError, match=r"stuk\.ttl is not Turtle"):
        load_turtle(path, "http://x.test/")


@pytest.mark.parametrize("form", list(Form))
def test_serialised_and_read_again_it_is_the_same_graph(form: Form) -> None:
    graph = graph_of([(S, P, text("é\n\"'", "nl")), (S, P, "<http://x.test/o>")])
    formats = {Form.TURTLE: "turtle", Form.NTRIPLES: "nt", Form.JSONLD: "json-ld"}
    again = rdflib.Graph().parse(data=serialise(graph, form), format=formats[form])
    assert triples_of(again) == triples_of(graph)
