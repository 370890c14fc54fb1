"""Documents of small graphs: one graph in five forms, the same bytes every time."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph
import pytest
import rdflib
from hypothesis import given
from hypothesis import strategies as st
from rdflib.compare import isomorphic

from ldes_shok.errors import ShapesError
from ldes_shok.ldes.member import Triple
from ldes_shok.rdf import terms
from ldes_shok.rdf.graphs import FORMS, document, read_turtle
from ldes_shok.rdf.parse import graph_of

BASE = "http://shok.test/"
_RDFLIB = {"ttl": "turtle", "trig": "trig", "nt": "nt", "nq": "nquads", "jsonld": "json-ld"}
_OXIGRAPH = {
    "ttl": pyoxigraph.RdfFormat.TURTLE,
    "trig": pyoxigraph.RdfFormat.TRIG,
    "nt": pyoxigraph.RdfFormat.N_TRIPLES,
    "nq": pyoxigraph.RdfFormat.N_QUADS,
    "jsonld": pyoxigraph.RdfFormat.JSON_LD,
}

_iris = st.sampled_from(
    [terms.iri(f"{BASE}id/{name}") for name in ("a", "b/c", "d#e", "2026/05")]
    + [terms.iri("http://purl.org/dc/terms/title"), terms.iri("https://w3id.org/ldes#EventStream")]
)
_texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)
_literals = st.one_of(
    _texts.map(terms.plain),
    st.builds(terms.text, _texts, st.sampled_from(["nl", "en"])),
    st.builds(terms.integer, st.integers()),
    st.sampled_from(["1.50", "0", "-2"]).map(terms.decimal),
)
_triples = st.lists(st.tuples(_iris, _iris, st.one_of(_iris, _literals)), unique=True, max_size=8)


@given(_triples)
def test_all_forms_are_the_same_graph(triples: list[Triple]) -> None:
    expected = graph_of(triples)
    for form in FORMS:
        text = document(triples, form)
        read = graph_of(
            (str(quad.subject), str(quad.predicate), str(quad.object))
            for quad in pyoxigraph.parse(text, _OXIGRAPH[form])
        )
        assert isomorphic(read, expected), form


def test_rdflib_reads_every_form_too() -> None:
    triples = [
        (
            terms.iri(f"{BASE}id/a"),
            terms.iri("http://purl.org/dc/terms/title"),
            terms.text("é", "nl"),
        )
    ]
    for form in FORMS:
        dataset = rdflib.Dataset()
        dataset.parse(data=document(triples, form), format=_RDFLIB[form])
        assert len(dataset) == 1, form


def test_an_unknown_form_is_named() -> None:
    with pytest.raises(ValueError, match="'rdfxml'"):
        document([], "rdfxml")


def test_relative_iris_are_resolved_against_the_base(tmp_path: Path) -> None:
    file = tmp_path / "x.ttl"
    file.write_text('<id/b> <id/p> "2", <id/c> . <id/a> <id/p> "1"@nl ; a <id/T> .', "utf-8")
    assert read_turtle(file, BASE) == (
        (
            f"<{BASE}id/a>",
            "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>",
            f"<{BASE}id/T>",
        ),
        (f"<{BASE}id/a>", f"<{BASE}id/p>", '"1"@nl'),
        (f"<{BASE}id/b>", f"<{BASE}id/p>", '"2"'),
        (f"<{BASE}id/b>", f"<{BASE}id/p>", f"<{BASE}id/c>"),
    )


@pytest.mark.parametrize("text", ["<a> <b> ", "<a> <b> [ <c> <d> ] .", "\udcff"])
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "broken.ttl"
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(ShapesError, match=r"broken\.ttl"):
        read_turtle(file, BASE)


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(ShapesError, match=r"none\.ttl"):
        read_turtle(tmp_path / "none.ttl", BASE)
