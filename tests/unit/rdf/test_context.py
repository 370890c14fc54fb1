"""The shipped JSON-LD context: everything that is written has a term, and no trap is in it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from pyld import jsonld

from ldes_shok.clock import to_milliseconds
from ldes_shok.ldes.member import FIRST_POSITION, Stamp
from ldes_shok.rdf import vocab
from ldes_shok.rdf.blocks import stamped
from ldes_shok.rdf.context import load_context
from ldes_shok.rdf.vocab import TYPE
from ldes_shok.representation.hypermedia import (
    RDF_TYPE,
    NodeHypermedia,
    page_statements,
    stream_statements,
)
from tests.support.vertical import NOON, event_stream
from tests.unit.mapping.examples import EXAMPLES

CONTEXT = load_context()
TERMS: dict[str, Any] = msgspec.json.decode(CONTEXT.document)["@context"]
STAMP = Stamp(FIRST_POSITION, to_milliseconds(NOON))

DOCUMENTED_TERM_TRAPS = {
    "http://www.w3.org/2000/01/rdf-schema#Literal",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString",
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_everything_that_a_member_says_has_a_term(name: str) -> None:
    for _, predicate, value in stamped(EXAMPLES[name](), STAMP):
        if predicate == TYPE:
            assert value in CONTEXT.classes
        else:
            assert predicate in CONTEXT.properties


def test_everything_that_a_page_says_has_a_term() -> None:
    stream = event_stream("kasten")
    facts = stream_statements(stream, stream.view_iri, full=True)
    facts += page_statements(NodeHypermedia(stream, "", sealed=False))
    facts += page_statements(NodeHypermedia(stream, "2026", sealed=True))
    for fact in facts:
        if fact.predicate == RDF_TYPE:
            assert fact.value.rpartition("#")[2] in TERMS
        else:
            assert f"<{fact.predicate}>" in CONTEXT.properties


def test_no_value_is_given_a_type_that_is_none() -> None:
    for definition in CONTEXT.properties.values():
        assert definition.type not in DOCUMENTED_TERM_TRAPS


def test_terms_are_plain() -> None:
    for key, value in TERMS.items():
        assert not key.startswith("@") or key == "@version"
        if isinstance(value, dict):
            assert set(value) <= {"@id", "@type", "@language", "@container"}
            # A list would be another graph than the one in Turtle.
            assert value.get("@container", "@set") == "@set"
            assert "://" in value["@id"]
            assert not {"@type", "@language"} <= set(value)


def test_nothing_is_fetched_and_nothing_is_guessed() -> None:
    assert "@vocab" not in TERMS
    assert "@base" not in TERMS
    assert "@import" not in TERMS


def test_numbers_times_and_words_have_their_types() -> None:
    properties = CONTEXT.properties
    xsd = "http://www.w3.org/2001/XMLSchema#"
    assert properties[vocab.VALUE].type == f"{xsd}decimal"
    assert properties[vocab.POSITION].type == f"{xsd}integer"
    for predicate in (vocab.GENERATED_AT, vocab.MODIFIED, vocab.IN_XSD_DATE_TIME):
        assert properties[predicate].type == f"{xsd}dateTime"
    for predicate in (vocab.LABEL, vocab.PREF_LABEL, vocab.THOROUGHFARE, vocab.HAS_MODEL):
        assert properties[predicate].language == "nl"


def test_one_iri_with_several_terms_is_written_in_one_of_them() -> None:
    by_iri: dict[str, set[str]] = {}
    for key, value in TERMS.items():
        if isinstance(value, dict):
            by_iri.setdefault(value["@id"], set()).add(key)
    for iri, keys in by_iri.items():
        assert CONTEXT.properties[f"<{iri}>"].key in keys


def test_a_json_ld_processor_takes_it() -> None:
    options = {"processingMode": "json-ld-1.1"}
    document = {"@context": TERMS, "@id": "http://x.test/", "naam": "x", "volgnummer": "7"}
    (expanded,) = jsonld.expand(document, options)
    assert expanded["http://www.w3.org/2000/01/rdf-schema#label"] == [
        {"@value": "x", "@language": "nl"}
    ]
